"""Probes of numbers and of several labels at once: ridge regression, and one logistic regression a label."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from selftaught.core import UserError
from selftaught.evaluation.budgets import stratified_folds
from selftaught.evaluation.exactness import exact_products
from selftaught.evaluation.intervals import bootstrap_interval, middle, resamples
from selftaught.evaluation.linear import FINAL_TOLERANCE, choose_inverse_penalty
from selftaught.evaluation.rotation import ItemSets, Rotation
from selftaught.evaluation.solver import minimise

__all__ = ["PENALTIES", "LabelsScore", "NumberScore", "probe_labels", "probe_numbers"]

PENALTIES = tuple(10.0**exponent for exponent in range(-4, 7))  # of all items together, on standardised features
_HELD_OUT = 5  # a fifth chooses the penalty
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class NumberScore:
    """How well a linear function of the vectors gives a number.

    Args:
        explained: R², the share of the test items' variance that is explained; 0 is the mean for everybody.
        error: MAE, the mean absolute error in the number's own unit.
        interval: of the error, 95 %.
        penalty: chosen on a fifth of the training items, of `PENALTIES`.
        resampled: R² on each resample of the test items; see `resamples`.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import NumberScore
        >>> found = {"explained": 0.5, "error": 2.0, "resampled": torch.linspace(0.25, 0.75, 41)}
        >>> told = NumberScore(**found, interval=(1.9, 2.1), penalty=1.0).as_json()
        >>> [round(end, 4) for end in told["r2_interval"]]
        [0.2625, 0.7375]
    """

    explained: float
    error: float
    interval: tuple[float, float]
    penalty: float
    resampled: Float[Tensor, " resamples"]

    def as_json(self) -> dict[str, Any]:
        """The figures by name."""
        intervals = {"r2_interval": list(middle(self.resampled)), "mae_interval": list(self.interval)}
        return {"r2": self.explained, "mae": self.error, **intervals, "penalty": self.penalty}


@dataclass(frozen=True, kw_only=True)
class LabelsScore:
    """How well linear functions of the vectors tell which of several labels an item has.

    Args:
        precision: by label, the average precision on the test items; a label that no test item has is missing.
        inverse_penalties: by label, chosen on held-out training labels.
        resampled: the mean over the labels on each resample of the test items, of the labels that it holds; nan where
            it holds none. See `resamples`.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import LabelsScore
        >>> chosen = {"cat": 0.1, "dog": 0.1}
        >>> found = LabelsScore(precision={"cat": 1.0, "dog": 0.5}, inverse_penalties=chosen, resampled=torch.ones(9))
        >>> found.mean, found.as_json()["map_interval"]
        (0.75, [1.0, 1.0])
    """

    precision: dict[str, float]
    inverse_penalties: dict[str, float]
    resampled: Float[Tensor, " resamples"]

    @property
    def mean(self) -> float | None:
        """The mean over the labels (mAP); None where no test item has any."""
        return sum(self.precision.values()) / len(self.precision) if self.precision else None

    def as_json(self) -> dict[str, Any]:
        """The figures by name."""
        interval = list(middle(self.resampled)) if self.precision else None
        return {"map": self.mean, "map_interval": interval, "average_precision": self.precision}


@exact_products()
def probe_numbers(
    train: Float[Tensor, "n d"],
    numbers: Float[Tensor, " numbers"],
    test: Float[Tensor, "o d"],
    test_numbers: Float[Tensor, " test_numbers"],
    *,
    seed: int = 0,
) -> NumberScore:
    """Ridge regression on standardised vectors.

        min_w  sum_i (w·x_i + b - y_i)²  +  penalty |w|²

    The penalty is the one with the least squared error on a seeded fifth of the training items; the probe is then
    fitted to all of them.

    Args:
        train: training vectors.
        numbers: what is to be told from each; finite.
        test: test vectors.
        test_numbers: what is right.
        seed: of the fifth, and of the interval.

    Raises:
        UserError: sizes disagree, a number is not finite, or there are fewer than 5 training items.

    Source:
        Hoerl and Kennard 1970, https://doi.org/10.1080/00401706.1970.10488634; scikit-learn's `Ridge(alpha=penalty)`.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import probe_numbers
        >>> vectors = torch.arange(20.0)[:, None]
        >>> probe_numbers(vectors, 3 * vectors[:, 0], vectors, 3 * vectors[:, 0]).explained > 0.999
        True
    """
    if len(train) != len(numbers) or len(test) != len(test_numbers) or len(train) < _HELD_OUT or not len(test):
        sizes = f"{len(numbers)} for {len(train)} and {len(test_numbers)} for {len(test)}"
        raise UserError(
            f"expected a number for each of at least {_HELD_OUT} training vectors and one test vector, got {sizes}"
        )
    y, truth = numbers.double(), test_numbers.double()
    if not bool(y.isfinite().all() and truth.isfinite().all()):
        raise UserError("expected finite numbers, got inf or nan")
    rotation = Rotation.of(train)
    x, x_test = rotation(train).double(), rotation(test).double()
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed)).to(y.device)
    held, seen = order[: len(y) // _HELD_OUT], order[len(y) // _HELD_OUT :]
    errors = (_ridge(x[seen], y[seen], x[held], PENALTIES) - y[held]).square().mean(1)
    penalty = PENALTIES[int(errors.argmin())]
    off = _ridge(x, y, x_test, (penalty,))[0] - truth
    off, truth = off.cpu(), truth.cpu()
    resampled = torch.cat([_explained(off, truth, counts) for counts in resamples(len(truth), seed=seed)])
    return NumberScore(
        explained=float(_explained(off, truth, torch.ones(1, len(truth), dtype=torch.float64))),
        error=float(off.abs().mean()),
        interval=bootstrap_interval(off.abs()[None], seed=seed),
        penalty=penalty,
        resampled=resampled,
    )


def _explained(
    off: Float[Tensor, " o"], truth: Float[Tensor, " o"], counts: Float[Tensor, "some o"]
) -> Float[Tensor, " some"]:
    """R² of counted items; 0 where they are all one number."""
    truth = truth - truth[0]  # exactly 0 where all are one
    mean = (counts @ truth / counts.sum(1))[:, None]
    spread = (counts * (truth - mean).square()).sum(1)
    lost = counts @ off.square() / spread
    return torch.where(spread > _ROUNDING * truth.square().sum(), 1 - lost, 0.0)


def _ridge(x: Tensor, y: Tensor, at: Tensor, penalties: tuple[float, ...]) -> Float[Tensor, "penalties o"]:
    """What fits with these penalties say of other vectors."""
    centre, middle = x.mean(0), y.mean()
    values, axes = torch.linalg.eigh((x - centre).T @ (x - centre))
    along = axes.T @ ((x - centre).T @ (y - middle))  # (d,)
    added = torch.tensor(penalties, dtype=x.dtype, device=x.device)[:, None]
    return (along / (values.clamp_min(0) + added)) @ ((at - centre) @ axes).T + middle


@exact_products()
def probe_labels(
    train: Float[Tensor, "n d"],
    labels: Bool[Tensor, "n labels"],
    test: Float[Tensor, "o d"],
    test_labels: Bool[Tensor, "o labels"],
    names: tuple[str, ...],
    *,
    seed: int = 0,
) -> LabelsScore:
    """One logistic regression a label, on standardised vectors, each with its own penalty.

    Penalties are chosen as by the linear probe: where held-out labels are likeliest, in five folds below 1,000 items
    and on one fifth from there. A label that all training items have, or none, is passed over.

    Args:
        train: training vectors.
        labels: which labels each has.
        test: test vectors.
        test_labels: which they have.
        names: of the labels.
        seed: of the folds.

    Raises:
        UserError: sizes disagree.

    Source:
        Average precision as in scikit-learn's `average_precision_score`.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import probe_labels
        >>> labels = torch.eye(2, dtype=torch.bool).repeat(10, 1)
        >>> probe_labels(labels.float(), labels, labels.float(), labels, ("left", "right")).mean
        1.0
    """
    from sklearn.metrics import average_precision_score

    if (
        len(train) != len(labels)
        or len(test) != len(test_labels)
        or not labels.shape[1] == test_labels.shape[1] == len(names)
    ):
        raise UserError(
            f"expected a row of {len(names)} labels for each vector, got {labels.shape} and {test_labels.shape}"
        )
    rotation = Rotation.of(train)
    x, x_test = rotation(train), rotation(test)
    sets = ItemSets.of(x, torch.arange(len(x), device=x.device)[None])
    even = torch.full((1, 1, len(x)), 1 / len(x), dtype=torch.float64, device=x.device)
    folds = torch.arange(_HELD_OUT if len(x) < 1000 else 1)[:, None]
    precision: dict[str, float] = {}
    chosen: dict[str, float] = {}
    told: list[tuple[Tensor, Tensor]] = []
    for place, name in enumerate(names):
        answers, truth = labels[:, place].long(), test_labels[:, place]
        if bool(answers.all()) or not bool(answers.any()) or not bool(truth.any()):
            continue
        fold = torch.from_numpy(stratified_folds(answers.cpu().numpy(), _HELD_OUT, (seed, place)))
        held_out = (fold == folds)[None].to(x.device)
        choice, start = choose_inverse_penalty(sets, answers[None], held_out, classes=2)
        penalty = (1 / (choice * len(x)))[:, None]
        fitted = minimise(sets, answers[None], even, penalty, classes=2, start=start, tolerance=FINAL_TOLERANCE)
        scores = sets.scores(x_test, fitted.coefficients[:, 0])[0]
        told.append(((scores[1] - scores[0]).double().cpu(), truth.cpu()))
        precision[name] = float(average_precision_score(*reversed(told[-1])))
        chosen[name] = float(choice)
    means = [
        torch.stack([average_precisions(*each, counts) for each in told]).nanmean(0)
        for counts in (resamples(len(test), seed=seed) if told else ())
    ]
    return LabelsScore(precision=precision, inverse_penalties=chosen, resampled=torch.cat([torch.empty(0), *means]))


def average_precisions(
    scores: Float[Tensor, " o"], truth: Bool[Tensor, " o"], counts: Float[Tensor, "some o"]
) -> Float[Tensor, " some"]:
    """The average precision of items that count more than once, or not at all.

    Args:
        scores: how sure each item is to have the label.
        truth: whether it has it.
        counts: how often each counts.

    Returns:
        Of each line of counts; nan where no item that counts has the label.

    Source:
        As scikit-learn's `average_precision_score` with `sample_weight`.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.regression import average_precisions
        >>> counts = torch.tensor([[1.0, 1.0, 1.0], [1.0, 2.0, 1.0]])
        >>> average_precisions(torch.tensor([3.0, 2.0, 1.0]), torch.tensor([True, False, True]), counts)
        tensor([0.8333, 0.7500])
    """
    order = scores.argsort(descending=True)
    falls = scores[order].diff() < 0
    last = torch.cat([falls, falls.new_ones(1)])  # of items that are equally sure
    counts = counts.T.float()[order]  # (o, some): whole numbers, whose sums are exact
    seen, right = counts.cumsum(0), (counts * truth[order, None]).cumsum(0)
    if not bool(last.all()):
        seen, right = seen[last], right[last]
    gained = right.diff(dim=0, prepend=right.new_zeros(1, right.shape[1]))
    return (gained * right / seen.clamp_min(1)).sum(0) / right[-1]
