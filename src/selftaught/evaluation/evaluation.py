"""What was measured of one encoder, beside its controls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.evaluation.beyond_vectors import HasFigures
from selftaught.evaluation.choosing import DEFAULT_PROTOCOLS
from selftaught.evaluation.conclusions import OUTCOMES, Conclusion
from selftaught.evaluation.duplicates import Duplicates
from selftaught.evaluation.fine_tuning import FineTuning, tuned_difference
from selftaught.evaluation.intervals import LEVEL, RESAMPLES
from selftaught.evaluation.labels_alone import LabelsAlone
from selftaught.evaluation.linear import INVERSE_PENALTIES
from selftaught.evaluation.neighbours import NEIGHBOURS, TEMPERATURE
from selftaught.evaluation.scores import Protocols, alone_name, no_labels, tuned_name
from selftaught.evaluation.splitting import LabelledRows
from selftaught.evaluation.target_scores import TargetScores
from selftaught.evaluation.verdicts import RULE, decisive
from selftaught.evaluation.without_labels import LabelFree

__all__ = ["NETWORKS", "Evaluation"]


_CHOICES = {
    "inverse_penalty": "of linear probes: that under which labels held out of the draw are likeliest, in five folds "
    "below 1,000 labels, on a fifth from there; 0.01 where every class has one label",
    "penalty": "of ridge regression: that with the least squared error on a seeded fifth of the training items",
    "rate_and_epochs": "of training on labels: those with the highest accuracy on a fifth of the draw, held out; then "
    "a new training on the whole draw; where that fifth has fewer labels than there are classes, the largest rate and "
    "all epochs",
    "k": "of kNN: fixed, and not chosen",
}
"""By what everything that is chosen is chosen: by training labels alone."""

NETWORKS = {"encoder": "the encoder", "random_start": "the encoder at its start", "raw_input": "the raw input"}


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What `evaluate_encoder` found. `as_json` is what `selftaught evaluate --json` prints.

    Args:
        protocols: of "encoder", of "random_start", the encoder before pre-training, and of "raw_input", the items as
            they are; empty without labels.
        label_free: figures of "encoder" and "random_start" that need no labels, on the training items; empty where
            they were not asked for.
        conclusion: the verdict, and the rule it follows from.
        train_items: how many probes learned from; all without labels.
        test_items: how many they were tested on.
        rows: which items of the sources those are; None without labels.
        test_vectors: the encoder's vectors of the test items; of the items that were read without labels.
        notes: what else one should know, in sentences.
        seed: of split, draws and intervals.
        asked: which protocols were run.
        duplicates: test items that the training items hold already; None where nobody looked.
        targets: by column, the figures of each of the three networks.
        beyond: by network and protocol, what `measure_beyond_vectors` found.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import Conclusion, Evaluation, LabelFree
        >>> figures = LabelFree(12.0, 256, 0.0, collapsed=False)
        >>> found = Evaluation(
        ...     protocols={},
        ...     label_free={"encoder": figures, "random_start": figures},
        ...     conclusion=Conclusion(outcome="unknown", text="No labels."),
        ...     train_items=6,
        ...     test_items=0,
        ...     rows=None,
        ...     test_vectors=torch.zeros(6, 256),
        ...     notes=(),
        ...     seed=0,
        ... )
        >>> found.as_json()["controls"]["raw_input"]["knn"]["accuracy"] is None
        True
    """

    protocols: Mapping[str, Protocols]
    label_free: Mapping[str, LabelFree]
    conclusion: Conclusion
    train_items: int
    test_items: int
    rows: LabelledRows | None
    test_vectors: Float[Tensor, "o width"]
    notes: tuple[str, ...]
    seed: int
    asked: tuple[str, ...] = DEFAULT_PROTOCOLS
    duplicates: Duplicates | None = None
    targets: Mapping[str, TargetScores] = field(default_factory=dict[str, TargetScores])
    beyond: Mapping[str, Mapping[str, HasFigures]] = field(default_factory=dict[str, Mapping[str, HasFigures]])

    @property
    def verdict(self) -> str:
        """Two or three sentences: what the figures say, and what to try next."""
        return self.conclusion.text

    @property
    def answers(self) -> dict[str, dict[str, Float[Tensor, "_draws _items"] | Bool[Tensor, "_draws _items"]]]:
        """By network and figure, what each test item adds to its mean, a line a draw.

        What learned from labels alone is the network "from_scratch".
        """
        found = {name: each.answers for name, each in self.protocols.items()}
        scratch: dict[str, Tensor] = {}
        tuned, alone = (self.beyond.get("encoder", {}).get(name) for name in ("fine_tune", "supervised"))
        if isinstance(tuned, FineTuning):
            found["encoder"] |= tuned.answers
            scratch |= {tuned_name(name): each.right for name, each in tuned.from_scratch.items()}
        if isinstance(alone, LabelsAlone):
            scratch |= {alone_name(name): each.right for name, each in alone.by_budget.items()}
        return found | ({"from_scratch": scratch} if scratch else {})

    @property
    def truth(self) -> Int[Tensor, " o"] | None:
        """The class of every test item, as `Protocols.truth`; None without labels."""
        return self.protocols["encoder"].truth if self.protocols else None

    @property
    def deciding(self) -> list[str]:
        """The figures that the verdict rests on: of kNN and linear probes, or else what fine-tuning tells first."""
        found = decisive(self.protocols["encoder"]) if self.protocols else []
        tuned = self.beyond.get("encoder", {}).get("fine_tune")
        gain = tuned_difference(tuned) if isinstance(tuned, FineTuning) and not found else None
        return found if gain is None else [gain.protocol]

    def as_json(self) -> dict[str, Any]:
        """Plain numbers, names and sentences; accuracies that need labels are null without them."""
        found = {name: self.protocols[name].as_json() if self.protocols else no_labels() for name in NETWORKS}
        for name, each in self.beyond.items():
            found[name] |= {protocol: figures.as_json() for protocol, figures in each.items()}
        controls = {name: found[name] for name in ("random_start", "raw_input")}
        if "supervised" in found["encoder"]:
            controls["supervised"] = found["encoder"].pop("supervised")
        return {
            "protocols": found["encoder"],
            "controls": controls,
            "verdict": self.verdict,
            "items": {"train": self.train_items, "test": self.test_items},
            "outcome": self.conclusion.outcome,
            "label_free": {name: figures.as_json() for name, figures in self.label_free.items()},
            "targets": {name: scores.as_json() for name, scores in self.targets.items()},
            "duplicates": None if self.duplicates is None else self.duplicates.as_json(),
            "draws": {name: _draws(protocols) for name, protocols in self.protocols.items()},
            "rules": {
                "verdict": RULE,
                "outcomes": OUTCOMES,
                "asked": list(self.asked),
                "seed": self.seed,
                "split": None if self.rows is None else {"test": self.rows.rule, "seed": self.seed},
                "choices": _CHOICES,
                "intervals": {"level": LEVEL, "resamples": RESAMPLES, "over": "test items"},
                "knn": {"k": NEIGHBOURS, "temperature": TEMPERATURE},
                "inverse_penalties": list(INVERSE_PENALTIES),
            },
            "notes": list(self.notes),
        }


def _draws(protocols: Protocols) -> dict[str, Any]:
    return {
        name: {"accuracies": list(score.accuracies), "inverse_penalties": list(score.inverse_penalties)}
        for name, score in protocols.linear.items()
    }
