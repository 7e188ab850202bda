"""Whether pre-training helped, in one sentence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from jaxtyping import Float
from torch import Tensor

from selftaught.evaluation.budgets import BUDGETS
from selftaught.evaluation.scores import Protocols, linear_name
from selftaught.evaluation.without_labels import LabelFree

__all__ = ["RULE", "Difference", "compare", "decisive", "paired_difference", "told_differences"]
__all__ += ["resampled_difference", "unlabelled_verdict", "verdict"]

RULE = (
    "A difference is between two accuracies on the same test items, averaged over draws of the same labels. Its spread "
    "is twice the root of the variance of the paired differences over the draws plus their variance over the test "
    "items divided by the number of items. Of R² and mean average precision, which are no means over items, it is "
    "twice the deviation of the difference over 2,000 resamples of the test items. Pre-training helped where the "
    "difference to the start exceeds the spread."
)


@dataclass(frozen=True)
class Difference:
    """How much better one set of vectors does than another under one protocol.

    Args:
        protocol: in words.
        first: accuracy of the one, in [0, 1], or another figure.
        second: of the other.
        spread: what the difference must exceed to count; see `RULE`.
        percent: whether it is told in per cent and points.

    Example:
        >>> from selftaught.evaluation import Difference
        >>> Difference("kNN", 0.86, 0.79, 0.01).sign, Difference("kNN", 0.80, 0.79, 0.02).sign
        (1, 0)
    """

    protocol: str
    first: float
    second: float
    spread: float
    percent: bool = True

    @property
    def sign(self) -> int:
        """1 if the first is better by more than the spread, -1 if it is worse by more, else 0."""
        gain = self.first - self.second
        return 0 if abs(gain) <= self.spread else (1 if gain > 0 else -1)

    def named(self, protocol: str) -> "Difference":
        """The same under another name."""
        return replace(self, protocol=protocol)

    def __str__(self) -> str:
        if not self.percent:
            place, gain = "beyond" if self.sign else "within", self.first - self.second
            figures = f"{self.protocol} {self.first:.2f} against {self.second:.2f}"
            return f"{figures} ({gain:+.2f}, {place} the spread of {self.spread:.2f})"
        accuracies = f"{self.protocol} {100 * self.first:.1f} % against {100 * self.second:.1f} %"
        place = "beyond" if self.sign else "within"
        gain, spread = 100 * (self.first - self.second), 100 * self.spread
        return f"{accuracies} ({gain:+.1f} points, {place} the spread of {spread:.1f})"


def compare(first: Protocols, second: Protocols) -> tuple[Difference, ...]:
    """The two differences that a verdict rests on: the linear probe with the fewest labels there are, and kNN.

    Args:
        first: of the encoder.
        second: of a control, on the same items and draws.

    Returns:
        The differences, the linear one at 100 labels unless the training set has fewer; without what was not measured.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import compare
        >>> from selftaught.evaluation.protocols import evaluate_vectors
        >>> labels = torch.arange(200) % 2
        >>> vectors = torch.eye(2)[labels]
        >>> protocols = evaluate_vectors(vectors[:150], labels[:150], vectors[150:], labels[150:])
        >>> [(difference.protocol, difference.sign) for difference in compare(protocols, protocols)]
        [('linear accuracy with 100 labels', 0), ('kNN accuracy', 0)]
    """
    ours, theirs = first.answers, second.answers
    return tuple(paired_difference(name, ours[name].double(), theirs[name].double()) for name in decisive(first))


def decisive(protocols: Protocols) -> list[str]:
    """The figures that a verdict rests on: the linear probe with the fewest labels there are, and kNN.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import evaluate_vectors
        >>> from selftaught.evaluation.verdicts import decisive
        >>> labels = torch.arange(200) % 2
        >>> vectors = torch.eye(2)[labels]
        >>> decisive(evaluate_vectors(vectors, labels, vectors, labels, protocols=["knn"]))
        ['kNN accuracy']
    """
    budgets = [linear_name(name) for name in BUDGETS if name in protocols.linear][:1]
    return budgets + ["kNN accuracy"] * (protocols.knn_predictions is not None)


def paired_difference(protocol: str, first: Float[Tensor, "draws o"], second: Float[Tensor, "draws o"]) -> Difference:
    """The difference of two means over the same draws and test items, and its spread; see `RULE`.

    Args:
        protocol: in words.
        first: what each item adds to the one mean, a line a draw.
        second: the same of the other.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.verdicts import paired_difference
        >>> difference = paired_difference("kNN accuracy", torch.ones(1, 100).double(), torch.zeros(1, 100).double())
        >>> difference.sign, round(difference.spread, 3)
        (1, 0.02)
    """
    gains = first - second  # (draws, o)
    draws, items = gains.shape
    over_draws = float(gains.mean(1).var()) if draws > 1 else 0.0
    # One item's worth is the least that a finite test set leaves open, even where all its items agree.
    over_items = float(gains.mean(0).var(correction=0)) / items + 1 / items**2
    spread = 2 * math.sqrt(over_draws + over_items)
    return Difference(protocol, float(first.mean()), float(second.mean()), spread)


def resampled_difference(
    figure: str,
    values: tuple[float | None, float | None],
    resampled: tuple[Float[Tensor, " resamples"], Float[Tensor, " resamples"]],
) -> Difference:
    """The difference of two figures that are no means over items, and its spread; see `RULE`.

    Args:
        figure: in words.
        values: of the one and of the other.
        resampled: the same on each resample of the test items, which both share; nan where there is none.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.verdicts import resampled_difference
        >>> found = resampled_difference("R²", (0.5, 0.25), (torch.tensor([0.25, 0.75]), torch.tensor([0.25, 0.25])))
        >>> found.sign, round(found.spread, 3)
        (0, 0.707)
    """
    gains = resampled[0].double() - resampled[1].double()
    spread = 2 * float(gains[gains.isfinite()].std())
    first, second = (math.nan if value is None else value for value in values)
    return Difference(figure, first, second, spread, percent=False)


def verdict(
    encoder: Protocols,
    start: Protocols,
    raw: Protocols,
    *,
    start_name: str = "random start",
    opening: str | None = None,
) -> str:
    """One sentence: whether pre-training helped, by how much, beyond the spread or not, and whether raw input beats it.

    Args:
        encoder: after pre-training.
        start: of the encoder before.
        raw: of the raw input.
        start_name: what the encoder was before.
        opening: the first words; what the differences say if None.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import verdict
        >>> from selftaught.evaluation.protocols import evaluate_vectors
        >>> labels = torch.arange(200) % 2
        >>> vectors = torch.eye(2)[labels]
        >>> same = evaluate_vectors(vectors[:150], labels[:150], vectors[150:], labels[150:])
        >>> verdict(same, same, same).split(":")[0]
        'Pre-training made no difference beyond the spread, compared with random start'
    """
    differences = compare(encoder, start)
    if not differences:
        return (
            f"Whether pre-training helped, compared with {start_name}, was not asked: that takes kNN, linear probes "
            "or fine-tuning."
        )
    against = [difference for difference in compare(encoder, raw) if difference.sign < 0]
    return told_differences(differences, against, start_name=start_name, opening=opening)


def told_differences(
    differences: Sequence[Difference],
    against: Sequence[Difference] = (),
    *,
    start_name: str = "random start",
    opening: str | None = None,
) -> str:
    """One sentence: whether pre-training helped, by the differences to what had none.

    Args:
        differences: at least one.
        against: those to the raw input by which that does better.
        start_name: what had no pre-training.
        opening: the first words; what the differences say if None.

    Example:
        >>> from selftaught.evaluation import Difference
        >>> from selftaught.evaluation.verdicts import told_differences
        >>> told_differences([Difference("kNN accuracy", 0.86, 0.79, 0.01)])
        'Pre-training helped, compared with random start: kNN accuracy 86.0 % against 79.0 % (+7.0 points, ...).'
    """
    outcome = _outcome_of(differences) if opening is None else opening
    sentence = f"{outcome}, compared with {start_name}: {' and '.join(map(str, differences))}"
    if against:
        sentence += f"; but the raw input does better still: {' and '.join(map(str, against))}"
    return sentence + "."


_NOTHING = "Pre-training made no difference beyond the spread"
_BOTH = 2


def _outcome_of(differences: Sequence[Difference]) -> str:
    """By how many measures of how many pre-training helped or harmed."""
    signs = [each.sign for each in differences]
    better, worse, total = signs.count(1), signs.count(-1), len(signs)
    if not better and not worse:
        return _NOTHING
    if better and worse:
        other = "the other" if total == _BOTH else _measures(worse)
        return f"Pre-training helped by {_measures(better)} and harmed by {other}"
    word = "helped" if better else "harmed"
    if total in (better, worse):
        return f"Pre-training {word}"
    return f"Pre-training {word} by {_measures(better or worse)} of {'two' if total == _BOTH else total}"


def _measures(count: int) -> str:
    return "one measure" if count == 1 else f"{count} measures"


def unlabelled_verdict(encoder: LabelFree, start: LabelFree, reason: str, *, start_name: str = "random start") -> str:
    """One sentence for data without labels: which figures need them, and what the others say.

    Args:
        encoder: after pre-training.
        start: before.
        reason: why there are no usable labels.
        start_name: what the encoder was before.

    Example:
        >>> from selftaught.evaluation import LabelFree
        >>> from selftaught.evaluation.verdicts import unlabelled_verdict
        >>> figures = LabelFree(12.0, 256, 0.0, collapsed=False)
        >>> unlabelled_verdict(figures, figures, "the images have no labels")
        'Whether pre-training helped cannot be said: ...'
    """
    shape = "have collapsed to one vector" if encoder.collapsed else "have not collapsed"
    return (
        f"Whether pre-training helped cannot be said: {reason}, and the accuracies of kNN and of linear probes need "
        f"them; without labels, the features {shape}, RankMe is {encoder.rankme:.0f} of {encoder.width} against "
        f"{start.rankme:.0f} at {start_name}, and {100 * encoder.dead:.0f} % of the features are dead."
    )
