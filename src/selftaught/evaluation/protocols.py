"""Every protocol on the vectors of one encoder: nearest neighbours, and linear probes with few labels and many."""

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import Track, UserError, silent
from selftaught.evaluation.budgets import BUDGETS, Budget, plan_budgets
from selftaught.evaluation.exactness import check_finite, exact_products
from selftaught.evaluation.linear import FINAL_TOLERANCE, choose_inverse_penalty
from selftaught.evaluation.neighbours import weighted_knn
from selftaught.evaluation.rotation import ItemSets, Rotation
from selftaught.evaluation.solver import minimise

__all__ = ["LinearScore", "Protocols", "evaluate_vectors", "no_labels"]

_TOGETHER = 2**21  # entries of the sets of items that are fitted at once


@dataclass(frozen=True)
class LinearScore:
    """How linear probes with one budget of labels do on the test set.

    Args:
        accuracies: of each draw of labels, in [0, 1].
        inverse_penalties: what each draw chose on labels held out of its own.
        predictions: the class of every test item, one line a draw.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import LinearScore
        >>> score = LinearScore((0.5, 1.0), (0.1, 0.1), torch.zeros(2, 4, dtype=torch.int64))
        >>> score.mean, round(score.deviation, 4)
        (0.75, 0.3536)
    """

    accuracies: tuple[float, ...]
    inverse_penalties: tuple[float, ...]
    predictions: Int[Tensor, "draws test"]

    @property
    def mean(self) -> float:
        """The mean accuracy over the draws."""
        return statistics.fmean(self.accuracies)

    @property
    def deviation(self) -> float | None:
        """The sample standard deviation over the draws; None where there is only one."""
        return statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None


@dataclass(frozen=True)
class Protocols:
    """What labels say of one set of vectors.

    Args:
        knn_accuracy: of weighted nearest neighbours, in [0, 1].
        knn_predictions: the class of every test item.
        linear: by budget; a budget that the training set cannot give is missing.
        missing: why, for each of those.
        truth: the class of every test item; -1 for one that no training item has.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import evaluate_vectors
        >>> labels = torch.arange(200) % 2
        >>> vectors = torch.eye(2)[labels]
        >>> evaluate_vectors(vectors[:150], labels[:150], vectors[150:], labels[150:]).as_json()["knn"]
        {'accuracy': 1.0}
    """

    knn_accuracy: float
    knn_predictions: Int[Tensor, " test"]
    linear: Mapping[str, LinearScore]
    missing: Mapping[str, str]
    truth: Int[Tensor, " test"]

    def as_json(self) -> dict[str, Any]:
        """Accuracies by protocol and budget, null where there is none."""
        answer = no_labels()
        answer["knn"]["accuracy"] = self.knn_accuracy
        for name, score in self.linear.items():
            answer["linear"][name] = {"mean": score.mean, "std": score.deviation}
        return answer


def no_labels() -> dict[str, Any]:
    """The JSON of protocols when there are no labels: null for every figure.

    Example:
        >>> from selftaught.evaluation.protocols import no_labels
        >>> no_labels()["linear"]["1%"]
        {'mean': None, 'std': None}
    """
    return {"knn": {"accuracy": None}, "linear": {name: {"mean": None, "std": None} for name in BUDGETS}}


