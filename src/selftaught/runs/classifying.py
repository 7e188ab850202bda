"""Labelled data for a classifier, and how often one is right on the part that it did not learn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from selftaught.core import Preparation, Source, UserError
from selftaught.evaluation import bootstrap_interval
from selftaught.evaluation.splitting import split_rows
from selftaught.extraction import extract_each
from selftaught.runs.given_data import GivenData

__all__ = ["LabelledData", "accuracy_on", "read_labelled"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledData:
    """Items with classes to learn from, and others to be tested on.

    Args:
        train: to learn from.
        labels: the class of each, from 0 on.
        classes: their names.
        test: to be tested on, with labels.
        found: what was found, in words.
        notes: what was done and not asked for, in sentences.

    Example:
        >>> from selftaught.core import silent
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.classifying import read_labelled
        >>> from selftaught.runs.given_data import GivenData
        >>> from selftaught.runs.kinds import kind_named
        >>> given = GivenData(
        ...     kind=kind_named("images"), data="fashion-mnist-10k", test_data=None, options={}, strict=False, by="me",
        ...     track=silent,
        ... )
        >>> data = read_labelled(given, Preprocessing(28, 1, (0.5,), (0.5,)), label=None, seed=0)
        >>> len(data.train), len(data.test), len(data.classes), int(data.labels.max())
        (8000, 2000, 10, 9)
    """

    train: Source
    labels: Int[Tensor, " n"]
    classes: tuple[str, ...]
    test: Source
    found: tuple[str, ...]
    notes: tuple[str, ...]


def read_labelled(given: GivenData, preprocessing: Preparation, *, label: str | None, seed: int) -> LabelledData:
    """The labelled items of data as a user named them. Without a second part, a stratified fifth is kept for the test.

    Args:
        given: the data.
        preprocessing: of the encoder that sees them.
        label: the column of the labels; None for the usual one.
        seed: of the fifth.

    Raises:
        UserError: they have no labels, or labels of one class.

    Example:
        >>> from selftaught.core import silent
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.classifying import read_labelled
        >>> from selftaught.runs.given_data import GivenData
        >>> from selftaught.runs.kinds import kind_named
        >>> data = GivenData(
        ...     kind=kind_named("images"), data="fashion-mnist-10k", test_data=None, options={}, strict=False,
        ...     by="simclr", track=silent,
        ... )
        >>> read_labelled(data, Preprocessing(28, 1, (0.5,), (0.5,)), label=None, seed=0).classes[0]
        'T-shirt/top'
    """
    found: list[str] = []
    train, test = given.read(preprocessing, label, found)
    rows = split_rows(train, test, seed=seed)
    if isinstance(rows, str):
        raise UserError(f"{train.name}: expected labels, but {rows}")
    values, labels = np.unique(rows.train_labels, return_inverse=True)
    return LabelledData(
        train=train.take(rows.train),
        labels=torch.from_numpy(labels),
        classes=tuple(_names(train, values)),
        test=(test if rows.apart and test is not None else train).take(rows.test),
        found=tuple(dict.fromkeys(found)),
        notes=rows.notes,
    )


def accuracy_on(
    network: nn.Module, preparation: Preparation, test: Source, classes: Sequence[str], *, device: torch.device
) -> dict[str, Any]:
    """How often a classifier names the class of a test item.

    Args:
        network: from what `preparation` gives to logits.
        preparation: of the network.
        test: items with labels; one of a class that the classifier does not know counts as wrong.
        classes: of the logits, in their order, by the names that the items have for them.
        device: where the network works.

    Returns:
        `accuracy` with its 95 % interval over the test items, and how many these are.

    Raises:
        UserError: the items have no labels.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.classifying import accuracy_on
        >>> silence, test = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), open_images("fashion-mnist-10k").test
        >>> _ = nn.init.zeros_(silence[1].weight), nn.init.zeros_(silence[1].bias)  # says the first class of all
        >>> seen = Preprocessing(28, 1, (0.5,), (0.5,))
        >>> accuracy_on(silence, seen, test, test.classes, device=torch.device("cpu"))["test_items"]
        2000
    """
    if test.labels is None or not (test.labels >= 0).any():
        raise UserError(f"{test.name}: expected labels to test on, but the {test.nouns[1]} have none")
    known = test.take(test.labels >= 0)
    (logits,) = extract_each([network], preparation, known, device=device)
    guessed = np.array(classes)[logits.argmax(1).numpy()]
    right = torch.from_numpy(guessed == np.array(_names(known, known.labels)))
    low, high = bootstrap_interval(right[None])
    return {"accuracy": float(right.double().mean()), "interval": [low, high], "test_items": len(right)}


def _names(source: Source, labels: Int[np.ndarray, " n"] | None) -> list[str]:
    values = [] if labels is None else labels.tolist()
    return [str(value) if source.classes is None else source.classes[value] for value in values]
