"""One pass over images that must be decoded: which can be read, how they differ, and whether they fit in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Shaped

from selftaught.core import Skipped, Track, UserError, nearest, silent
from selftaught.data.array_source import ArraySource
from selftaught.data.decode import BrokenImage, Decoded, bombs_raise
from selftaught.data.decoded_source import DecodedSource, KeptImages, Reader, converted, outcomes
from selftaught.data.scaling import with_channels
from selftaught.data.source import ImageSource, ImageSplits, Splits, describe

__all__ = ["Surveyed", "Wanted", "as_splits", "survey"]

MEMORY_BYTES = 1 << 30
"""Decoded images are kept in memory where the whole set needs no more than this."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How the user wants images to be opened; `open_images` explains each value.

    Example:
        >>> from selftaught.data.survey import Wanted
        >>> Wanted(image_size=224).channels is None
        True
    """

    channels: int | None = None
    image_size: int | None = None
    strict: bool = False
    labelled: bool = True
    label: str | None = None
    cache: Path | None = None
    track: Track = silent


class Surveyed(NamedTuple):
    """A source, and height and width of its smallest and of its largest image as they are stored.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.decoded_source import KeptImages
        >>> from selftaught.data.survey import Wanted, survey
        >>> survey(KeptImages([np.zeros((1, 4, 8), dtype=np.uint8)]), ["a"], Wanted(), name="one").extent
        ((4, 8), (4, 8))
    """

    source: ImageSource
    extent: tuple[tuple[int, int], tuple[int, int]]


def survey(
    reader: Reader,
    keys: Sequence[str],
    wanted: Wanted,
    *,
    name: str,
    labels: Int[np.ndarray, " n"] | None = None,
    classes: tuple[str, ...] | None = None,
    columns: Mapping[str, Shaped[np.ndarray, " n"]] | None = None,
) -> Surveyed:
    """Decode every image once, leave out the broken ones, and make the fastest source that fits in memory.

    Grey if every image is grey, else RGB; float32 if any image is deep, else uint8. Images of one size become one
    array; others are kept decoded where all of them fit in `MEMORY_BYTES`, and are decoded batch by batch otherwise.

    Args:
        reader: decodes one image.
        keys: the images' names; as many as there are images.
        wanted: what the user asked for.
        name: how messages call the source.
        labels: each image's class; taken from the reader where it gives any.
        classes: the names of the classes.
        columns: what else is known of every image.

    Raises:
        UserError: an image is broken and `strict`; none can be read; channels do not go together.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.decoded_source import KeptImages
        >>> from selftaught.data.survey import Wanted, survey
        >>> reader = KeptImages([np.zeros((1, 4, 8), dtype=np.uint8), np.zeros((3, 4, 8), dtype=np.uint8)])
        >>> found = survey(reader, ["a", "b"], Wanted(), name="two")
        >>> found.source.channels, found.source.size
        (3, (4, 8))
    """
    tally = _Tally()
    with bombs_raise():
        for row, outcome in enumerate(wanted.track(outcomes(reader, len(keys)), f"checking {name}", len(keys))):
            if not isinstance(outcome, BrokenImage):
                tally.add(row, outcome)
            elif wanted.strict:
                raise UserError(f"{name}: {keys[row]} cannot be read: {outcome}")
            else:
                tally.skipped.append(Skipped(keys[row], str(outcome)))
    if not tally.good:
        first = f": {tally.skipped[0].key}: {tally.skipped[0].reason}" if tally.skipped else ""
        raise UserError(f"{name}: none of {len(keys):,} images could be read{first}")
    if None not in tally.labels:
        labels = np.array(tally.labels, dtype=np.int64)
    elif labels is not None:
        labels = labels[tally.good]
    source = DecodedSource(
        name=name,
        channels=_common_channels(tally.channels, wanted.channels, name),
        size=min(tally.decoded_sizes) if len(tally.decoded_sizes) == 1 else None,
        keys=[keys[row] for row in tally.good],
        rows=np.array(tally.good, dtype=np.int64),
        labels=labels,
        classes=classes,
        columns={name: column[tally.good] for name, column in (columns or {}).items()},
        skipped=tuple(tally.skipped),
        reader=reader,
        deep=tally.deep,
    )
    return Surveyed(source if tally.kept is None else _in_memory(source, tally.kept), tally.extent())


def as_splits(what: str, train: Surveyed, test: Surveyed | None = None, *, notes: Sequence[str] = ()) -> ImageSplits:
    """The two parts, with the sentence that says what was found.

    Args:
        what: what the images came in, as in "folder".
        train: the images to learn from.
        test: those kept out.
        notes: what else to say.

    Raises:
        UserError: the test part has a class that the training part lacks.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.decoded_source import KeptImages
        >>> from selftaught.data.survey import Wanted, as_splits, survey
        >>> four = survey(KeptImages([np.zeros((1, 4, 8), dtype=np.uint8)] * 4), list("abcd"), Wanted(), name="four")
        >>> as_splits("folder", four, notes=["2 other files ignored"]).found
        'folder of 4 images, grey, 8x4; 2 other files ignored'
    """
    found = [f"{what} of {describe(*train)}"]
    if test is not None:
        test = Surveyed(_with_classes_of(train.source, test.source), test.extent)
        found.append(f"kept out: {describe(*test)}")
    return Splits(train.source, None if test is None else test.source, "; ".join([*found, *notes]))


def _with_classes_of(train: ImageSource, test: ImageSource) -> ImageSource:
    """The test part with its labels counted in the training part's classes."""
    if train.classes is None or test.classes is None or test.labels is None or train.classes == test.classes:
        return test
    for name in sorted(set(test.classes) - set(train.classes)):
        near = nearest(name, train.classes)
        hint = f": did you mean '{near}'?" if near else ""
        raise UserError(
            f"{test.name}: class '{name}' is not among the {len(train.classes)} classes of {train.name}{hint}"
        )
    numbers = np.array([train.classes.index(name) for name in test.classes], dtype=np.int64)
    return replace(test, labels=numbers[test.labels], classes=train.classes)


