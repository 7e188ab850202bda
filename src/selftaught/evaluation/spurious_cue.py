"""Whether a probe on the encoder falls for a cue that only seems to tell the classes: a tint."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from selftaught.core import ImageBatch, Preparation, Source, Track, UserError, silent
from selftaught.data import ImageSource
from selftaught.evaluation.chosen_probe import Readers
from selftaught.evaluation.robustness import few_rows
from selftaught.evaluation.unit_pixels import images_of
from selftaught.extraction import extract_each

__all__ = ["SpuriousCue", "TintedSource", "measure_spurious_cue", "tints"]

_CPU = torch.device("cpu")
_STRENGTH = 0.3
_MOST_TRAIN, _MOST_TEST = 5000, 2000
_TOLD = {"clean": "without a tint", "broken": "with a tint that is broken"}


@final
@dataclass(frozen=True, kw_only=True)
class SpuriousCue:
    """What `measure_spurious_cue` found. All numbers lie in [0, 1].

    Args:
        clean_accuracy: of a probe that learned from images without a tint, on such.
        tinted_accuracy: of a probe that learned from images in the tint of their class, on such.
        untinted_accuracy: of that second probe on images without a tint.
        broken_accuracy: of that second probe on images in the tint of another class.
        misled: how often it then says the class of the tint.
        strength: of the tint.
        items: how many images it learned from, and how many it was tested on.
        seed: of the samples, the folds and the wrong tints.
        answers: what each test image adds to an accuracy, by its name.

    Example:
        >>> from selftaught.evaluation.spurious_cue import SpuriousCue
        >>> found = SpuriousCue(
        ...     clean_accuracy=0.8, tinted_accuracy=1.0, untinted_accuracy=0.5, broken_accuracy=0.25, misled=0.7,
        ...     strength=0.3, items=(100, 50), seed=0,
        ... )
        >>> found.drop
        0.75
    """

    clean_accuracy: float
    tinted_accuracy: float
    untinted_accuracy: float
    broken_accuracy: float
    misled: float
    strength: float
    items: tuple[int, int]
    seed: int
    answers: Mapping[str, Bool[Tensor, "one items"]] = field(
        default_factory=dict[str, Tensor], compare=False, repr=False
    )

    @property
    def drop(self) -> float:
        """How much accuracy is lost when the tint no longer tells the class."""
        return self.tinted_accuracy - self.broken_accuracy

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "clean": self.clean_accuracy,
            "tinted": self.tinted_accuracy,
            "untinted": self.untinted_accuracy,
            "broken": self.broken_accuracy,
            "drop": self.drop,
            "misled": self.misled,
            "strength": self.strength,
            "items": {"train": self.items[0], "test": self.items[1]},
            "seed": self.seed,
        }


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class TintedSource(ImageSource):
    """Images, each blended with a colour of its own: (1 - strength) x + strength colour.

    Args:
        images: as they are.
        colours: in 0..1, by the place where each image is stored; see `rows`.
        strength: in [0, 1].

    Example:
        >>> import numpy as np
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.evaluation.spurious_cue import TintedSource
        >>> black = open_images(torch.zeros(2, 1, 16, 16, dtype=torch.uint8)).train
        >>> tinted = TintedSource.of(black, np.array([[0.0], [1.0]], dtype=np.float32), strength=0.5)
        >>> tinted.batch([0, 1]).pixels.amax((1, 2, 3))
        tensor([0.0000, 0.5000])
    """

    images: ImageSource
    colours: Float[np.ndarray, "stored c"] = field(repr=False)
    strength: float

    @classmethod
    def of(cls, images: ImageSource, colours: Float[np.ndarray, "n c"], *, strength: float) -> "TintedSource":
        """The images of a source in these colours, one a row."""
        stored = np.zeros((int(images.rows.max(initial=0)) + 1, images.channels), dtype=np.float32)
        stored[images.rows] = colours
        return cls(
            name=images.name,
            keys=images.keys,
            rows=images.rows,
            labels=images.labels,
            classes=images.classes,
            channels=images.channels,
            size=images.size,
            images=images,
            colours=stored,
            strength=strength,
        )

    def read(self, stored: Int[np.ndarray, " n"]) -> ImageBatch:
        """The images at these places, tinted."""
        batch = self.images.read(stored)
        pixels = batch.pixels.float() / 255 if batch.pixels.dtype == torch.uint8 else batch.pixels.float()
        colours = torch.from_numpy(self.colours[stored])[:, :, None, None]
        return ImageBatch(torch.lerp(pixels, colours.expand_as(pixels), self.strength), batch.sizes)


def tints(classes: int, channels: int) -> Float[np.ndarray, "classes channels"]:
    """A colour for each class in 0..1: around the colour circle, or from black to white below 3 channels.

    Example:
        >>> from selftaught.evaluation.spurious_cue import tints
        >>> tints(3, 1).flatten().tolist(), tints(3, 3)[0].round(2).tolist()
        ([0.0, 0.5, 1.0], [1.0, 0.25, 0.25])
    """
    share = np.arange(classes)[:, None]
    if channels < 3:
        return np.repeat(share / max(classes - 1, 1), channels, axis=1).astype(np.float32)
    phase = share / classes - np.arange(channels) / channels
    return (0.5 + 0.5 * np.cos(2 * math.pi * phase)).astype(np.float32)


def measure_spurious_cue(
    encoder: nn.Module,
    preparation: Preparation,
    train_source: Source,
    train_labels: Int[Tensor, " n"],
    test_source: Source,
    test_labels: Int[Tensor, " o"],
    *,
    strength: float = _STRENGTH,
    most_train: int = _MOST_TRAIN,
    most_test: int = _MOST_TEST,
    device: torch.device = _CPU,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
    track: Track = silent,
) -> SpuriousCue:
    """Tint the training images by their class, and break the tint in the test.

    An encoder from whose vectors the tint is easier to read than the class loses much, one that ignores colour little.

    Args:
        encoder: of images, or a control that takes what it takes; left as it was.
        preparation: from images to what it takes.
        train_source: images that the probes learn from.
        train_labels: their classes, any integers.
        test_source: images they are tested on.
        test_labels: their classes; one that no training image has counts as wrong.
        strength: of the tint, in (0, 1].
        most_train: a seeded sample of so many training images is used where there are more.
        most_test: the same for test images.
        device: where the encoder works.
        precision: of the encoder's arithmetic.
        seed: of the samples, the folds and the wrong tints.
        track: shows progress.

    Raises:
        UserError: the items are no images, sizes disagree, or the strength is out of range.

    Source:
        The colours of Arjovsky et al. 2019, https://arxiv.org/abs/1907.02893, section 5.2, with a colour for every
        class, and always the right one in training.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.evaluation.spurious_cue import measure_spurious_cue
        >>> from selftaught.extraction import RawInput
        >>> labels = torch.arange(60) % 3
        >>> source, prepare = open_images(torch.rand(60, 3, 16, 16)).train, Preprocessing(16, 3, (0.5,) * 3, (0.5,) * 3)
        >>> found = measure_spurious_cue(RawInput(), prepare, source, labels, source, labels)
        >>> found.tinted_accuracy, found.misled  # these images have nothing else to go by
        (1.0, 1.0)
    """
    images_of(preparation, "spurious cue")
    if not 0 < strength <= 1:
        raise UserError(f"expected a strength in (0, 1], got {strength}")
    if len(train_labels) != len(train_source) or len(test_labels) != len(test_source):
        sizes = f"{len(train_labels)} for {len(train_source)} and {len(test_labels)} for {len(test_source)}"
        raise UserError(f"expected one label for each training and test image, got {sizes}")
    train_rows = few_rows(len(train_source), most_train, seed)
    test_rows = few_rows(len(test_source), most_test, seed)
    train, labels = train_source.take(train_rows), train_labels.cpu()[torch.from_numpy(train_rows)]
    test, truth = test_source.take(test_rows), test_labels.cpu()[torch.from_numpy(test_rows)]
    values, numbers = labels.unique(return_inverse=True)

    def vectors_of(source: Source, tint: Int[Tensor, " n"] | None) -> Tensor:
        if tint is not None:
            images = cast("ImageSource", source)
            colours = tints(len(values), images.channels)[tint.numpy()]
            source = TintedSource.of(images, colours, strength=strength)
        (vectors,) = extract_each([encoder], preparation, source, device=device, precision=precision, track=track)
        return vectors

    clean_test = vectors_of(test, None)
    clean = Readers.fit(vectors_of(train, None), labels, seed=seed)
    cued = Readers.fit(vectors_of(train, numbers), labels, seed=seed)
    right = cued.truth(truth).clamp(min=0)
    others = np.random.default_rng(seed).integers(1, len(values), size=len(test_rows))
    wrong = (right + torch.from_numpy(others)) % len(values)
    broken = vectors_of(test, wrong)
    right_of = {
        "clean": clean.right(clean_test, truth)[0],
        "tinted": cued.right(vectors_of(test, right), truth)[0],
        "untinted": cued.right(clean_test, truth)[0],
        "broken": cued.right(broken, truth)[0],
    }
    return SpuriousCue(
        **{f"{name}_accuracy": float(each.double().mean()) for name, each in right_of.items()},
        misled=cued.accuracies(broken, values[wrong])[0],
        strength=strength,
        items=(len(train_rows), len(test_rows)),
        seed=seed,
        answers={f"probe accuracy, {_TOLD[name]}": right_of[name][None] for name in _TOLD},
    )
