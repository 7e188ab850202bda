"""Networks trained on the draws of some label budgets, and what they then say of the test items."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, final

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from selftaught.core import Preparation, Source, Track, UserError, silent
from selftaught.evaluation.budgets import Budget, plan_budgets
from selftaught.evaluation.intervals import bootstrap_interval
from selftaught.evaluation.labelled_training import LabelledTraining
from selftaught.evaluation.tuned_before import tuned_before
from selftaught.evaluation.tuned_classifier import BATCH_SIZE, MOST_EPOCHS, MOST_STEPS, RATES, tune_classifier

__all__ = ["TunedScore", "as_plain", "tune_on_budgets"]

_CPU = torch.device("cpu")


@final
@dataclass(frozen=True, kw_only=True)
class TunedScore:
    """What one network reached with one budget of labels, a number for each draw of them.

    Args:
        accuracies: on the test items, in [0, 1].
        rates: the learning rate that labels held out of the draw chose.
        epochs: how many passes they chose.
        right: which test items were put in their class, one line a draw.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.tuned_scores import TunedScore
        >>> right = torch.tensor([[True, False], [True, True]])
        >>> score = TunedScore(accuracies=(0.5, 1.0), rates=(1e-3, 1e-4), epochs=(3, 8), right=right)
        >>> score.mean, round(score.deviation, 4)
        (0.75, 0.3536)
    """

    accuracies: tuple[float, ...]
    rates: tuple[float, ...]
    epochs: tuple[int, ...]
    right: Bool[Tensor, "draws test"] = field(compare=False, repr=False)

    @property
    def mean(self) -> float:
        """The mean accuracy over the draws."""
        return statistics.fmean(self.accuracies)

    @property
    def deviation(self) -> float | None:
        """The sample standard deviation over the draws; None where there is only one."""
        return statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None

    def as_json(self) -> dict[str, Any]:
        """Mean, spread, 95 % interval over test items, and what each draw chose."""
        return {
            "mean": self.mean,
            "std": self.deviation,
            "interval": list(bootstrap_interval(self.right)),
            "accuracies": list(self.accuracies),
            "rates": list(self.rates),
            "epochs": list(self.epochs),
        }


def as_plain(
    scores: Mapping[str, Mapping[str, TunedScore]],
    *,
    missing: Mapping[str, str],
    rates: Sequence[float],
    most_steps: int,
    seed: int,
) -> dict[str, Any]:
    """Scores by network and budget in the form of JSON, with the rule that chose their settings.

    Args:
        scores: by network, as it is called in the JSON, and budget.
        missing: the budgets that the training set cannot give, and why.
        rates: learning rates that were tried.
        most_steps: of one training, about.
        seed: of the draws, the order of the items and the crops.

    Example:
        >>> from selftaught.evaluation.tuned_scores import as_plain
        >>> as_plain({"by_budget": {}}, missing={}, rates=(1e-3,), most_steps=9, seed=0)["rates"]
        [0.001]
    """
    by_network = {name: {budget: each.as_json() for budget, each in found.items()} for name, found in scores.items()}
    return by_network | {"missing": dict(missing), "rates": list(rates), "most_steps": most_steps, "seed": seed}


def tune_on_budgets(
    networks: Mapping[str, nn.Module],
    preparation: Preparation,
    train_source: Source,
    train_labels: Int[Tensor, " n"],
    test_source: Source,
    test_labels: Int[Tensor, " o"],
    *,
    budgets: Sequence[str],
    draws: int,
    rates: tuple[float, ...] = RATES,
    most_steps: int = MOST_STEPS,
    most_epochs: int = MOST_EPOCHS,
    batch_size: int = BATCH_SIZE,
    device: torch.device = _CPU,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
    purpose: str = "training on labels",
    track: Track = silent,
) -> tuple[dict[str, dict[str, TunedScore]], dict[str, str]]:
    """Train each network on each draw of each budget: the same items in the same order, the same crops and choices.

    Rate and number of epochs are chosen as `tune_classifier` says. Test labels only count what is right.

    Args:
        networks: by name; each gives one vector an item and is left as it was.
        preparation: from raw items to what all of them take.
        train_source: items to learn from.
        train_labels: their classes, any integers.
        test_source: items to be tested on.
        test_labels: their classes; one that no training item has counts as wrong.
        budgets: of `BUDGETS`; the draws are those of the linear probe.
        draws: how many of each budget, or all where it has fewer.
        rates: learning rates to choose from, > 0.
        most_steps: about how many steps one training has at most; it has at least one epoch.
        most_epochs: how many it has at most.
        batch_size: items at a time, >= 2.
        device: where to train.
        precision: of the networks' arithmetic.
        seed: of the draws, the order of the items and the crops.
        purpose: named in the progress.
        track: shows progress.

    Returns:
        Scores by network and budget; and the budgets that the training set cannot give, and why.

    Raises:
        UserError: sizes disagree, fewer than 2 classes, or a setting is out of range.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.evaluation.tuned_scores import tune_on_budgets
        >>> labels = torch.arange(64) % 2
        >>> source = open_images(torch.rand(64, 1, 8, 8) * 0.4 + 0.5 * labels.view(-1, 1, 1, 1)).train
        >>> found, missing = tune_on_budgets(
        ...     {"pixels": nn.Flatten()}, Preprocessing(8, 1, (0.5,), (0.5,)), source, labels, source, labels,
        ...     budgets=("100", "all"), draws=3, most_steps=2,
        ... )
        >>> found["pixels"]["all"].right.shape, missing
        (torch.Size([1, 64]), {'100': 'the training set has 64 labels'})
    """
    _check(train_source, train_labels, test_source, test_labels)
    if not rates or min(rates) <= 0 or min(draws, most_steps) < 1 or batch_size < 2:
        given = f"rates={rates}, draws={draws}, most_steps={most_steps}, batch_size={batch_size}"
        raise UserError(f"expected rates above 0, at least 1 draw, 1 step and batches of 2, got {given}")
    values, labels = train_labels.cpu().unique(return_inverse=True)
    if len(values) < 2:
        raise UserError("expected training labels of at least 2 classes")
    place = torch.searchsorted(values, test_labels.cpu()).clamp_max(len(values) - 1)
    truth = torch.where(values[place] == test_labels.cpu(), place, -1)
    planned, missing = plan_budgets(labels.numpy(), seed)
    training = LabelledTraining(
        preparation=preparation,
        source=train_source,
        labels=labels,
        classes=len(values),
        batch_size=batch_size,
        device=device,
        precision=precision,
    )
    tasks = [
        (budget, draw, name)
        for budget in planned
        if budget.name in budgets
        for draw in range(min(draws, len(budget.rows)))
        for name in networks
    ]
    tuned: dict[str, dict[str, list[tuple[float, int, Tensor]]]] = {name: {} for name in networks}
    how: dict[str, Any] = {"rates": rates, "most_steps": most_steps, "most_epochs": most_epochs}
    of_all = f"{preparation!r} {labels.tolist()} {truth.tolist()} {how} {batch_size} {device} {precision}"

    def tune(budget: Budget, draw: int, name: str, order: tuple[int | str, ...]) -> tuple[float, int, Tensor]:
        one = tune_classifier(training, networks[name], budget, draw, order=order, **how)
        return one.rate, one.epochs, training.logits(one.model, test_source).argmax(1) == truth

    for budget, draw, name in track(tasks, purpose, len(tasks)):
        order = (seed, budget.name, draw)
        one = tuned_before(networks[name], f"{of_all} {order}", partial(tune, budget, draw, name, order))
        tuned[name].setdefault(budget.name, []).append(one)
    scores = {name: {budget: _score(each) for budget, each in found.items()} for name, found in tuned.items()}
    return scores, {name: reason for name, reason in missing.items() if name in budgets}


def _check(train_source: Source, train_labels: Tensor, test_source: Source, test_labels: Tensor) -> None:
    if len(train_labels) != len(train_source) or len(test_labels) != len(test_source) or len(test_source) == 0:
        sizes = f"{len(train_labels)} for {len(train_source)} and {len(test_labels)} for {len(test_source)}"
        raise UserError(f"expected one label for each training and test item, and at least one of each, got {sizes}")


def _score(found: list[tuple[float, int, Tensor]]) -> TunedScore:
    rates, epochs, rights = zip(*found, strict=True)
    right = torch.stack(rights)
    return TunedScore(accuracies=tuple(right.double().mean(1).tolist()), rates=rates, epochs=epochs, right=right)
