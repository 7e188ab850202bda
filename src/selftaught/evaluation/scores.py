"""What labels say of one set of vectors: accuracies, and item by item what they come from."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.evaluation.budgets import BUDGETS
from selftaught.evaluation.clustering import ClusterScore
from selftaught.evaluation.intervals import bootstrap_interval, middle
from selftaught.evaluation.neighbours import Near
from selftaught.evaluation.retrieval import Retrieval

__all__ = [
    "LinearScore",
    "Protocols",
    "alone_name",
    "amount_of",
    "curve_name",
    "linear_name",
    "no_labels",
    "tuned_name",
]


@dataclass(frozen=True)
class LinearScore:
    """How linear probes with one budget of labels do on the test set.

    Args:
        accuracies: of each draw of labels, in [0, 1].
        inverse_penalties: what each draw chose on labels held out of its own.
        predictions: the class of every test item, one line a draw.
        learned: the accuracy of each draw's probe on the items that it was fitted to.

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
    learned: tuple[float, ...] = ()

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
    """What labels say of one set of vectors. What was not asked for is None or empty.

    Args:
        knn_accuracy: of weighted nearest neighbours, in [0, 1].
        knn_predictions: the class of every test item.
        linear: by budget; a budget that the training set cannot give is missing.
        missing: why, for each of those.
        truth: the class of every test item; -1 for one that no training item has.
        curve: as `linear`, by the number of labels a class.
        clusters: k-means against the classes.
        retrieval: a search among the training items.
        near: the training vectors nearest to each test vector.
        seed: of intervals.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import evaluate_vectors
        >>> labels = torch.arange(200) % 2
        >>> vectors = torch.eye(2)[labels]
        >>> evaluate_vectors(vectors[:150], labels[:150], vectors[150:], labels[150:]).as_json()["knn"]
        {'accuracy': 1.0, 'interval': [1.0, 1.0]}
    """

    knn_accuracy: float | None
    knn_predictions: Int[Tensor, " test"] | None
    linear: Mapping[str, LinearScore]
    missing: Mapping[str, str]
    truth: Int[Tensor, " test"]
    curve: Mapping[str, LinearScore] = field(default_factory=dict[str, LinearScore])
    clusters: ClusterScore | None = None
    retrieval: Retrieval | None = None
    near: Near | None = None
    seed: int = 0

    @property
    def answers(self) -> dict[str, Float[Tensor, "_draws _items"] | Bool[Tensor, "_draws _items"]]:
        """By figure, what each item adds to its mean: whether it is right, or its precision; one line a draw."""
        found: dict[str, Tensor] = {}
        if self.knn_predictions is not None:
            found["kNN accuracy"] = (self.knn_predictions == self.truth)[None]
        for budget, score in self.linear.items():
            found[linear_name(budget)] = score.predictions == self.truth
        for count, score in self.curve.items():
            found[curve_name(count)] = score.predictions == self.truth
        if self.clusters is not None:
            found["clustering accuracy"] = self.clusters.right[None]
        if self.retrieval is not None:
            found |= {f"recall@{k}": each[None] for k, each in self.retrieval.found.items()}
            found["mAP"] = self.retrieval.precision[None]
        return found

    @cached_property
    def resampled(self) -> dict[str, Float[Tensor, " resamples"]]:
        """By figure that is no mean over items, what it is on each resample of the test items."""
        return {} if self.clusters is None else self.clusters.resampled(seed=self.seed)

    def as_json(self) -> dict[str, Any]:
        """Accuracies by protocol and budget, null where there is none, with their 95 % intervals over test items."""
        answer = no_labels()
        intervals = {name: list(bootstrap_interval(each, seed=self.seed)) for name, each in self.answers.items()}
        if self.knn_accuracy is not None:
            answer["knn"] = {"accuracy": self.knn_accuracy, "interval": intervals["kNN accuracy"]}
        for name, score in self.linear.items():
            answer["linear"][name] = _of_draws(score, intervals[linear_name(name)])
        if self.curve:
            answer["label_curve"] = {
                name: _of_draws(score, intervals[curve_name(name)]) for name, score in self.curve.items()
            }
        if self.clusters is not None:
            spread = {f"{name.lower()}_interval": list(middle(each)) for name, each in self.resampled.items()}
            answer["clustering"] = self.clusters.as_json() | {"interval": intervals["clustering accuracy"], **spread}
        if self.retrieval is not None:
            kept = {name: each for name, each in intervals.items() if name.startswith("recall@") or name == "mAP"}
            answer["retrieval"] = self.retrieval.as_json() | {"intervals": {k.lower(): v for k, v in kept.items()}}
        return answer


def linear_name(budget: str) -> str:
    """How sentences call a linear accuracy.

    Example:
        >>> from selftaught.evaluation.scores import linear_name
        >>> linear_name("1%")
        'linear accuracy with 1% of the labels'
    """
    return f"linear accuracy with {amount_of(budget)}"


def tuned_name(budget: str) -> str:
    """How sentences call an accuracy after fine-tuning.

    Example:
        >>> from selftaught.evaluation.scores import tuned_name
        >>> tuned_name("1%")
        'fine-tuned accuracy with 1% of the labels'
    """
    return f"fine-tuned accuracy with {amount_of(budget)}"


def alone_name(budget: str) -> str:
    """How sentences call the accuracy of a network that learned from labels alone.

    Example:
        >>> from selftaught.evaluation.scores import alone_name
        >>> alone_name("1%")
        'supervised accuracy with 1% of the labels'
    """
    return f"supervised accuracy with {amount_of(budget)}"


def amount_of(budget: str) -> str:
    """How sentences call a number of labels.

    Example:
        >>> from selftaught.evaluation.scores import amount_of
        >>> amount_of("1%"), amount_of("all")
        ('1% of the labels', 'all labels')
    """
    return {"100": "100 labels", "all": "all labels"}.get(budget, f"{budget} of the labels")


def curve_name(count: str) -> str:
    """How sentences call a linear accuracy on the curve.

    Example:
        >>> from selftaught.evaluation.scores import curve_name
        >>> curve_name("5")
        'linear accuracy with 5 labels a class'
    """
    return f"linear accuracy with {count} label{'s' * (count != '1')} a class"


def no_labels() -> dict[str, Any]:
    """The JSON of protocols when there are no labels: null for every figure.

    Example:
        >>> from selftaught.evaluation.scores import no_labels
        >>> no_labels()["linear"]["1%"]
        {'mean': None, 'std': None, 'interval': None}
    """
    nothing = {"mean": None, "std": None, "interval": None}
    return {"knn": {"accuracy": None, "interval": None}, "linear": {name: dict(nothing) for name in BUDGETS}}


def _of_draws(score: LinearScore, interval: list[float]) -> dict[str, Any]:
    found = {"mean": score.mean, "std": score.deviation, "interval": interval}
    return found | ({"on_training_items": statistics.fmean(score.learned)} if score.learned else {})
