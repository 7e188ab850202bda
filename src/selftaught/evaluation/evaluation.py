"""Everything that is measured of one encoder, beside its two controls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, Preparation, Source, Track, silent
from selftaught.evaluation.exactness import check_finite
from selftaught.evaluation.linear import INVERSE_PENALTIES
from selftaught.evaluation.neighbours import NEIGHBOURS, TEMPERATURE
from selftaught.evaluation.protocols import Protocols, evaluate_vectors, no_labels
from selftaught.evaluation.splitting import LabelledRows, split_rows
from selftaught.evaluation.verdicts import RULE, unlabelled_verdict, verdict
from selftaught.evaluation.without_labels import MOST_ITEMS, LabelFree, label_free
from selftaught.extraction import RawInput, extract_each

__all__ = ["Evaluation", "evaluate_encoder"]


_NETWORKS = {"encoder": "the encoder", "random_start": "the encoder at its start", "raw_input": "the raw input"}


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate_encoder` found. `as_json` is what `selftaught evaluate --json` prints.

    Args:
        protocols: of "encoder", of "random_start", the encoder before pre-training, and of "raw_input", the items as
            they are; empty without labels.
        label_free: figures of "encoder" and "random_start" that need no labels, on the training items.
        verdict: one sentence.
        train_items: how many probes learned from; all without labels.
        test_items: how many they were tested on.
        rows: which items of the sources those are; None without labels.
        test_vectors: the encoder's vectors of the test items; of the items that were read without labels.
        notes: what else one should know, in sentences.
        seed: of split and draws.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import Evaluation, LabelFree
        >>> figures = LabelFree(12.0, 256, 0.0, collapsed=False)
        >>> both = {"encoder": figures, "random_start": figures}
        >>> found = Evaluation({}, both, "No labels.", 6, 0, None, torch.zeros(6, 256), (), seed=0)
        >>> found.as_json()["controls"]["raw_input"]["knn"]
        {'accuracy': None}
    """

    protocols: Mapping[str, Protocols]
    label_free: Mapping[str, LabelFree]
    verdict: str
    train_items: int
    test_items: int
    rows: LabelledRows | None
    test_vectors: Float[Tensor, "o width"]
    notes: tuple[str, ...]
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Plain numbers, names and sentences; accuracies that need labels are null without them."""
        found = {name: self.protocols[name].as_json() if self.protocols else no_labels() for name in _NETWORKS}
        return {
            "protocols": found["encoder"],
            "controls": {name: found[name] for name in ("random_start", "raw_input")},
            "verdict": self.verdict,
            "items": {"train": self.train_items, "test": self.test_items},
            "label_free": {name: figures.as_json() for name, figures in self.label_free.items()},
            "draws": {name: _draws(protocols) for name, protocols in self.protocols.items()},
            "rules": {
                "verdict": RULE,
                "seed": self.seed,
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


def evaluate_encoder(
    encoder: Encoder,
    start_encoder: Encoder,
    preprocessing: Preparation,
    train_source: Source,
    test_source: Source | None = None,
    *,
    device: torch.device | None = None,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
    start_name: str = "random start",
    raw_input: nn.Module | None = None,
    split_by: str | None = None,
    track: Track = silent,
) -> Evaluation:
    """Measure an encoder, the same encoder before pre-training, and the raw input, on the same labels.

    Args:
        encoder: to be judged; left as it was.
        start_encoder: what pre-training started from.
        preprocessing: from raw items to what both take.
        train_source: items that probes learn from.
        test_source: items they are tested on; a fifth of the others if None.
        device: where the encoders work; the CPU if None.
        precision: of the encoders' arithmetic.
        seed: of split and draws.
        start_name: what the verdict calls `start_encoder`.
        raw_input: the control that has learned nothing, from what an encoder takes; the pixels of images if None.
        split_by: see `split_rows`.
        track: shows progress.

    Returns:
        All figures; without labels those that need none.

    Raises:
        UserError: an encoder gives vectors that are not finite.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.evaluation import evaluate_encoder
        >>> source = open_images(torch.zeros(6, 1, 16, 16, dtype=torch.uint8)).train
        >>> prepare = Preprocessing(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,))
        >>> found = evaluate_encoder(SmallResNet(channels=1), SmallResNet(channels=1), prepare, source)
        >>> found.as_json()["protocols"]["knn"], found.label_free["encoder"].collapsed
        ({'accuracy': None}, True)
    """
    device = torch.device("cpu") if device is None else device

    def read(networks: Sequence[nn.Module], source: Source) -> list[Tensor]:
        vectors = extract_each(networks, preprocessing, source, device=device, precision=precision, track=track)
        for name, each in zip(_NETWORKS, vectors, strict=False):
            check_finite(each, f"vectors of {_NETWORKS[name]}")
        return vectors

    rows = split_rows(train_source, test_source, seed=seed, split_by=split_by)
    if isinstance(rows, str):
        few = np.sort(np.random.default_rng(seed).permutation(len(train_source))[:MOST_ITEMS])
        ours, starts = read([encoder, start_encoder], train_source.take(few))
        figures = {"encoder": label_free(ours), "random_start": label_free(starts)}
        sentence = unlabelled_verdict(figures["encoder"], figures["random_start"], rows, start_name=start_name)
        others = 0 if test_source is None else len(test_source)
        return Evaluation({}, figures, sentence, len(train_source), others, None, ours, (), seed)

    train_rows, test_rows = (torch.from_numpy(each) for each in (rows.train, rows.test))
    labels, test_labels = (torch.from_numpy(each) for each in (rows.train_labels, rows.test_labels))
    networks = [encoder, start_encoder, RawInput() if raw_input is None else raw_input]
    trains = read(networks, train_source)
    tests = read(networks, test_source) if test_source is not None and rows.apart else trains
    trains, tests = [each[train_rows] for each in trains], [each[test_rows] for each in tests]
    place = device if device.type == "cuda" else torch.device("cpu")  # Apple's GPU has no float64
    protocols: dict[str, Protocols] = {}
    for (name, what), train, test in zip(_NETWORKS.items(), trains, tests, strict=True):
        protocols[name] = evaluate_vectors(
            *(train.to(place), labels.to(place), test.to(place), test_labels.to(place)),
            seed=seed,
            what=what,
            track=track,
        )
    figures = {"encoder": label_free(trains[0]), "random_start": label_free(trains[1])}
    notes = [*rows.notes, *(f"{name}: {reason}" for name, reason in protocols["encoder"].missing.items())]
    sentence = verdict(protocols["encoder"], protocols["random_start"], protocols["raw_input"], start_name=start_name)
    if figures["encoder"].collapsed:
        notes.append(f"the encoder has collapsed: it gives all {train_source.nouns[1]} nearly the same vector")
    return Evaluation(protocols, figures, sentence, len(labels), len(test_labels), rows, tests[0], tuple(notes), seed)
