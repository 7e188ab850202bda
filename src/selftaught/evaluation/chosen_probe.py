"""A linear probe and nearest neighbours fitted once, to be asked about many versions of the test items."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.core import UserError
from selftaught.evaluation.budgets import stratified_folds
from selftaught.evaluation.exactness import check_finite, exact_products
from selftaught.evaluation.linear import LinearProbe, choose_inverse_penalty, fit_linear
from selftaught.evaluation.neighbours import weighted_knn
from selftaught.evaluation.rotation import ItemSets, Rotation

__all__ = ["Readers", "fit_chosen"]

_FOLDS = 5
_FOLDS_BELOW = 1000  # labels; from here one fifth held out is precise enough


@exact_products()
def fit_chosen(train: Float[Tensor, "n d"], labels: Int[Tensor, " n"], *, seed: int = 0) -> LinearProbe:
    """A linear probe whose penalty was chosen on held-out training labels, fitted to all of them.

    Args:
        train: vectors.
        labels: their classes, from 0 on, each there at least once.
        seed: of the folds.

    Raises:
        UserError: fewer than 2 classes, or a vector is not finite.

    Source:
        The rule of `evaluate_vectors` for one budget.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.chosen_probe import fit_chosen
        >>> labels = torch.arange(100) % 2
        >>> fit_chosen(torch.eye(2)[labels], labels).predict(torch.eye(2))
        tensor([0, 1])
    """
    check_finite(train, "training vectors")
    classes = int(labels.max()) + 1 if len(labels) else 0
    if classes < 2:
        raise UserError(f"expected training labels of at least 2 classes, got {classes}")
    folds = torch.from_numpy(stratified_folds(labels.cpu().numpy(), _FOLDS, (seed, len(labels)))).to(labels.device)
    tried = torch.arange(_FOLDS if len(labels) < _FOLDS_BELOW else 1, device=labels.device)
    sets = ItemSets.of(Rotation.of(train)(train), torch.arange(len(train), device=train.device)[None])
    choice, _ = choose_inverse_penalty(sets, labels[None], (folds == tried[:, None])[None], classes=classes)
    return fit_linear(train, labels, inverse_penalty=float(choice), classes=classes)


@final
@dataclass(frozen=True, kw_only=True)
class Readers:
    """What reads classes from vectors: a probe and a bank of neighbours, of the same training vectors.

    Args:
        probe: see `fit_chosen`.
        bank: the training vectors.
        labels: of the training vectors, from 0 on.
        values: which label each of these numbers stands for.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.chosen_probe import Readers
        >>> labels = torch.arange(100) % 2 + 5
        >>> readers = Readers.fit(torch.eye(2)[labels - 5], labels)
        >>> readers.accuracies(torch.eye(2), torch.tensor([5, 9]))  # nobody knows a class 9
        (0.5, 0.5)
    """

    probe: LinearProbe
    bank: Float[Tensor, "n d"]
    labels: Int[Tensor, " n"]
    values: Int[Tensor, " classes"]

    @classmethod
    def fit(cls, train: Float[Tensor, "n d"], labels: Int[Tensor, " n"], *, seed: int = 0) -> "Readers":
        """Fit both to labelled vectors; labels are any integers."""
        values, numbers = labels.unique(return_inverse=True)
        return cls(probe=fit_chosen(train, numbers, seed=seed), bank=train, labels=numbers, values=values)

    def truth(self, labels: Int[Tensor, " o"]) -> Int[Tensor, " o"]:
        """The numbers of these labels here, -1 for one that no training item has."""
        place = torch.searchsorted(self.values, labels.to(self.values)).clamp_max(len(self.values) - 1)
        return torch.where(self.values[place] == labels.to(self.values), place, -1)

    def right(
        self, vectors: Float[Tensor, "o d"], labels: Int[Tensor, " o"]
    ) -> tuple[Bool[Tensor, " o"], Bool[Tensor, " o"]]:
        """Of which items the probe says the class, and of which the neighbours."""
        vectors, truth = vectors.to(self.bank), self.truth(labels)
        votes = weighted_knn(self.bank, self.labels, vectors, classes=len(self.values))
        return self.probe.predict(vectors) == truth, votes.argmax(1) == truth

    def accuracies(self, vectors: Float[Tensor, "o d"], labels: Int[Tensor, " o"]) -> tuple[float, float]:
        """How often the probe and the neighbours are right."""
        by_probe, by_neighbours = (float(each.double().mean()) for each in self.right(vectors, labels))
        return by_probe, by_neighbours
