"""A classifier trained on one draw of labels, for as long and as fast as labels held out of it recommend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from torch import nn

from selftaught.evaluation.budgets import Budget
from selftaught.evaluation.labelled_training import LabelledTraining

__all__ = ["BATCH_SIZE", "MOST_EPOCHS", "MOST_STEPS", "RATES", "TunedClassifier", "tune_classifier"]

RATES = (1e-4, 1e-3)
"""Learning rates to choose from: of AdamW, a tenth of its usual one for a trained network, and the usual one."""
MOST_STEPS, BATCH_SIZE = 600, 128
"""How long one training is about, at most; of how many items a step."""

MOST_EPOCHS = 60
"""Passes over few labels, at most: SimCLRv2's for 1 % of the labels (2006.10029, section 3.1)."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class TunedClassifier:
    """A network with a linear classifier behind it, trained on labels.

    Args:
        model: of two parts: the network as it is now, and the classifier.
        rate: the learning rate that was taken.
        epochs: how many passes over the labels were made.
        chosen: whether held-out labels chose these two, or some of them.

    Example:
        >>> from torch import nn
        >>> from selftaught.evaluation.tuned_classifier import TunedClassifier
        >>> TunedClassifier(model=nn.Sequential(), rate=1e-3, epochs=30, chosen=True).epochs
        30
    """

    model: nn.Module
    rate: float
    epochs: int
    chosen: bool


def tune_classifier(
    training: LabelledTraining,
    network: nn.Module,
    budget: Budget,
    draw: int,
    *,
    order: Sequence[int | str],
    rates: Sequence[float] = RATES,
    epochs: int | None = None,
    most_steps: int = MOST_STEPS,
    most_epochs: int = MOST_EPOCHS,
) -> TunedClassifier:
    """Train a copy of a network with a linear classifier behind it on one draw of labels.

    A fifth of the labels is held out, every rate is tried, and the rate and the epoch are taken at which held-out
    accuracy is highest (then held-out loss lowest); a new training on the whole draw runs so long. Fewer labels held
    out than there are classes cannot choose: the largest rate and all epochs are taken, for the smallest leaves a new
    classifier at chance in so few steps.

    Args:
        training: items and labels, and how they are learned.
        network: gives one vector an item; left as it was.
        budget: the labels.
        draw: which of the budget's draws.
        order: of items and crops, any numbers and names.
        rates: learning rates to choose from, > 0; one is no choice.
        epochs: passes over the labels; None lets held-out labels choose.
        most_steps: about how many steps one training has at most where `epochs` is None; it has at least one epoch.
        most_epochs: how many it has at most.

    Example:
        >>> import numpy as np
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.evaluation import plan_budgets
        >>> from selftaught.evaluation.labelled_training import LabelledTraining
        >>> from selftaught.evaluation.tuned_classifier import tune_classifier
        >>> labels = torch.arange(64) % 2
        >>> source = open_images(torch.rand(64, 1, 8, 8) * 0.4 + 0.5 * labels.view(-1, 1, 1, 1)).train
        >>> training = LabelledTraining(
        ...     preparation=Preprocessing(8, 1, (0.5,), (0.5,)), source=source, labels=labels, classes=2, batch_size=16,
        ...     device=torch.device("cpu"), precision=torch.float32,
        ... )
        >>> everything = plan_budgets(labels.numpy(), 0)[0][-1]
        >>> tuned = tune_classifier(training, nn.Flatten(), everything, 0, order=(0,), rates=(0.01,), epochs=20)
        >>> tuned.chosen, bool((training.logits(tuned.model, source).argmax(1) == labels).all())
        (False, True)
    """
    rows, held_out = budget.rows[draw].numpy(), budget.held_out[draw, 0].numpy()
    longest = epochs or int(np.clip(most_steps // training.steps_an_epoch(len(rows)), 1, most_epochs))
    rate, length = max(rates), longest
    chosen = int(held_out.sum()) >= training.classes and (epochs is None or len(rates) > 1)
    if chosen:
        tried: list[tuple[float, float, float, int]] = []
        for each in rates:
            _, curve = training.fit(
                network, rows[~held_out], rate=each, epochs=longest, order=order, held_out=rows[held_out]
            )
            seen = [(accuracy, -nats, each, epoch) for epoch, (accuracy, nats) in enumerate(curve, 1)]
            tried += seen if epochs is None else seen[-1:]
        *_, rate, length = max(tried, key=lambda one: one[:2])
    model, _ = training.fit(network, rows, rate=rate, epochs=length, order=order)
    return TunedClassifier(model=model, rate=rate, epochs=length, chosen=chosen)
