"""The views on which a method is asked about held-out items."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from selftaught.core import Source, Track, Views
from selftaught.views import Draws

__all__ = ["views_to_ask_about"]

_ITEMS, _BATCH = 512, 64


def views_to_ask_about(
    make_views: Any, items: Any, purpose: str, *, device: torch.device, seed: int, track: Track
) -> Iterator[Views]:
    """Views of a seeded sample of 512 items, in batches of 64, as large as each other.

    Batches are drawn and not neighbours, because files lie in the order of their classes. Items of one batch, such as a
    graph's nodes, stay together.

    Args:
        make_views: a view maker.
        items: what a step takes a batch of, at least 2: a batch of one has no other item.
        purpose: named in the progress; each has random numbers of its own.
        device: where the views are made.
        seed: of the sample and the views.
        track: shows progress.

    Example:
        >>> import torch
        >>> from selftaught.core import silent
        >>> from selftaught.data import open_images
        >>> from selftaught.evaluation.asking import views_to_ask_about
        >>> from selftaught.views import TwoViews
        >>> source = open_images(torch.zeros(70, 1, 8, 8, dtype=torch.uint8)).train
        >>> views, how = TwoViews(image_size=8, channels=1), {"device": torch.device("cpu"), "seed": 0, "track": silent}
        >>> [len(each) for each in views_to_ask_about(views, source, "asking", **how)]
        [64]
    """
    batches = _batches(items, seed)
    for number, rows in enumerate(track(batches, purpose, len(batches))):
        yield make_views(
            items.batch(rows).to(device),
            index=torch.from_numpy(rows).to(device),
            draws=Draws.at(seed, purpose, number, batch=len(rows)),
        )


def _batches(items: Any, seed: int) -> list[np.ndarray]:
    if isinstance(items, Source) and items.in_one_batch:
        return [np.arange(len(items))]
    size = min(_BATCH, len(items))
    count = min(_ITEMS, len(items)) // size
    drawn = np.random.default_rng(seed).permutation(len(items))[: count * size]
    return list(np.sort(drawn.reshape(count, size), axis=1))
