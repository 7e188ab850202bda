"""Labels alone: the same network trained from scratch on the label budgets of the linear probe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Int
from torch import Tensor

from selftaught.core import Encoder, Preparation, Source, Track, silent
from selftaught.evaluation.budgets import BUDGETS
from selftaught.evaluation.scores import Protocols, amount_of, linear_name
from selftaught.evaluation.tuned_classifier import MOST_STEPS, RATES
from selftaught.evaluation.tuned_scores import TunedScore, as_plain, tune_on_budgets
from selftaught.evaluation.verdicts import Difference, paired_difference

__all__ = ["LabelsAlone", "labels_alone_sentence", "train_on_labels_alone"]

_CPU = torch.device("cpu")
_DRAWS = 3
_MOST_EPOCHS = 300  # fresh weights need more passes over few labels than trained ones: 60 stop them while they improve


@final
@dataclass(frozen=True, kw_only=True)
class LabelsAlone:
    """What `train_on_labels_alone` found.

    Args:
        by_budget: what the network reached with so many labels.
        missing: the budgets that the training set cannot give, and why.
        rates: learning rates that were tried.
        most_steps: of one training, about.
        seed: of the draws, the order of the items and the crops.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.labels_alone import LabelsAlone
        >>> from selftaught.evaluation.tuned_scores import TunedScore
        >>> right = torch.tensor([[True, True, True, False]])
        >>> score = TunedScore(accuracies=(0.75,), rates=(1e-3,), epochs=(3,), right=right)
        >>> found = LabelsAlone(by_budget={"all": score}, missing={}, rates=(1e-3,), most_steps=9, seed=0)
        >>> found.as_json()["by_budget"]["all"]["mean"]
        0.75
    """

    by_budget: Mapping[str, TunedScore]
    missing: Mapping[str, str]
    rates: tuple[float, ...]
    most_steps: int
    seed: int

    def as_json(self) -> dict[str, Any]:
        """By budget, with the rule that chose the settings."""
        scores = {"by_budget": self.by_budget}
        return as_plain(scores, missing=self.missing, rates=self.rates, most_steps=self.most_steps, seed=self.seed)


def train_on_labels_alone(
    fresh: Encoder,
    preparation: Preparation,
    train_source: Source,
    train_labels: Int[Tensor, " n"],
    test_source: Source,
    test_labels: Int[Tensor, " o"],
    *,
    budgets: Sequence[str] = BUDGETS,
    draws: int = _DRAWS,
    rates: tuple[float, ...] = RATES,
    most_steps: int = MOST_STEPS,
    device: torch.device = _CPU,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
    track: Track = silent,
) -> LabelsAlone:
    """Train a network that nothing was learned with, on 100 labels, 1 %, 10 % and all of them, or on some of these.

    The draws are the first three of the linear probe's, so that the two can be compared item by item. Learning rate and
    number of passes, up to 300, are chosen on a fifth of the labels of each draw, held out; see `tune_on_budgets`.

    Args:
        fresh: the network with fresh weights; left as it was.
        preparation: from raw items to what it takes.
        train_source: items to learn from.
        train_labels: their classes, any integers.
        test_source: items to be tested on.
        test_labels: their classes; one that no training item has counts as wrong.
        budgets: of `BUDGETS`, those to train on.
        draws: of each budget but "all", 1 to 5.
        rates: learning rates to choose from, > 0.
        most_steps: about how many steps one training has at most.
        device: where to train.
        precision: of the network's arithmetic.
        seed: of everything random.
        track: shows progress.

    Raises:
        UserError: sizes disagree, fewer than 2 classes, or a setting is out of range.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.evaluation.labels_alone import train_on_labels_alone
        >>> labels = torch.arange(40) % 2
        >>> source = open_images(torch.rand(40, 1, 8, 8) * 0.5 + 0.5 * labels.view(-1, 1, 1, 1)).train
        >>> fresh, prepare = SmallResNet(channels=1), Preprocessing(8, 1, (0.5,), (0.5,))
        >>> found = train_on_labels_alone(
        ...     fresh, prepare, source, labels, source, labels, draws=1, rates=(1e-3,), most_steps=2
        ... )
        >>> list(found.by_budget), sorted(found.missing)
        (['10%', 'all'], ['1%', '100'])
    """
    found, missing = tune_on_budgets(
        {"alone": fresh},
        preparation,
        train_source,
        train_labels,
        test_source,
        test_labels,
        budgets=budgets,
        draws=draws,
        rates=rates,
        most_steps=most_steps,
        most_epochs=_MOST_EPOCHS,
        device=device,
        precision=precision,
        seed=seed,
        purpose="training on labels alone",
        track=track,
    )
    return LabelsAlone(by_budget=found["alone"], missing=missing, rates=rates, most_steps=most_steps, seed=seed)


def labels_alone_sentence(probed: Protocols | None, alone: LabelsAlone | None) -> str:
    """One sentence: up to how many labels linear probes on an encoder do better than the network on labels alone.

    Differences are paired as those of the verdict are, over the draws that both have. Told in figures are the smallest
    budget and the largest.

    Args:
        probed: the encoder's figures; None without labels.
        alone: of the same draws and test items; None where it was not asked for.

    Returns:
        The sentence; empty without anything to tell.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import LinearScore, Protocols
        >>> from selftaught.evaluation.labels_alone import LabelsAlone, labels_alone_sentence
        >>> from selftaught.evaluation.tuned_scores import TunedScore
        >>> right = torch.arange(100)[None] < 50
        >>> score = TunedScore(accuracies=(0.5,), rates=(1e-3,), epochs=(3,), right=right)
        >>> alone = LabelsAlone(by_budget={"all": score}, missing={}, rates=(1e-3,), most_steps=9, seed=0)
        >>> truth = torch.zeros(100, dtype=torch.int64)
        >>> probed = Protocols(None, None, {"all": LinearScore((1.0,), (0.1,), truth[None])}, {}, truth)
        >>> labels_alone_sentence(probed, alone)
        'Pre-training pays with all labels, compared with the same network trained from scratch on ...'
    """
    if alone is None or not alone.by_budget:
        return ""
    budgets = [name for name in alone.by_budget if probed is not None and name in probed.linear]
    if probed is None or not budgets:
        means = [f"{100 * score.mean:.1f} % with {amount_of(name)}" for name, score in alone.by_budget.items()]
        return f"The same network trained from scratch on labels alone reaches {', '.join(means)}."
    differences: list[Difference] = []
    for name in budgets:
        right = alone.by_budget[name].right
        ours = probed.linear[name].predictions[: len(right)] == probed.truth
        differences.append(paired_difference(linear_name(name), ours.double(), right.double()))
    ends = " and ".join(dict.fromkeys(str(each) for each in (differences[0], differences[-1])))
    opening = _opening([each.sign for each in differences], budgets)
    return f"{opening}, compared with the same network trained from scratch on the same labels: {ends}."


def _opening(signs: Sequence[int], budgets: Sequence[str]) -> str:
    better, worse = ([name for name, each in zip(budgets, signs, strict=True) if each == sign] for sign in (1, -1))
    if not better and not worse:
        some = "any number of labels" if len(budgets) > 1 else _amounts(budgets, budgets)
        return f"Pre-training makes no difference beyond the spread with {some}"
    if not better:
        return f"Labels alone do better with {_amounts(worse, budgets)}"
    alone = f", and labels alone do better with {_amounts(worse, budgets)}" if worse else ""
    return f"Pre-training pays with {_amounts(better, budgets)}{alone}"


def _amounts(some: Sequence[str], every: Sequence[str]) -> str:
    return "every number of labels" if len(some) == len(every) > 1 else " and ".join(map(amount_of, some))
