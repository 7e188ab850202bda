"""A few vectors that stand for all."""

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import UserError, all_sum, gather
from selftaught.objectives import full_precision

__all__ = ["Codebook"]

_SMOOTHING = 1e-5


@final
class Codebook(nn.Module):
    """Rows that vectors are replaced by, learned by gradient or as slowly moving means of the vectors they stand for.

    Moving means are held as sums and counts, over the batches of all processes:

        N_i <- decay N_i + (1 - decay) n_i
        m_i <- decay m_i + (1 - decay) sum of the n_i vectors nearest to row i
        row_i = m_i / N'_i,   N'_i = (N_i + 0.00001) / (sum N + 0.00001 K) sum N

    where K is the number of rows. They begin as if each row had stood for one vector, itself. A row that stands for
    fewer than `revive_below` vectors of a batch, in this running count, is given a vector of the batch instead; which
    ones, is spread evenly over the batch.

    Args:
        count: how many rows, K.
        width: features of each.
        decay: of the moving means, in [0, 1); None for rows that are weights, which a loss has to move.
        revive_below: vectors of a batch, at least 0; 0 leaves dead rows dead. For moving means alone.

    Raises:
        UserError: a value out of its range.

    Source:
        Van den Oord et al. 2017, https://arxiv.org/abs/1711.00937, section 3.2 and appendix A.1; the smoothed count is
        of its authors' code. Revival is not theirs: Dhariwal et al. 2020, https://arxiv.org/abs/2005.00341, section
        3.1, draw the vectors at random.

    Example:
        >>> import torch
        >>> from selftaught.parts import Codebook
        >>> codebook = Codebook(2, 1, decay=0.5)
        >>> _ = codebook.rows.copy_(torch.tensor([[0.0], [1.0]]))
        >>> codebook.nearest(torch.tensor([[0.4], [0.9], [5.0]]))
        tensor([0, 1, 1])
    """

    rows: Tensor
    sums: Float[Tensor, "count width"]
    usage: Float[Tensor, " count"]

    def __init__(
        self, count: int, width: int, *, decay: int | float | None = 0.99, revive_below: int | float = 0.0
    ) -> None:
        super().__init__()
        if min(count, width) < 1 or not (decay is None or 0 <= decay < 1) or revive_below < 0:
            raise UserError(
                "expected at least 1 code of at least 1 feature, a decay in [0, 1) and a count of 0 or more to revive "
                f"codes below, got {count}, {width}, {decay} and {revive_below}"
            )
        if decay is None and revive_below:
            raise UserError("expected a decay, too, to revive codes: learned ones are moved by their loss alone")
        self.decay, self.revive_below = decay, revive_below
        rows = torch.empty(count, width).uniform_(-1 / count, 1 / count)
        if decay is None:
            self.rows = nn.Parameter(rows)
        else:
            self.register_buffer("rows", rows)
            self.register_buffer("sums", rows.clone())
            self.register_buffer("usage", torch.ones(count))

    @torch.no_grad()
    @full_precision
    def nearest(self, vectors: Float[Tensor, "n width"]) -> Int[Tensor, " n"]:
        """The number of the row that is nearest to each vector."""
        rows = self.rows.to(vectors.dtype)
        return (rows.square().sum(1) - 2 * vectors @ rows.T).argmin(1)  # without |vector|^2, which all rows share

    @torch.no_grad()
    def counts(self, numbers: Int[Tensor, " n"]) -> Float[Tensor, " count"]:
        """How many vectors each row is the nearest of, over all processes."""
        found = torch.zeros(len(self.rows), dtype=self.rows.dtype, device=numbers.device)
        return all_sum(found.index_add_(0, numbers, found.new_ones(len(numbers))))

    @torch.no_grad()
    def follow(self, vectors: Float[Tensor, "n width"], numbers: Int[Tensor, " n"]) -> None:
        """Move the means by a batch: these vectors, and those of all other processes.

        Args:
            vectors: of this process.
            numbers: of the row nearest to each.
        """
        if self.decay is None:
            return
        vectors = vectors.to(self.rows.dtype)
        totals = all_sum(torch.zeros_like(self.sums).index_add_(0, numbers, vectors))
        self.usage.lerp_(self.counts(numbers), 1 - self.decay)
        self.sums.lerp_(totals, 1 - self.decay)
        total = self.usage.sum()
        smoothed = (self.usage + _SMOOTHING) / (total + len(self.rows) * _SMOOTHING) * total
        self.rows.copy_(self.sums / smoothed[:, None])
        if self.revive_below:
            self._revive(gather(vectors))

    def _revive(self, vectors: Float[Tensor, "all width"]) -> None:
        dead = self.usage < self.revive_below
        place = dead.cumsum(0) - 1  # among the dead
        dead &= place < len(vectors)
        stride = len(vectors) // dead.sum().clamp(min=1)
        chosen = vectors[(place * stride).clamp(0, len(vectors) - 1)]
        self.rows.copy_(torch.where(dead[:, None], chosen, self.rows))
        self.usage.copy_(torch.where(dead, max(1.0, self.revive_below), self.usage))
        self.sums.copy_(torch.where(dead[:, None], self.rows * self.usage[:, None], self.sums))
