"""How well the vector of a whole goes with the vectors of its parts, as a number: what is learned and thrown away."""

from abc import ABC, abstractmethod
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import UserError, gather, process_rank
from selftaught.objectives import full_precision, part_scores
from selftaught.parts.batch_norm import BatchNorm
from selftaught.parts.mlp import mlp

__all__ = ["ConcatCritic", "DotCritic", "PartCritic", "ResidualProjection"]

_NOISE = 0.01


@final
class ResidualProjection(nn.Module):
    """Two linear layers with a batch norm and a ReLU between them, and a third beside them that begins as the identity.

    Args:
        width_in: of the vectors.
        width: of what comes out; where it is smaller, the third layer is an ordinary one at first.

    Source:
        Hjelm et al. 2018, https://arxiv.org/abs/1808.06670, appendix A.2 (the networks of encode-and-dot), with the
        batch norm and the start of its authors' code; Bachman et al. 2019, https://arxiv.org/abs/1906.00910.

    Example:
        >>> import torch
        >>> from selftaught.parts import ResidualProjection
        >>> ResidualProjection(8, 16)(torch.randn(4, 49, 8)).shape
        torch.Size([4, 49, 16])
    """

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.inside = nn.Sequential(
            nn.Linear(width_in, width, bias=False), BatchNorm(width), nn.ReLU(), nn.Linear(width, width)
        )
        self.beside = nn.Linear(width_in, width, bias=False)
        if width >= width_in:
            with torch.no_grad():
                self.beside.weight.uniform_(-_NOISE, _NOISE).fill_diagonal_(1.0)

    def forward(self, vectors: Float[Tensor, "*many width_in"]) -> Float[Tensor, "*many width"]:
        """Of each vector another."""
        rows = vectors.reshape(-1, vectors.shape[-1])
        return (self.inside(rows) + self.beside(rows)).unflatten(0, vectors.shape[:-1])


class PartCritic(nn.Module, ABC):
    """Scores of wholes and parts."""

    @abstractmethod
    def pairs(self, wholes: Float[Tensor, "n d"], parts: Float[Tensor, "n p e"]) -> Float[Tensor, "n p"]:
        """The score of each whole with every part beside it."""

    @abstractmethod
    def rivals(self, items: int) -> int:
        """With how many other items each is compared in a batch of so many, those of all processes counted."""

    @abstractmethod
    def forward(
        self, wholes: Float[Tensor, "n d"], parts: Float[Tensor, "n p e"]
    ) -> tuple[Float[Tensor, "n p"], Float[Tensor, "n others p"]]:
        """The scores of each whole with its own parts, and with those of its rivals."""


@final
class DotCritic(PartCritic):
    """Encode and dot: wholes and parts each through a network of their own, and the dot product of what comes out.

    One matrix product compares every whole with the parts of every item of the batch.

    Args:
        whole_width: of the vectors of wholes.
        part_width: of those of parts.
        width: in which they are compared.

    Source:
        Hjelm et al. 2018, https://arxiv.org/abs/1808.06670, appendix A.2; the layer norm is that of its authors' code.

    Example:
        >>> import torch
        >>> from selftaught.parts import DotCritic
        >>> own, others = DotCritic(4, 8, width=16)(torch.randn(3, 4), torch.randn(3, 49, 8))
        >>> own.shape, others.shape
        (torch.Size([3, 49]), torch.Size([3, 2, 49]))
    """

    def __init__(self, whole_width: int, part_width: int, *, width: int) -> None:
        super().__init__()
        self.of_wholes = ResidualProjection(whole_width, width)
        self.of_parts = nn.Sequential(ResidualProjection(part_width, width), nn.LayerNorm(width))

    def pairs(self, wholes: Float[Tensor, "n d"], parts: Float[Tensor, "n p e"]) -> Float[Tensor, "n p"]:
        """The dot product of each whole with every part beside it."""
        return _dot(self.of_wholes(wholes), self.of_parts(parts))

    def rivals(self, items: int) -> int:
        """All others."""
        return items - 1

    def forward(
        self, wholes: Float[Tensor, "n d"], parts: Float[Tensor, "n p e"]
    ) -> tuple[Float[Tensor, "n p"], Float[Tensor, "n others p"]]:
        """The scores with its own parts, and with those of all other items."""
        return part_scores(self.of_wholes(wholes), self.of_parts(parts))


@final
class ConcatCritic(PartCritic):
    """Concatenate and convolve: one network of three layers sees a whole and a part together.

    It is costly: each whole is compared with the parts of one other item only, the next one in the batch.

    Args:
        whole_width: of the vectors of wholes.
        part_width: of those of parts.
        width: of the network's layers.

    Source:
        Hjelm et al. 2018, https://arxiv.org/abs/1808.06670, appendix A.2: of the global and of the local network.

    Example:
        >>> import torch
        >>> from selftaught.parts import ConcatCritic
        >>> own, others = ConcatCritic(4, 8, width=16)(torch.randn(3, 4), torch.randn(3, 49, 8))
        >>> own.shape, others.shape
        (torch.Size([3, 49]), torch.Size([3, 1, 49]))
    """

    def __init__(self, whole_width: int, part_width: int, *, width: int) -> None:
        super().__init__()
        self.network = mlp(whole_width + part_width, width, width, 1, norm=False)

    def pairs(self, wholes: Float[Tensor, "n d"], parts: Float[Tensor, "n p e"]) -> Float[Tensor, "n p"]:
        """What the network says of each whole and every part beside it."""
        both = torch.cat([wholes[:, None].expand(-1, parts.shape[1], -1), parts], 2)
        return _wide(self.network(both)[..., 0])

    def rivals(self, items: int) -> int:
        """One."""
        return 1

    def forward(
        self, wholes: Float[Tensor, "n d"], parts: Float[Tensor, "n p e"]
    ) -> tuple[Float[Tensor, "n p"], Float[Tensor, "n others p"]]:
        """The scores with its own parts, and with those of the next item.

        Raises:
            UserError: there is no other item.
        """
        everyone = gather(parts)
        if len(everyone) < 2:
            raise UserError("expected at least 2 items in a batch, to be told apart, got 1")
        places = torch.arange(len(wholes), device=wholes.device) + process_rank() * len(wholes)
        following = everyone[(places + 1) % len(everyone)]
        return self.pairs(wholes, parts), self.pairs(wholes, following)[:, None]


@full_precision
def _dot(wholes: Float[Tensor, "n d"], parts: Float[Tensor, "n p d"]) -> Float[Tensor, "n p"]:
    return (parts @ wholes[..., None])[..., 0]


@full_precision
def _wide(scores: Float[Tensor, "n p"]) -> Float[Tensor, "n p"]:
    return scores
