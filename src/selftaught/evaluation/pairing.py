"""Two encoders on the same test items: every accuracy's difference, with its interval."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from selftaught.core import UserError
from selftaught.evaluation.dense_scores import DenseUse
from selftaught.evaluation.intervals import bootstrap_interval, middle, resamples
from selftaught.evaluation.scores import Protocols
from selftaught.evaluation.verdicts import decisive

__all__ = ["Paired", "pair_answers", "pair_dense_use", "pair_encoders", "pair_resampled", "paired_sentence"]


@dataclass(frozen=True, kw_only=True)
class Paired:
    """How much better one encoder does than another by one figure, on the same items and draws.

    Args:
        figure: in words.
        first: of the one.
        second: of the other.
        interval: of the difference, 95 %; see `bootstrap_interval`.
        decides: whether the sentence rests on it.
        percent: whether it is told in per cent and points.

    Example:
        >>> from selftaught.evaluation import Paired
        >>> print(Paired(figure="kNN accuracy", first=0.8, second=0.7, interval=(0.05, 0.15), decides=True))
        kNN accuracy 80.0 % against 70.0 % (+10.0 points, 95 % interval +5.0 to +15.0)
    """

    figure: str
    first: float
    second: float
    interval: tuple[float, float]
    decides: bool
    percent: bool = True

    def named(self, figure: str) -> "Paired":
        """The same under another name, by which no sentence decides."""
        return replace(self, figure=figure, decides=False)

    @property
    def sign(self) -> int:
        """1 if the first is better and the interval excludes 0, -1 if it is worse, else 0."""
        low, high = self.interval
        return int(low > 0) - int(high < 0)

    def __str__(self) -> str:
        if not self.percent:
            low, high = self.interval
            figures = f"{self.figure} {self.first:.2f} against {self.second:.2f}"
            return f"{figures} ({self.first - self.second:+.2f}, 95 % interval {low:+.2f} to {high:+.2f})"
        low, high = (100 * end for end in self.interval)
        gain = 100 * (self.first - self.second)
        accuracies = f"{self.figure} {100 * self.first:.1f} % against {100 * self.second:.1f} %"
        return f"{accuracies} ({gain:+.1f} points, 95 % interval {low:+.1f} to {high:+.1f})"

    def as_json(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "figure": self.figure,
            "first": self.first,
            "second": self.second,
            "difference": self.first - self.second,
            "interval": list(self.interval),
        }


def pair_encoders(first: Protocols, second: Protocols) -> tuple[Paired, ...]:
    """The difference of every figure.

    Args:
        first: of one encoder.
        second: of another, on the same items, labels and draws.

    Raises:
        UserError: the items are not the same.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import evaluate_vectors, pair_encoders
        >>> labels = torch.arange(200) % 2
        >>> vectors = torch.eye(2)[labels]
        >>> same = evaluate_vectors(vectors[:150], labels[:150], vectors[150:], labels[150:])
        >>> [(paired.figure, paired.sign) for paired in pair_encoders(same, same)][:2]
        [('kNN accuracy', 0), ('linear accuracy with 100 labels', 0)]
    """
    if first.truth.shape != second.truth.shape or not bool((first.truth == second.truth).all()):
        raise UserError("expected both encoders on the same test items, got different ones")
    found = pair_answers(first.answers, second.answers, deciding=decisive(first), seed=first.seed)
    if first.clusters is None or second.clusters is None:
        return found
    values = [(each.mutual_information, each.adjusted_rand) for each in (first.clusters, second.clusters)]
    drawn = first.resampled, second.resampled
    return found + tuple(
        pair_resampled(f"clustering {name}", (ours, theirs), (drawn[0][name], drawn[1][name]))
        for name, ours, theirs in zip(("NMI", "ARI"), *values, strict=True)
    )


def pair_resampled(
    figure: str,
    values: tuple[float | None, float | None],
    resampled: tuple[Float[Tensor, " resamples"], Float[Tensor, " resamples"]],
    *,
    decides: bool = False,
) -> Paired:
    """The difference of two figures that are no means over items.

    Args:
        figure: in words.
        values: of the one encoder and of the other.
        resampled: the same on each resample of the test items, which both share; nan where there is none.
        decides: whether a sentence rests on it.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.pairing import pair_resampled
        >>> print(pair_resampled("R²", (0.5, 0.25), (torch.linspace(0.45, 0.55, 41), torch.full((41,), 0.25))))
        R² 0.50 against 0.25 (+0.25, 95 % interval +0.20 to +0.30)
    """
    first, second = (math.nan if value is None else value for value in values)
    interval = middle(resampled[0].double() - resampled[1].double())
    return Paired(figure=figure, first=first, second=second, interval=interval, decides=decides, percent=False)


def pair_answers(
    first: Mapping[str, Shaped[Tensor, "_draws _items"]],
    second: Mapping[str, Shaped[Tensor, "_draws _items"]],
    *,
    deciding: Collection[str] = (),
    seed: int,
) -> tuple[Paired, ...]:
    """The difference of every figure that both have.

    Args:
        first: of one encoder, by figure what each test item adds to its mean, a line a draw.
        second: of another, of the same items and draws.
        deciding: the figures that a sentence rests on.
        seed: of the intervals.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.pairing import pair_answers
        >>> one = {"kNN accuracy": torch.tensor([[True, False, True, True]])}
        >>> [(each.figure, each.first, each.sign) for each in pair_answers(one, one, seed=0)]
        [('kNN accuracy', 0.75, 0)]
    """
    found: list[Paired] = []
    for name in (name for name in first if name in second):
        a, b = first[name].double(), second[name].double()
        interval = bootstrap_interval(a - b, seed=seed)
        ours, theirs = float(a.mean()), float(b.mean())
        found.append(Paired(figure=name, first=ours, second=theirs, interval=interval, decides=name in deciding))
    return tuple(found)


def pair_dense_use(first: DenseUse, second: DenseUse, *, named: str = "positions") -> tuple[Paired, ...]:
    """The differences of segmentation and localisation, each with its interval over the pictures.

    Two encoders that see other sizes are asked about the same objects, as large and in the same places on the picture,
    each in the size that it sees. The mean IoU is no mean over pictures, so that it is taken of each resample anew.

    Args:
        first: of one encoder.
        second: of another, on as many pictures of the same seed.
        named: said before each figure.

    Returns:
        Mean IoU, which decides, overlap of boxes, share of located objects and of right points.

    Raises:
        UserError: the pictures are not the same.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.composites import make_composites
        >>> from selftaught.evaluation.dense_scores import DenseUse, dense_figures
        >>> from selftaught.evaluation.pairing import pair_dense_use
        >>> pictures = make_composites(4, image_size=16, channels=1, part="test")
        >>> figures = dense_figures(torch.zeros(4, 11, 4, 4), pictures)
        >>> one = DenseUse(**figures, grid=4, items=(0, 4), background="photographs", seed=0)
        >>> [(each.figure, each.interval) for each in pair_dense_use(one, one)][0]
        ('positions, mean IoU', (0.0, 0.0))
    """
    if (first.items, first.background, first.seed) != (second.items, second.background, second.seed):
        raise UserError("expected both encoders on the same pictures, got different ones")
    a, b = first.answers, second.answers
    counted = resamples(len(a.overlaps), seed=first.seed)
    gains = torch.cat([a.mean_iou(counts) - b.mean_iou(counts) for counts in counted])
    means, iou = (first.mean_iou, second.mean_iou), f"{named}, mean IoU"
    found = [Paired(figure=iou, first=means[0], second=means[1], interval=middle(gains), decides=True)]
    others = {
        "overlap of boxes": (a.overlaps, b.overlaps),
        "located": (a.overlaps >= 0.5, b.overlaps >= 0.5),
        "pointed": (a.pointed, b.pointed),
    }
    for name, (ours, theirs) in others.items():
        ours, theirs = ours.double(), theirs.double()
        interval = bootstrap_interval((ours - theirs)[None], seed=first.seed)
        means, figure = (float(ours.mean()), float(theirs.mean())), f"{named}, {name}"
        found.append(Paired(figure=figure, first=means[0], second=means[1], interval=interval, decides=False))
    return tuple(found)


def paired_sentence(first: str, second: str, differences: Sequence[Paired]) -> str:
    """One sentence: which of two encoders is better, by the figures that a verdict rests on.

    One is better where no interval of theirs speaks for the other, and at least one excludes 0.

    Args:
        first: name of the one.
        second: name of the other.
        differences: of the first to the second.

    Example:
        >>> from selftaught.evaluation import Paired, paired_sentence
        >>> both = [Paired(figure="kNN accuracy", first=0.8, second=0.7, interval=(0.05, 0.15), decides=True)]
        >>> paired_sentence("a", "b", both)
        'a is better than b: kNN accuracy 80.0 % against 70.0 % (+10.0 points, 95 % interval +5.0 to +15.0).'
    """
    deciding = [each for each in differences if each.decides]
    if not deciding:
        return f"Whether {first} or {second} is better was not asked: that takes kNN, linear probes or fine-tuning."
    signs = {each.sign for each in deciding}
    if signs >= {1, -1}:
        outcome = f"{first} is better than {second} by one measure and worse by the other"
    elif 1 in signs:
        outcome = f"{first} is better than {second}"
    elif -1 in signs:
        outcome = f"{second} is better than {first}"
    else:
        outcome = f"{first} and {second} cannot be told apart"
    return f"{outcome}: {' and '.join(map(str, deciding))}."
