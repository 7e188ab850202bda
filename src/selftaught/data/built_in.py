"""Data sets known by name: one in the package, the public ones through torchvision."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from selftaught.core import unknown_name
from selftaught.data.idx import read_idx
from selftaught.data.public import Part, PublicArrays, PublicPictures, array_splits, data_root, fetched
from selftaught.data.source import ImageSplits
from selftaught.data.survey import Wanted

__all__ = ["BUILT_IN", "BuiltIn", "open_built_in"]

_CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
_DEBIAN_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")


@dataclass(frozen=True)
class BuiltIn:
    """A data set known by name.

    Args:
        summary: what it holds, for people.
        open: opens it by its name.

    Example:
        >>> from selftaught.data import BUILT_IN
        >>> BUILT_IN["cifar10"].summary
        '50,000 + 10,000 photographs, 32x32, 10 classes'
    """

    summary: str
    open: Callable[[str, Wanted], ImageSplits]


def open_built_in(name: str, wanted: Wanted) -> ImageSplits:
    """A data set by its name.

    Args:
        name: one of `BUILT_IN`.
        wanted: what the user asked for.

    Raises:
        UserError: unknown, or neither on this machine nor to be downloaded.

    Example:
        >>> from selftaught.data.built_in import open_built_in
        >>> from selftaught.data.survey import Wanted
        >>> open_built_in("fashion-mnist-10k", Wanted()).found
        'fashion-mnist-10k of 8,000 images, 10 classes, grey, 28x28; kept out: 2,000 images, 10 classes, grey, 28x28'
    """
    if name not in BUILT_IN:
        raise unknown_name("data set", name, BUILT_IN)
    return BUILT_IN[name].open(name, wanted)


def _open_shipped(name: str, wanted: Wanted) -> ImageSplits:
    """One PNG picture of 100x100 images, ten columns a class; the lowest 20 rows are kept out."""
    with as_file(files("selftaught.data") / "builtin" / f"{name}.png") as path, Image.open(path) as picture:
        grid = np.asarray(picture).reshape(100, 28, 100, 28).swapaxes(1, 2)  # (row, column, height, width)
    labels = np.tile(np.arange(100) // 10, (100, 1))
    train = Part(grid[:80].reshape(-1, 28, 28), labels[:80].reshape(-1), _CLOTHES)
    test = Part(grid[80:].reshape(-1, 28, 28), labels[80:].reshape(-1), _CLOTHES)
    return array_splits(name, wanted, train, test)


def _open_fashion_mnist(name: str, wanted: Wanted) -> ImageSplits:
    """Torchvision's copy, or that of the Debian package dataset-fashion-mnist, or a download."""
    from torchvision import datasets

    def part(*, train: bool, prefix: str) -> Part:
        def debian() -> Part:
            images = read_idx(_DEBIAN_FASHION_MNIST / f"{prefix}-images-idx3-ubyte.gz")
            labels = read_idx(_DEBIAN_FASHION_MNIST / f"{prefix}-labels-idx1-ubyte.gz")
            return Part(images, labels.astype(np.int64), _CLOTHES)

        def torchvision(*, download: bool) -> Part:
            return _of_tensors(datasets.FashionMNIST(str(data_root()), train=train, download=download))

        otherwise = debian if _DEBIAN_FASHION_MNIST.is_dir() else partial(torchvision, download=True)
        return fetched(name, local=partial(torchvision, download=False), download=otherwise)

    return array_splits(name, wanted, part(train=True, prefix="train"), part(train=False, prefix="t10k"))


def _of_tensors(loaded: Any) -> Part:
    return Part(loaded.data.numpy(), loaded.targets.numpy().astype(np.int64), loaded.classes)


def _of_lists(loaded: Any) -> Part:
    return Part(loaded.data, np.asarray(loaded.targets, dtype=np.int64), loaded.classes)


def _of_arrays(loaded: Any) -> Part:
    return Part(loaded.data, loaded.labels.astype(np.int64))


def _of_stl10(loaded: Any) -> Part:
    return Part(loaded.data, loaded.labels.astype(np.int64), loaded.classes)


def _without_labels(loaded: Any) -> Part:
    return Part(loaded.data)


_FLAGS, _SPLITS = (True, False), ("train", "test")

BUILT_IN = {
    "fashion-mnist-10k": BuiltIn(
        "8,000 + 2,000 of Fashion-MNIST's training images, in the package",
        _open_shipped,
    ),
    "fashion-mnist": BuiltIn(
        "60,000 + 10,000 grey pictures of clothes, 28x28, 10 classes",
        _open_fashion_mnist,
    ),
    "mnist": BuiltIn(
        "60,000 + 10,000 grey digits, 28x28, 10 classes",
        PublicArrays(lambda sets: sets.MNIST, "train", _FLAGS, _of_tensors),
    ),
    "kmnist": BuiltIn(
        "60,000 + 10,000 grey Japanese letters, 28x28, 10 classes",
        PublicArrays(lambda sets: sets.KMNIST, "train", _FLAGS, _of_tensors),
    ),
    "cifar10": BuiltIn(
        "50,000 + 10,000 photographs, 32x32, 10 classes",
        PublicArrays(lambda sets: sets.CIFAR10, "train", _FLAGS, _of_lists),
    ),
    "cifar100": BuiltIn(
        "50,000 + 10,000 photographs, 32x32, 100 classes",
        PublicArrays(lambda sets: sets.CIFAR100, "train", _FLAGS, _of_lists),
    ),
    "svhn": BuiltIn(
        "73,257 + 26,032 photographs of house numbers, 32x32, 10 classes",
        PublicArrays(lambda sets: sets.SVHN, "split", _SPLITS, _of_arrays),
    ),
    "stl10": BuiltIn(
        "5,000 + 8,000 photographs, 96x96, 10 classes",
        PublicArrays(lambda sets: sets.STL10, "split", _SPLITS, _of_stl10),
    ),
    "stl10-unlabelled": BuiltIn(
        "the 100,000 photographs without classes that belong to stl10, 96x96",
        PublicArrays(lambda sets: sets.STL10, "split", ("unlabeled",), _without_labels),
    ),
    "dtd": BuiltIn(
        "1,880 + 1,880 photographs of textures, 47 classes",
        PublicPictures(lambda sets: sets.DTD, _SPLITS),
    ),
    "flowers102": BuiltIn(
        "1,020 + 6,149 photographs of flowers, 102 classes",
        PublicPictures(lambda sets: sets.Flowers102, _SPLITS),
    ),
    "food101": BuiltIn(
        "75,750 + 25,250 photographs of dishes, 101 classes",
        PublicPictures(lambda sets: sets.Food101, _SPLITS),
    ),
    "imagenette": BuiltIn(
        "9,469 + 3,925 photographs of ten classes of ImageNet",
        PublicPictures(lambda sets: sets.Imagenette, ("train", "val")),
    ),
    "oxford-pets": BuiltIn(
        "3,680 + 3,669 photographs of cats and dogs, 37 classes",
        PublicPictures(lambda sets: sets.OxfordIIITPet, ("trainval", "test")),
    ),
}
"""Every data set known by name."""
