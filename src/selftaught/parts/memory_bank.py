"""One remembered embedding for every item of the data set."""

from collections.abc import Sequence
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import UserError, from_first, gather

__all__ = ["MemoryBank", "start_from_vectors"]


class MemoryBank(nn.Module):
    """A row of unit length for every item, which follows the item's embeddings slowly.

    The rows are a buffer, so that a checkpoint holds them. They start as random directions. Every process holds the
    whole bank, and all hold the same.

    Args:
        size: how many items the data set has.
        width: features of each row.
        momentum: how much of itself a row keeps when its item is seen, in [0, 1).

    Raises:
        UserError: a value out of its range.

    Source:
        Wu et al. 2018, https://arxiv.org/abs/1805.01978, section 3.1; the momentum and the length after it are those
        of its authors' code.

    Example:
        >>> import torch
        >>> from selftaught.parts import MemoryBank
        >>> bank = MemoryBank(4, 2, momentum=0.0)
        >>> bank.move(torch.tensor([3, 1]), torch.tensor([[3.0, 0.0], [0.0, 2.0]]))
        >>> bank.of(torch.tensor([1, 3]))
        tensor([[0., 1.],
                [1., 0.]])
    """

    rows: Float[Tensor, "size width"]

    def __init__(self, size: int, width: int, *, momentum: float = 0.5) -> None:
        super().__init__()
        if size < 1:
            raise UserError(f"expected a memory bank of at least 1 row, got {size}")
        if not 0 <= momentum < 1:
            raise UserError(f"expected a momentum of the memory bank in [0, 1), got {momentum}")
        self.size, self.momentum = size, momentum
        self.register_buffer("rows", F.normalize(torch.randn(size, width), dim=-1))

    def of(self, index: Int[Tensor, " n"]) -> Float[Tensor, "n width"]:
        """The rows of some items.

        Raises:
            UserError: an item is not in the data set.
        """
        if len(index) and int(index.max()) >= self.size:
            raise UserError(f"expected views of the {self.size} items that are remembered, got row {int(index.max())}")
        return self.rows[index]

    @torch.no_grad()
    def fill(self, embeddings: Float[Tensor, "size width"]) -> None:
        """Remember these of all items, and nothing of what was there; all processes take the first one's.

        Args:
            embeddings: any scale.
        """
        rows = F.normalize(embeddings.to(self.rows), dim=-1)
        self.rows.copy_(from_first(rows))

    @torch.no_grad()
    def move(self, index: Int[Tensor, " n"], embeddings: Float[Tensor, "n width"]) -> None:
        """Move the rows of these items, and of those of all other processes, towards what was just seen of them.

            row <- (momentum row + (1 - momentum) seen) / its length

        What was seen is the embedding at unit length; of an item that is in the batch more than once, their mean.

        Args:
            index: of the items in the data set.
            embeddings: any scale.
        """
        index, seen = gather(index), F.normalize(gather(embeddings).to(self.rows.dtype), dim=-1)
        same = index[:, None] == index  # (n, n)
        seen = (same.to(seen.dtype) / same.sum(1, keepdim=True)) @ seen
        seen = seen[same.int().argmax(1)]  # to the bit the same numbers wherever one row is written twice
        moved = self.momentum * self.rows[index] + (1 - self.momentum) * seen
        self.rows.index_copy_(0, index, F.normalize(moved, dim=-1))


@torch.no_grad()
def start_from_vectors(banks: Sequence[nn.Module], projectors: Sequence[nn.Module], vectors: Tensor) -> None:
    """Centre each projector's output on the data, and let its bank remember it of every item.

    Vectors behind a ReLU are much alike, and so would all rows be. The projectors' biases are moved so that their
    outputs have a mean of 0: then rows differ, and there is something to be told apart from the first step on. Several
    projectors take a part each of the vectors. All processes take the first one's.

    Args:
        banks: of type `MemoryBank`, of the same items.
        projectors: a linear layer for each bank, made by `mlp` without norms.
        vectors: of all items, as wide as all that the projectors take, in their order.

    Example:
        >>> import torch
        >>> from selftaught.parts import MemoryBank, mlp, start_from_vectors
        >>> bank, project, vectors = MemoryBank(4, 2), mlp(3, 2, norm=False), torch.rand(4, 3)
        >>> start_from_vectors([bank], [project], vectors)
        >>> bank.rows.allclose(torch.nn.functional.normalize(project(vectors)), atol=1e-6)
        True
        >>> project(vectors).mean(0).allclose(torch.zeros(2), atol=1e-6)
        True
    """
    layers = [cast("nn.Linear", cast("nn.Sequential", project)[0]) for project in projectors]
    parts = vectors.split([layer.in_features for layer in layers], dim=1)
    for bank, layer, part in zip(banks, layers, parts, strict=True):
        items = part.to(layer.weight)
        layer.bias.sub_(from_first(layer(items).mean(0)))
        cast("MemoryBank", bank).fill(layer(items))
