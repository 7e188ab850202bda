"""Fine-tuning: the encoder trained on with few labels and many, and beside it the same network from scratch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from selftaught.core import Encoder, Preparation, Source, Track, silent
from selftaught.evaluation.scores import tuned_name
from selftaught.evaluation.tuned_classifier import BATCH_SIZE, MOST_STEPS, RATES
from selftaught.evaluation.tuned_scores import TunedScore, as_plain, tune_on_budgets
from selftaught.evaluation.verdicts import Difference, paired_difference

__all__ = ["FINE_TUNING_BUDGETS", "FineTuning", "fine_tune", "tuned_difference"]

FINE_TUNING_BUDGETS = ("1%", "10%", "all")

_CPU = torch.device("cpu")
_DRAWS = 3


@final
@dataclass(frozen=True, kw_only=True)
class FineTuning:
    """What `fine_tune` found.

    Args:
        from_encoder: by budget, starting from the encoder.
        from_scratch: the same with fresh weights; empty where none were given.
        missing: the budgets that the training set cannot give, and why.
        rates: learning rates that were tried.
        most_steps: of one training, about.
        seed: of the draws, the order of the items and the crops.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.fine_tuning import FineTuning
        >>> from selftaught.evaluation.tuned_scores import TunedScore
        >>> right = torch.tensor([[True, True, True, False]])
        >>> score = TunedScore(accuracies=(0.75,), rates=(1e-3,), epochs=(3,), right=right)
        >>> found = FineTuning(
        ...     from_encoder={"all": score}, from_scratch={"all": score}, missing={}, rates=(1e-3,), most_steps=9,
        ...     seed=0,
        ... )
        >>> found.as_json()["from_scratch"]["all"]["mean"]
        0.75
    """

    from_encoder: Mapping[str, TunedScore]
    from_scratch: Mapping[str, TunedScore]
    missing: Mapping[str, str]
    rates: tuple[float, ...]
    most_steps: int
    seed: int

    @property
    def answers(self) -> dict[str, Bool[Tensor, "_draws _items"]]:
        """Which test items the encoder gets right, by figure, one line a draw."""
        return {tuned_name(name): each.right for name, each in self.from_encoder.items()}

    def as_json(self) -> dict[str, Any]:
        """Both networks by budget, with the rule that chose their settings."""
        scores = {"from_encoder": self.from_encoder, "from_scratch": self.from_scratch}
        return as_plain(scores, missing=self.missing, rates=self.rates, most_steps=self.most_steps, seed=self.seed)


def fine_tune(
    encoder: Encoder,
    fresh: Encoder | None,
    preparation: Preparation,
    train_source: Source,
    train_labels: Int[Tensor, " n"],
    test_source: Source,
    test_labels: Int[Tensor, " o"],
    *,
    head: nn.Module | None = None,
    fresh_head: nn.Module | None = None,
    budgets: Sequence[str] = FINE_TUNING_BUDGETS,
    draws: int = _DRAWS,
    rates: tuple[float, ...] = RATES,
    most_steps: int = MOST_STEPS,
    batch_size: int = BATCH_SIZE,
    device: torch.device = _CPU,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
    track: Track = silent,
) -> FineTuning:
    """Train all weights of the encoder on labels, and beside it those of the same network from scratch.

    Both get the same labels, the same order of items, the same crops and the same choice of settings: each draw of
    labels holds out a fifth of itself; every rate is tried for as many epochs as `most_steps` allow; the rate and
    the epoch at which held-out accuracy is highest (then held-out loss lowest) are taken, and a new training on the
    whole draw runs so long. Where that fifth has fewer labels than there are classes, the largest rate and all epochs
    are taken. The optimiser is AdamW with a rate that rises over 20 steps and then stays; images are seen in light
    random crops and mirrored, other items as they are. Test labels only count what is right.

    Args:
        encoder: to start from; left as it was.
        fresh: the same network with the weights that the control starts from; left as it was. Without
            any there is no control.
        preparation: from raw items to what both take.
        train_source: items to learn from.
        train_labels: their classes, any integers.
        test_source: items to be tested on.
        test_labels: their classes; one that no training item has counts as wrong.
        head: what stands between encoder and classifier and is trained along, such as the first layers of a projection
            head; nothing if None. Left as it was.
        fresh_head: the same with the weights that the control starts from; those of `head` if None.
        budgets: of `BUDGETS`; each but "all" is drawn several times, the draws being those of the linear probe.
        draws: how many, 1 to 5.
        rates: learning rates to choose from, > 0.
        most_steps: about how many steps one training has at most; it has at least one epoch and at most 60.
        batch_size: items at a time, >= 2.
        device: where to train.
        precision: of the network's arithmetic.
        seed: of everything random.
        track: shows progress.

    Raises:
        UserError: sizes disagree, fewer than 2 classes, or a setting is out of range.

    Source:
        Chen et al. 2020, https://arxiv.org/abs/2002.05709, section 4.2 and appendix B.5 for the budgets of 1 % and
        10 %; they fix rate and epochs, use SGD and no draws of labels. For the head, Chen et al. 2020 (SimCLRv2),
        https://arxiv.org/abs/2006.10029, section 3: fine-tuning from a middle layer of it.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.evaluation.fine_tuning import fine_tune
        >>> labels = torch.arange(40) % 2
        >>> source = open_images(torch.rand(40, 1, 8, 8) * 0.5 + 0.5 * labels.view(-1, 1, 1, 1)).train
        >>> encoder, fresh = SmallResNet(channels=1), SmallResNet(channels=1)
        >>> found = fine_tune(
        ...     *(encoder, fresh, Preprocessing(8, 1, (0.5,), (0.5,)), source, labels, source, labels),
        ...     budgets=("all",), rates=(1e-3,), most_steps=2,
        ... )
        >>> len(found.from_encoder["all"].accuracies), found.from_scratch["all"].rates
        (1, (0.001,))
    """
    own = nn.Identity() if head is None else head
    networks: dict[str, nn.Module] = {"encoder": nn.Sequential(encoder, own)}
    if fresh is not None:
        networks["scratch"] = nn.Sequential(fresh, own if fresh_head is None else fresh_head)
    found, missing = tune_on_budgets(
        networks,
        preparation,
        train_source,
        train_labels,
        test_source,
        test_labels,
        budgets=budgets,
        draws=draws,
        rates=rates,
        most_steps=most_steps,
        batch_size=batch_size,
        device=device,
        precision=precision,
        seed=seed,
        purpose="fine-tuning",
        track=track,
    )
    return FineTuning(
        from_encoder=found["encoder"],
        from_scratch=found.get("scratch", {}),
        missing=missing,
        rates=rates,
        most_steps=most_steps,
        seed=seed,
    )


def tuned_difference(found: FineTuning) -> Difference | None:
    """What the encoder gains over fresh weights on the smallest budget there is, item by item; None without any.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.fine_tuning import FineTuning, tuned_difference
        >>> from selftaught.evaluation.tuned_scores import TunedScore
        >>> right = torch.tensor([[True, True, True, False]])
        >>> score = TunedScore(accuracies=(0.75,), rates=(1e-3,), epochs=(3,), right=right)
        >>> both = {"from_encoder": {"all": score}, "from_scratch": {"all": score}}
        >>> tuned_difference(FineTuning(**both, missing={}, rates=(1e-3,), most_steps=9, seed=0)).sign
        0
    """
    for budget in (name for name in FINE_TUNING_BUDGETS if name in found.from_encoder and name in found.from_scratch):
        ours, scratch = (each[budget].right.double() for each in (found.from_encoder, found.from_scratch))
        return paired_difference(tuned_name(budget), ours, scratch)
    return None
