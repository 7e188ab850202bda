"""Another encoder on the items, labels and draws of an evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor, nn

from selftaught.core import Encoder, Preparation, Source, Track, silent
from selftaught.evaluation.beyond_vectors import HasFigures, measure_beyond_vectors
from selftaught.evaluation.choosing import unsuited_protocols
from selftaught.evaluation.evaluation import Evaluation
from selftaught.evaluation.fine_tuning import FineTuning
from selftaught.evaluation.protocols import evaluate_vectors
from selftaught.evaluation.scores import Protocols
from selftaught.evaluation.splitting import LabelledRows
from selftaught.evaluation.target_scores import TargetScore, score_target
from selftaught.evaluation.targets import Target
from selftaught.extraction import extract_each

__all__ = ["Again", "evaluate_again", "labelled_vectors"]


_ALIKE = ("corruptions", "attack", "spurious_cue", "fine_tune", "keeps", "dense", "dense_fine_tune", "propagation")
"""What is asked of another encoder as it was of the first."""


@final
@dataclass(frozen=True, kw_only=True)
class Again:
    """What `evaluate_again` found of the other encoder.

    Args:
        protocols: of its vectors; None where the earlier evaluation had no labels.
        beyond: by protocol, what vectors that are read once cannot tell.
        left_out: the protocols that were asked of the first and not of the other, and why.
        targets: by column, what `score_target` gives.

    Example:
        >>> from selftaught.evaluation.again import Again
        >>> Again(protocols=None, beyond={}, left_out={"dense": "it has no vectors of positions"}).protocols is None
        True
    """

    protocols: Protocols | None
    beyond: Mapping[str, HasFigures]
    left_out: Mapping[str, str]
    targets: Mapping[str, TargetScore] = field(default_factory=dict[str, TargetScore])


def evaluate_again(
    earlier: Evaluation,
    encoder: Encoder,
    preprocessing: Preparation,
    train_source: Source,
    test_source: Source | None = None,
    *,
    targets: Sequence[Target] = (),
    projection: nn.Module | None = None,
    device: torch.device | None = None,
    precision: torch.dtype = torch.float32,
    track: Track = silent,
) -> Again:
    """Measure another encoder on the items, labels and draws of an earlier evaluation.

    Fine-tuning starts from the encoder, on the budgets of the earlier one, and has no control here: that stands
    beside the first. What belongs to a run and its method, such as its energy, is not measured again.

    Args:
        earlier: of the one encoder.
        encoder: the other; left as it was.
        preprocessing: from raw items to what the other takes.
        train_source: the same items, read as the other takes them.
        test_source: as before.
        targets: the other columns that the first was asked about.
        projection: what stands behind the other encoder, for "keeps".
        device: where the encoder works; the CPU if None.
        precision: of the encoder's arithmetic.
        track: shows progress.

    Example:
        >>> import dataclasses
        >>> import numpy as np
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.evaluation import evaluate_again, evaluate_encoder
        >>> pixels = torch.randint(0, 256, (20, 1, 16, 16), dtype=torch.uint8)
        >>> source = dataclasses.replace(open_images(pixels).train, labels=np.arange(20) % 2)
        >>> prepare = Preprocessing(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,))
        >>> encoder = SmallResNet(channels=1)
        >>> found = evaluate_encoder(encoder, encoder, prepare, source)
        >>> evaluate_again(found, encoder, prepare, source).protocols.as_json() == found.as_json()["protocols"]
        True
    """
    device = torch.device("cpu") if device is None else device
    place = device if device.type == "cuda" else torch.device("cpu")
    rows, protocols, vectors = earlier.rows, None, dict[str, Tensor]()
    labelled = [*targets] if rows is None else [rows, *targets]
    sources = [train_source] if labelled else []
    if test_source is not None and any(each.apart for each in labelled):
        sources.append(test_source)
    read = [
        [
            each.to(place)
            for each in extract_each([encoder], preprocessing, source, device=device, precision=precision, track=track)
        ]
        for source in sources
    ]

    def split(of: LabelledRows | Target) -> tuple[Tensor, Tensor]:
        (train,), (test,) = labelled_vectors(read[0], read[1] if len(read) > 1 else None, of)
        return train, test

    if rows is not None:
        vectors["encoder"], test = split(rows)
        protocols = evaluate_vectors(
            *(vectors["encoder"], torch.from_numpy(rows.train_labels).to(place)),
            *(test, torch.from_numpy(rows.test_labels).to(place)),
            seed=earlier.seed,
            protocols=earlier.asked,
            what="the other encoder",
            track=track,
        )
    asked = [name for name in _ALIKE if name in earlier.beyond.get("encoder", {})]
    reasons = unsuited_protocols(encoder, preprocessing)
    tuned = earlier.beyond.get("encoder", {}).get("fine_tune")
    beyond = measure_beyond_vectors(
        {"encoder": encoder},
        vectors,
        preprocessing,
        train_source,
        test_source,
        rows,
        protocols=[name for name in asked if name not in reasons],
        projections={} if projection is None else {"encoder": projection},
        fresh=None,
        tune_labels=tuple(tuned.from_encoder) if isinstance(tuned, FineTuning) else (),
        device=device,
        precision=precision,
        seed=earlier.seed,
        notes=[],
        track=track,
    )["encoder"]
    return Again(
        protocols=protocols,
        beyond=beyond,
        left_out={name: reasons[name] for name in asked if name in reasons},
        targets={
            each.name: score_target(each, *split(each), protocols=earlier.asked, seed=earlier.seed) for each in targets
        },
    )


def labelled_vectors(
    trains: Sequence[Tensor], tests: Sequence[Tensor] | None, rows: LabelledRows | Target
) -> tuple[list[Tensor], list[Tensor]]:
    """Of each network the vectors of the training items that have labels, and those of the test items.

    Args:
        trains: by network, the vectors of all training items.
        tests: of a test source; None where there is none.
        rows: which of them are labelled.

    Example:
        >>> import numpy as np
        >>> import torch
        >>> from selftaught.evaluation.again import labelled_vectors
        >>> from selftaught.evaluation.splitting import LabelledRows
        >>> one = np.array([0, 1])
        >>> rows = LabelledRows(np.array([0, 2]), one, np.array([1, 3]), one, (), apart=False)
        >>> train, test = labelled_vectors([torch.arange(4.0)[:, None]], None, rows)
        >>> train[0].flatten().tolist(), test[0].flatten().tolist()
        ([0.0, 2.0], [1.0, 3.0])
    """
    train, test = (torch.from_numpy(each).to(trains[0].device) for each in (rows.train, rows.test))
    held = tests if tests is not None and rows.apart else trains
    return [each[train] for each in trains], [each[test] for each in held]
