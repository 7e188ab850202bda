"""A network of patches, in use on whole images: the mean over a grid of them."""

from typing import final

from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, LocalEncoder, UserError
from selftaught.parts import overlapping_patches

__all__ = ["PatchAverage"]


@final
class PatchAverage(LocalEncoder):
    """A network that sees the overlapping patches of an image one by one; an image's vector is the mean of theirs.

    Args:
        network: of patches.
        image_size: height and width of the images, in pixels.
        patch_grid: patches in a row and in a column, at least 1; see `overlapping_patches`.

    Raises:
        UserError: `patch_grid` is below 1.

    Source:
        van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, section 3.2: the mean over 7x7 patches.

    Example:
        >>> import torch
        >>> from selftaught.encoders import PatchAverage, SmallResNet
        >>> encoder = PatchAverage(SmallResNet(channels=1, image_size=8), image_size=28, patch_grid=7)
        >>> encoder(torch.zeros(2, 1, 28, 28)).shape, encoder.local(torch.zeros(2, 1, 28, 28)).shape
        (torch.Size([2, 256]), torch.Size([2, 49, 256]))
    """

    def __init__(self, network: Encoder, *, image_size: int, patch_grid: int) -> None:
        super().__init__()
        if patch_grid < 1:
            raise UserError(f"patch_grid: expected at least 1, got {patch_grid}")
        self.of_patches, self.width, self.image_size, self.patch_grid = network, network.width, image_size, patch_grid

    def local(self, items: Float[Tensor, "n channels side side"]) -> Float[Tensor, "n patches width"]:
        """One vector a patch, row by row."""
        cut = overlapping_patches(items, grid=self.patch_grid).flatten(1, 2)  # (n, patches, channels, pixels, pixels)
        return self.of_patches(cut.flatten(0, 1)).unflatten(0, cut.shape[:2])

    def forward(self, items: Float[Tensor, "n channels side side"]) -> Float[Tensor, "n width"]:
        """The mean over patches."""
        return self.local(items).mean(1)