@dataclass
class _Tally:
    """What the pass has seen so far; `kept` is None once the images no longer fit in memory."""

    skipped: list[Skipped] = field(default_factory=list[Skipped])
    good: list[int] = field(default_factory=list[int])
    labels: list[int | None] = field(default_factory=list[int | None])
    kept: list[np.ndarray] | None = field(default_factory=list[np.ndarray])
    kept_bytes: int = 0
    channels: set[int] = field(default_factory=set[int])
    decoded_sizes: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    stored_sizes: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    deep: bool = False

    def add(self, row: int, image: Decoded) -> None:
        self.good.append(row)
        self.labels.append(image.label)
        self.channels.add(image.pixels.shape[0])
        self.decoded_sizes.add((image.pixels.shape[1], image.pixels.shape[2]))
        self.stored_sizes.add(image.stored_size)
        self.deep = self.deep or image.pixels.dtype != np.uint8
        self.kept_bytes += image.pixels.nbytes
        if self.kept is not None:
            self.kept.append(image.pixels)
        if self.kept_bytes > MEMORY_BYTES:
            self.kept = None

    def extent(self) -> tuple[tuple[int, int], tuple[int, int]]:
        by_area = sorted(self.stored_sizes, key=lambda size: (size[0] * size[1], size))
        return by_area[0], by_area[-1]


def _common_channels(found: set[int], wanted: int | None, name: str) -> int:
    common = wanted or max(found)
    for have in found:
        with_channels(np.zeros((have, 1, 1), dtype=np.uint8), common, name)
    return common


def _in_memory(source: DecodedSource, kept: list[np.ndarray]) -> ImageSource:
    """The same source without a reader of files: one array where the images are of one size, else many.

    Empties the list while it fills the one array, so that the images are not in memory twice.
    """
    height, width = source.size or (0, 0)
    array_bytes = len(kept) * source.channels * height * width * (4 if source.deep else 1)
    if source.size is None or array_bytes > MEMORY_BYTES:
        return replace(source, reader=KeptImages(kept), rows=np.arange(len(kept)))
    array = np.empty((len(kept), source.channels, height, width), np.float32 if source.deep else np.uint8)
    while kept:
        image = kept.pop()
        array[len(kept)] = converted(image, source.channels, deep=source.deep)
    return ArraySource(
        name=source.name,
        channels=source.channels,
        size=source.size,
        keys=source.keys,
        rows=np.arange(len(array)),
        labels=source.labels,
        classes=source.classes,
        columns=source.columns,
        skipped=source.skipped,
        stored=array,
        layout="n c h w",
    )
