"""Public data sets through torchvision: from a local copy, or else downloaded once."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Int, Shaped

from selftaught.core import UserError
from selftaught.data.array_source import array_source
from selftaught.data.mapped import survey_mapped
from selftaught.data.source import ImageSplits
from selftaught.data.survey import Surveyed, Wanted, as_splits

__all__ = ["Part", "PublicArrays", "PublicPictures", "array_splits", "data_root", "fetched"]

T = TypeVar("T")


class Part(NamedTuple):
    """The images of one part in one array, with their classes where there are any.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.public import Part
        >>> Part(np.zeros((8, 28, 28), dtype=np.uint8)).labels is None
        True
    """

    images: Shaped[np.ndarray, "n ..."]
    labels: Int[np.ndarray, " n"] | None = None
    classes: Sequence[str] | None = None


@dataclass(frozen=True)
class PublicArrays:
    """A data set that torchvision reads as one array a part.

    Args:
        kind: picks its class of the module `torchvision.datasets`.
        option: the argument of that class which names the part.
        parts: that argument's value for the training part, and for the part kept out where there is one.
        unpack: its images, labels and classes.

    Example:
        >>> from selftaught.data.public import Part, PublicArrays
        >>> unlabelled = PublicArrays(lambda sets: sets.STL10, "split", ["unlabeled"], lambda loaded: Part(loaded.data))
        >>> unlabelled.option
        'split'
    """

    kind: Callable[[Any], Callable[..., Any]]
    option: str
    parts: Sequence[str | bool]
    unpack: Callable[[Any], Part]

    def __call__(self, name: str, wanted: Wanted) -> ImageSplits:
        """Open it."""
        train, *test = [self.unpack(_torchvision(name, self.kind, {self.option: part})) for part in self.parts]
        return array_splits(name, wanted, train, test[0] if test else None)


@dataclass(frozen=True)
class PublicPictures:
    """A data set that torchvision reads as one picture a time, of different sizes.

    Args:
        kind: picks its class of the module `torchvision.datasets`.
        parts: what the argument `split` of that class is for the training part, and for the part kept out.

    Example:
        >>> from selftaught.data.public import PublicPictures
        >>> PublicPictures(lambda sets: sets.Food101, ("train", "test")).parts
        ('train', 'test')
    """

    kind: Callable[[Any], Callable[..., Any]]
    parts: tuple[str, str]

    def __call__(self, name: str, wanted: Wanted) -> ImageSplits:
        """Open it."""
        train_items, test_items = (_torchvision(name, self.kind, {"split": part}) for part in self.parts)
        train = survey_mapped(train_items, wanted, name=f"{name}/train")
        test = survey_mapped(test_items, replace(wanted, channels=train.source.channels), name=f"{name}/test")
        return as_splits(name, train, test)


def array_splits(name: str, wanted: Wanted, train: Part, test: Part | None = None) -> ImageSplits:
    """The parts of a data set whose images are arrays.

    Args:
        name: what people call it.
        wanted: what the user asked for.
        train: the images to learn from.
        test: those kept out.

    Example:
        >>> import numpy as np
        >>> from selftaught.data.public import Part, array_splits
        >>> from selftaught.data.survey import Wanted
        >>> array_splits("zeros", Wanted(), Part(np.zeros((8, 28, 28), dtype=np.uint8))).found
        'zeros of 8 images, grey, 28x28'
    """

    def surveyed(part: Part, name: str) -> Surveyed:
        images, labels, classes = part if wanted.labelled else Part(part.images)
        source = array_source(images, name=name, channels=wanted.channels, labels=labels, classes=classes)
        size = source.size or (0, 0)
        return Surveyed(source, (size, size))

    if test is None:
        return as_splits(name, surveyed(train, name))
    return as_splits(name, surveyed(train, f"{name}/train"), surveyed(test, f"{name}/test"))


def data_root() -> Path:
    """Where public data sets are kept: $SELFTAUGHT_DATA, or else ~/.cache/selftaught.

    Example:
        >>> from selftaught.data import data_root
        >>> data_root().is_absolute()
        True
    """
    chosen = os.environ.get("SELFTAUGHT_DATA")
    return (Path(chosen) if chosen else Path("~/.cache/selftaught")).expanduser().absolute()


def fetched(name: str, *, local: Callable[[], T], download: Callable[[], T]) -> T:
    """A data set from the local copy, or else downloaded.

    Args:
        name: the data set's name.
        local: opens the copy; RuntimeError where there is none, as torchvision's classes have it.
        download: downloads and opens it.

    Raises:
        UserError: the download failed; says where to put the files.

    Example:
        >>> from selftaught.data.public import fetched
        >>> fetched("mnist", local=lambda: "local", download=lambda: "downloaded")
        'local'
    """
    try:
        return local()
    except RuntimeError:
        pass  # no local copy
    try:
        return download()
    except (OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"data set '{name}' is not below {data_root()} and cannot be downloaded ({reason}): put a copy there, "
            f"laid out as torchvision does, or name the folder of yours in SELFTAUGHT_DATA"
        ) from error


def _torchvision(name: str, kind: Callable[[Any], Callable[..., Any]], option: dict[str, str | bool]) -> Any:
    from torchvision import datasets

    make, root = kind(datasets), data_root()
    return fetched(
        name,
        local=lambda: make(str(root), download=False, **option),
        download=lambda: make(str(root), download=True, **option),
    )
