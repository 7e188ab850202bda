"""Fine-tuning: the encoder trained on with few labels and many, and beside it the same network from scratch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Int
from torch import Tensor, nn

from selftaught.core import Encoder, Preparation, Source, Track, silent
from selftaught.evaluation.tuned_classifier import BATCH_SIZE, MOST_STEPS, RATES
from selftaught.evaluation.tuned_scores import TunedScore, as_plain, tune_on_budgets

__all__ = ["FINE_TUNING_BUDGETS", "FineTuning", "fine_tune"]

FINE_TUNING_BUDGETS = ("1%", "10%", "all")

_CPU = torch.device("cpu")
_DRAWS = 3


@final
@dataclass(frozen=True, kw_only=True)
class FineTuning:
    """What `fine_tune` found.

    Args:
        from_encoder: by budget, starting from the encoder.
        from_scratch: the same with fresh weights.
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

    def as_json(self) -> dict[str, Any]:
        """Both networks by budget, with the rule that chose their settings."""
        scores = {"from_encoder": self.from_encoder, "from_scratch": self.from_scratch}
        return as_plain(scores, missing=self.missing, rates=self.rates, most_steps=self.most_steps, seed=self.seed)


def fine_tune(
    encoder: Encoder,
    fresh: Encoder,
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
    whole draw runs so long. Where every class has one label nothing can be held out: the smallest rate and all epochs
    are taken. The optimiser is AdamW with a rate that rises over 20 steps and then stays; images are seen in light
    random crops and mirrored, other items as they are. Test labels only count what is right.

    Args:
        encoder: to start from; left as it was.
        fresh: the same network with the weights that the control starts from; left as it was.
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
    heads = [nn.Identity() if head is None else head]
    heads.append(heads[0] if fresh_head is None else fresh_head)
    found, missing = tune_on_budgets(
        {"encoder": nn.Sequential(encoder, heads[0]), "scratch": nn.Sequential(fresh, heads[1])},
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
        from_scratch=found["scratch"],
        missing=missing,
        rates=rates,
        most_steps=most_steps,
        seed=seed,
    )