@exact_products()
def evaluate_vectors(
    train: Float[Tensor, "n d"],
    train_labels: Int[Tensor, " train_labels"],
    test: Float[Tensor, "o d"],
    test_labels: Int[Tensor, " test_labels"],
    *,
    seed: int = 0,
    what: str = "vectors",
    track: Track = silent,
) -> Protocols:
    """Weighted nearest neighbours, and linear probes with 100 labels, 1 %, 10 % and all of them.

    Each budget but "all" is drawn five times. A probe's penalty is chosen on labels held out of its own draw, and the
    probe is then fitted to the whole draw; test labels only count what is right. The vectors are standardised by the
    mean and deviation of the whole training set.

    Args:
        train: training vectors.
        train_labels: their classes, any integers.
        test: test vectors.
        test_labels: their classes; one that no training item has counts as wrong.
        seed: of the draws.
        what: named in the progress.
        track: shows progress.

    Returns:
        The accuracies with all that they come from.

    Raises:
        UserError: sizes disagree, a vector is not finite, or there are fewer than 2 classes.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import evaluate_vectors
        >>> labels = torch.arange(200) % 2
        >>> vectors = torch.eye(2)[labels]
        >>> protocols = evaluate_vectors(vectors[:150], labels[:150], vectors[150:], labels[150:])
        >>> sorted(protocols.linear), protocols.linear["100"].mean
        (['1%', '10%', '100', 'all'], 1.0)
    """
    _check(train, train_labels, test, test_labels)
    values, labels = train_labels.unique(return_inverse=True)
    place = torch.searchsorted(values, test_labels).clamp_max(len(values) - 1)
    truth = torch.where(values[place] == test_labels, place, -1)
    budgets, missing = plan_budgets(labels.cpu().numpy(), seed)
    scores = weighted_knn(train, labels, test, classes=len(values), track=track)
    nearest = scores.argmax(1)
    rotation = Rotation.of(train)
    train, test = rotation(train), rotation(test)
    groups = [(budget, group) for budget in budgets for group in _groups(budget, train.shape[1])]
    predictions: dict[str, list[Tensor]] = {budget.name: [] for budget in budgets}
    chosen: dict[str, list[float]] = {budget.name: [] for budget in budgets}
    for budget, group in track(groups, f"fitting probes to {what}", len(groups)):
        predicted, penalties = _probe(train, labels, test, budget, group, len(values))
        predictions[budget.name].append(predicted)
        chosen[budget.name].extend(penalties)
    linear = {name: _score(torch.cat(parts), chosen[name], truth) for name, parts in predictions.items()}
    accuracy = float((nearest == truth).double().mean())
    return Protocols(accuracy, nearest.cpu(), linear, missing, truth.cpu())


def _check(train: Tensor, train_labels: Tensor, test: Tensor, test_labels: Tensor) -> None:
    if len(train) != len(train_labels) or len(test) != len(test_labels) or len(test) == 0:
        sizes = f"{len(train_labels)} for {len(train)} and {len(test_labels)} for {len(test)}"
        raise UserError(f"expected one label for each training and test vector, and at least one of each, got {sizes}")
    if len(train_labels.unique()) < 2:
        raise UserError("expected training labels of at least 2 classes")
    check_finite(train, "training vectors")
    check_finite(test, "test vectors")


def _groups(budget: Budget, width: int) -> Iterator[slice]:
    draws, count = budget.rows.shape
    together = max(_TOGETHER // (count * min(count, width)), 1)
    return (slice(start, start + together) for start in range(0, draws, together))


def _probe(
    train: Tensor, labels: Tensor, test: Tensor, budget: Budget, group: slice, classes: int
) -> tuple[Int[Tensor, "draws test"], list[float]]:
    rows, held_out = budget.rows[group].to(train.device), budget.held_out[group].to(train.device)
    sets, of_rows = ItemSets.of(train, rows), labels[rows]
    choice, start = choose_inverse_penalty(sets, of_rows, held_out, classes=classes)
    weights = torch.full((len(rows), 1, rows.shape[1]), 1 / rows.shape[1], dtype=torch.float64, device=train.device)
    penalty = (1 / (choice * rows.shape[1]))[:, None]
    solution = minimise(sets, of_rows, weights, penalty, classes=classes, start=start, tolerance=FINAL_TOLERANCE)
    return sets.scores(test, solution.coefficients[:, 0]).argmax(1), choice.tolist()


def _score(predictions: Tensor, chosen: list[float], truth: Tensor) -> LinearScore:
    accuracies = (predictions == truth).double().mean(1).tolist()
    return LinearScore(tuple(accuracies), tuple(chosen), predictions.cpu())
