"""What methods with a memory bank minimise: an item's row told from rows drawn at random."""

import math
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import UserError
from selftaught.objectives import instance_softmax, log_normaliser, noise_contrastive, row_scores

__all__ = ["NoiseContrast"]


@final
class NoiseContrast(nn.Module):
    """Noise-contrastive estimation whose normaliser is estimated in the first batches, and a constant from then on.

    Until then, the estimate is the mean of those of the batches so far. It is that of a bank of random rows as long as
    these are a small part of the first epoch; what is seen later makes it larger by far, as embeddings are alike then.
    What was estimated is a buffer, so that a checkpoint holds it. Where no rows are drawn, the loss is the softmax over
    all of them, which needs no normaliser.

    Args:
        negatives: how many rows are drawn for each item; None for the softmax over all rows.
        temperature: above 0, in units of cosine similarity.
        first_batches: how many batches the estimate is made from.

    Raises:
        UserError: a value out of its range.

    Source:
        Wu et al. 2018, https://arxiv.org/abs/1805.01978, section 3.2; its authors' code estimates in the first batch.

    Example:
        >>> import torch
        >>> from selftaught.parts import NoiseContrast
        >>> contrast = NoiseContrast(negatives=3, temperature=0.07)
        >>> rows = torch.ones(8, 4) / 2  # collapsed: all are equal
        >>> own, drawn = torch.tensor([5, 3]), torch.tensor([[0, 1, 2], [5, 6, 7]])
        >>> loss, estimate = contrast(torch.ones(2, 4), rows, own, drawn)
        >>> contrast.settle(estimate)
        >>> round(loss.item(), 4), round(contrast.guess(8), 4)
        (2.2493, 2.2493)
    """

    log_total: Float[Tensor, ""]
    batches: Int[Tensor, ""]

    def __init__(self, *, negatives: int | None, temperature: float, first_batches: int = 1) -> None:
        super().__init__()
        if negatives is not None and negatives < 1:
            raise UserError(f"expected at least 1 negative, or none for the softmax over all items, got {negatives}")
        if temperature <= 0:
            raise UserError(f"expected a temperature above 0, got {temperature}")
        if first_batches < 1:
            raise UserError(f"expected at least 1 batch to estimate the normaliser from, got {first_batches}")
        self.negatives, self.temperature, self.first_batches = negatives, temperature, first_batches
        self.register_buffer("log_total", torch.tensor(-math.inf))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))

    def forward(
        self,
        embeddings: Float[Tensor, "n d"],
        rows: Float[Tensor, "size d"],
        own: Int[Tensor, " n"],
        drawn: Int[Tensor, "n m"],
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The loss of a batch, and what the batch says of the normaliser: for `settle`, after the step.

        Args:
            embeddings: any scale.
            rows: of the memory bank.
            own: which row is each item's.
            drawn: which rows were drawn for it; no columns where the softmax is over all.

        Raises:
            UserError: other than `negatives` rows were drawn for each item.
        """
        if drawn.shape[1] != (self.negatives or 0):
            raise UserError(f"expected {self.negatives or 0} rows drawn for each item, got {drawn.shape[1]}")
        if self.negatives is None:
            loss = instance_softmax(embeddings, own, rows, temperature=self.temperature)
            return loss, loss.detach().new_zeros(())
        places = torch.cat([own[:, None], drawn], 1)
        scores = row_scores(embeddings, rows, places, temperature=self.temperature)
        estimate = log_normaliser(scores[:, 1:], rows=len(rows))
        log_z = self._total_with(estimate) - self._counted().clamp(max=self.first_batches).log()
        return noise_contrastive(scores[:, 0], scores[:, 1:], log_z, rows=len(rows)), estimate

    def guess(self, rows: int) -> float:
        """The loss of one who holds all of so many rows for equally likely, in nats."""
        if self.negatives is None:
            return math.log(rows)
        return math.log(self.negatives + 1) + self.negatives * math.log1p(1 / self.negatives)

    @torch.no_grad()
    def settle(self, estimate: Float[Tensor, ""]) -> None:
        """Take in what a batch said of the normaliser, if it is one of the first."""
        self.log_total.copy_(self._total_with(estimate.to(self.log_total.dtype)))
        self.batches.add_(1)

    def _counted(self) -> Tensor:
        return (self.batches + 1).to(self.log_total.dtype)

    def _total_with(self, estimate: Tensor) -> Tensor:
        total = self.log_total.to(estimate.dtype)
        return torch.where(self.batches < self.first_batches, torch.logaddexp(total, estimate), total)
