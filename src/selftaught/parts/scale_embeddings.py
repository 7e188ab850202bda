"""An image's vector and the places of two of its maps, embedded to be compared with each other."""

from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.parts.batch_norm import BatchNorm
from selftaught.parts.mlp import mlp
from selftaught.parts.part_critics import ResidualProjection

__all__ = ["ScaleEmbeddings"]


@final
class ScaleEmbeddings(nn.Module):
    """A linear layer for the vector, and for either map a residual projection of each place; a batch norm ends each.

    Args:
        fine_width: channels of the finer map.
        coarse_width: of the coarser one, over which the vector is the mean.
        width: in which they are compared.

    Source:
        Bachman et al. 2019, https://arxiv.org/abs/1906.00910, section 3.5 and its authors' code.

    Example:
        >>> import torch
        >>> from selftaught.parts import ScaleEmbeddings
        >>> embed = ScaleEmbeddings(8, 12, width=16)
        >>> found = embed(torch.randn(3, 8, 7, 7), torch.randn(3, 12, 4, 4))
        >>> [tuple(each.shape) for each in found.values()]
        [(3, 1, 16), (3, 16, 16), (3, 49, 16)]
    """

    def __init__(self, fine_width: int, coarse_width: int, *, width: int) -> None:
        super().__init__()
        self.whole = mlp(coarse_width, width, final_norm=True)
        self.coarse = nn.Sequential(ResidualProjection(coarse_width, width), BatchNorm(width))
        self.fine = nn.Sequential(ResidualProjection(fine_width, width), BatchNorm(width))

    def forward(
        self, fine: Float[Tensor, "n c h w"], coarse: Float[Tensor, "n k i j"]
    ) -> dict[str, Float[Tensor, "n _ width"]]:
        """The embeddings by name: one place that is global, and those that are coarse and fine."""
        embedded = {"global": self.whole(coarse.mean((2, 3)))[:, None]}
        for name, network, found in (("coarse", self.coarse, coarse), ("fine", self.fine, fine)):
            places = found.flatten(2).transpose(1, 2)  # (n, places, channels)
            embedded[name] = network(places.flatten(0, 1)).unflatten(0, places.shape[:2])
        return embedded
