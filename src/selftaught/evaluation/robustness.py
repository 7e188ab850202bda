"""What corruptions of the test items do to an encoder: accuracy of readers fitted on clean items, and drift."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import Preparation, Source, Track, UserError, silent
from selftaught.encoders import Preprocessing
from selftaught.evaluation.chosen_probe import Readers
from selftaught.evaluation.corruptions import SEVERITIES, Corruption, corruptions_of
from selftaught.evaluation.unit_pixels import Normalisation, to_pixels
from selftaught.extraction import extract_each
from selftaught.views import Draws

__all__ = ["CorruptionScore", "Robustness", "cosine_drift", "few_rows", "measure_corruptions"]

_CPU = torch.device("cpu")
_MOST_ITEMS = 1000


@final
@dataclass(frozen=True, kw_only=True)
class CorruptionScore:
    """One corruption, a number for each of five severities.

    Args:
        probe_accuracies: of the linear probe, in [0, 1].
        knn_accuracies: of nearest neighbours, in [0, 1].
        drifts: mean cosine distance between the vectors of an item changed and unchanged, in [0, 2].
        right: the share of the severities under which the probe is right, of each test item.

    Example:
        >>> from selftaught.evaluation.robustness import CorruptionScore
        >>> five = (0.9, 0.8, 0.7, 0.6, 0.5)
        >>> CorruptionScore(probe_accuracies=five, knn_accuracies=five, drifts=five).as_json()["drift"][0]
        0.9
    """

    probe_accuracies: tuple[float, ...]
    knn_accuracies: tuple[float, ...]
    drifts: tuple[float, ...]
    right: Float[Tensor, " items"] | None = field(default=None, compare=False, repr=False)

    def as_json(self) -> dict[str, list[float]]:
        """By figure, from the weakest severity to the strongest."""
        return {"probe": list(self.probe_accuracies), "knn": list(self.knn_accuracies), "drift": list(self.drifts)}


@final
@dataclass(frozen=True, kw_only=True)
class Robustness:
    """What `measure_corruptions` found.

    Args:
        clean_probe_accuracy: of the linear probe on the same items, unchanged.
        clean_knn_accuracy: of nearest neighbours on the same items, unchanged.
        corruptions: by name.
        items: how many test items.
        seed: of the corruptions and the choice of items.

    Example:
        >>> from selftaught.evaluation.robustness import CorruptionScore, Robustness
        >>> five = (0.9, 0.8, 0.7, 0.6, 0.5)
        >>> fog = CorruptionScore(probe_accuracies=five, knn_accuracies=five, drifts=five)
        >>> found = Robustness(
        ...     clean_probe_accuracy=0.9, clean_knn_accuracy=0.9, corruptions={"fog": fog}, items=9, seed=0
        ... )
        >>> found.mean_probe_accuracy
        0.7
    """

    clean_probe_accuracy: float
    clean_knn_accuracy: float
    corruptions: Mapping[str, CorruptionScore]
    items: int
    seed: int

    @property
    def answers(self) -> dict[str, Float[Tensor, "one items"]]:
        """What each test item adds to the accuracy of the probe, over all corruptions and severities."""
        kept = [score.right for score in self.corruptions.values() if score.right is not None]
        return {"probe accuracy under corruptions": torch.stack(kept).mean(0)[None]} if kept else {}

    @property
    def mean_probe_accuracy(self) -> float:
        """Over all corruptions and severities."""
        return statistics.fmean(each for score in self.corruptions.values() for each in score.probe_accuracies)

    @property
    def mean_knn_accuracy(self) -> float:
        """Over all corruptions and severities."""
        return statistics.fmean(each for score in self.corruptions.values() for each in score.knn_accuracies)

    @property
    def mean_drift(self) -> float:
        """Over all corruptions and severities."""
        return statistics.fmean(each for score in self.corruptions.values() for each in score.drifts)

    def as_json(self) -> dict[str, Any]:
        """Accuracies and drifts, plain."""
        return {
            "clean": {"probe": self.clean_probe_accuracy, "knn": self.clean_knn_accuracy},
            "mean": {"probe": self.mean_probe_accuracy, "knn": self.mean_knn_accuracy, "drift": self.mean_drift},
            "corruptions": {name: score.as_json() for name, score in self.corruptions.items()},
            "severities": list(SEVERITIES),
            "items": self.items,
            "seed": self.seed,
        }


def measure_corruptions(
    encoder: nn.Module,
    preparation: Preparation,
    train_vectors: Float[Tensor, "n d"],
    train_labels: Int[Tensor, " n"],
    test_source: Source,
    test_labels: Int[Tensor, " o"],
    *,
    corruptions: Mapping[str, Corruption] | None = None,
    most_items: int = _MOST_ITEMS,
    device: torch.device = _CPU,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
    track: Track = silent,
) -> Robustness:
    """Corrupt test items in five severities, and see what readers of clean vectors still recognise.

    Args:
        encoder: or a control that takes what the encoder takes; left as it was.
        preparation: from raw items to what it takes.
        train_vectors: of clean training items, from this encoder; the probe and the neighbours come from them.
        train_labels: their classes, any integers.
        test_source: the items to corrupt.
        test_labels: their classes; one that no training item has counts as wrong.
        corruptions: by name; those of `corruptions_of` for this kind of data if None.
        most_items: a seeded sample of so many test items is used where there are more.
        device: where the encoder and the corruptions work.
        precision: of the encoder's arithmetic; corruptions are always made in float32.
        seed: of the sample, the probe's folds and the corruptions.
        track: shows progress.

    Raises:
        UserError: sizes disagree, or there are fewer than 2 classes.

    Source:
        Hendrycks & Dietterich 2019, https://arxiv.org/abs/1903.12261; accuracies here stand as they are and are not
        divided by those of a reference network. Feature drift is this library's.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.evaluation.corruptions.weather import brightness
        >>> from selftaught.evaluation.robustness import measure_corruptions
        >>> from selftaught.extraction import RawInput, raw_vectors
        >>> labels = torch.arange(60) % 2
        >>> images = labels.view(-1, 1, 1, 1).repeat(1, 1, 16, 16) * torch.rand(60, 1, 16, 16)
        >>> source, prepare = open_images(images).train, Preprocessing(16, 1, (0.5,), (0.5,))
        >>> vectors = raw_vectors(prepare, source)
        >>> found = measure_corruptions(
        ...     RawInput(), prepare, vectors, labels, source, labels, corruptions={"brightness": brightness}
        ... )
        >>> found.clean_probe_accuracy, len(found.corruptions["brightness"].drifts)
        (1.0, 5)
    """
    if len(test_labels) != len(test_source):
        raise UserError(f"expected one label a test item, got {len(test_labels)} for {len(test_source)}")
    chosen = corruptions_of(test_source.kind) if corruptions is None else corruptions
    readers = Readers.fit(train_vectors, train_labels, seed=seed)
    rows = few_rows(len(test_source), most_items, seed)
    source, labels = test_source.take(rows), test_labels[torch.from_numpy(rows)]
    if isinstance(preparation, Preprocessing):
        reading, finish = to_pixels(preparation), Normalisation(preparation)
    else:
        reading, finish = _AsRead(preparation), preparation

    def vectors_of(networks: list[nn.Module]) -> list[Tensor]:
        return extract_each(networks, reading, source, device=device, precision=precision)

    (clean,) = vectors_of([_Seen(encoder, finish, device)])
    clean_accuracies = readers.accuracies(clean, labels)
    scores: dict[str, CorruptionScore] = {}
    for name, change in track(chosen.items(), "corrupting the test items", len(chosen)):
        seeds = [(severity, Draws.at(seed, name, severity, batch=1).seed) for severity in SEVERITIES]
        found = vectors_of([_Seen(encoder, finish, device, change, severity, one) for severity, one in seeds])
        by_probe, by_neighbours = (
            torch.stack(each).double() for each in zip(*(readers.right(one, labels) for one in found), strict=True)
        )
        scores[name] = CorruptionScore(
            probe_accuracies=tuple(by_probe.mean(1).tolist()),
            knn_accuracies=tuple(by_neighbours.mean(1).tolist()),
            drifts=tuple(cosine_drift(clean, each) for each in found),
            right=by_probe.mean(0),
        )
    return Robustness(
        clean_probe_accuracy=clean_accuracies[0],
        clean_knn_accuracy=clean_accuracies[1],
        corruptions=scores,
        items=len(rows),
        seed=seed,
    )


def cosine_drift(clean: Float[Tensor, "n d"], changed: Float[Tensor, "n d"]) -> float:
    """The mean of 1 - cos between the vectors of the same item.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.robustness import cosine_drift
        >>> cosine_drift(torch.eye(2), torch.tensor([[2.0, 0.0], [0.0, -1.0]]))
        1.0
    """
    return float((1 - F.cosine_similarity(clean.double(), changed.double(), dim=1)).mean())


def few_rows(count: int, most: int, seed: int) -> Int[np.ndarray, " few"]:
    """A seeded sample of rows in increasing order; all of them where they are not too many.

    Raises:
        UserError: nothing would be left.

    Example:
        >>> from selftaught.evaluation.robustness import few_rows
        >>> few_rows(3, 5, seed=0).tolist(), len(few_rows(9, 5, seed=0))
        ([0, 1, 2], 5)
    """
    if min(count, most) < 1:
        raise UserError(f"expected at least 1 item to measure, got {most} of {count}")
    return np.sort(np.random.default_rng(seed).permutation(count)[:most])


@final
@dataclass(frozen=True)
class _AsRead(Preparation):
    """Leaves the batch as it was read, for a change that comes before the preparation."""

    preparation: Preparation

    @property
    def values_an_item(self) -> int:
        return self.preparation.values_an_item

    def __call__(self, batch: Any) -> Any:
        return batch


@final
class _Seen(nn.Module):
    """The encoder behind a change of its items."""

    def __init__(
        self,
        encoder: nn.Module,
        finish: Callable[[Any], Any],
        device: torch.device,
        change: Corruption | None = None,
        severity: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.encoder, self.finish, self.device = encoder, finish, device
        self.change, self.severity = change, severity
        self.generator = torch.Generator().manual_seed(seed)

    def forward(self, batch: Any) -> Float[Tensor, "n d"]:
        with torch.autocast(self.device.type, enabled=False):
            changed = batch if self.change is None else self.change(batch, self.severity, self.generator)
            items = self.finish(changed).to(self.device)  # texts become numbers on the CPU
        return self.encoder(items)
