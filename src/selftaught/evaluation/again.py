"""Another encoder on the items, labels and draws of an evaluation."""

from collections.abc import Sequence

import torch
from torch import Tensor

from selftaught.core import Encoder, Preparation, Source, Track, silent
from selftaught.evaluation.evaluation import Evaluation
from selftaught.evaluation.protocols import evaluate_vectors
from selftaught.evaluation.scores import Protocols
from selftaught.evaluation.splitting import LabelledRows
from selftaught.evaluation.targets import Target
from selftaught.extraction import extract_each

__all__ = ["evaluate_again", "labelled_vectors"]


def evaluate_again(
    earlier: Evaluation,
    encoder: Encoder,
    preprocessing: Preparation,
    train_source: Source,
    test_source: Source | None = None,
    *,
    device: torch.device | None = None,
    precision: torch.dtype = torch.float32,
    track: Track = silent,
) -> Protocols | None:
    """Measure another encoder on the items, labels and draws of an earlier evaluation.

    Args:
        earlier: of the one encoder.
        encoder: the other; left as it was.
        preprocessing: from raw items to what the other takes.
        train_source: the same items, read as the other takes them.
        test_source: as before.
        device: where the encoder works; the CPU if None.
        precision: of the encoder's arithmetic.
        track: shows progress.

    Returns:
        The other's figures, to pair with; None where the earlier evaluation had no labels.

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
        >>> evaluate_again(found, encoder, prepare, source).as_json() == found.as_json()["protocols"]
        True
    """
    rows = earlier.rows
    if rows is None:
        return None
    device = torch.device("cpu") if device is None else device
    place = device if device.type == "cuda" else torch.device("cpu")
    several = [train_source, test_source] if test_source is not None and rows.apart else [train_source]
    read = [
        extract_each([encoder], preprocessing, source, device=device, precision=precision, track=track)
        for source in several
    ]
    (train,), (test,) = labelled_vectors(read[0], read[1] if len(read) > 1 else None, rows)
    return evaluate_vectors(
        *(train.to(place), torch.from_numpy(rows.train_labels).to(place)),
        *(test.to(place), torch.from_numpy(rows.test_labels).to(place)),
        seed=earlier.seed,
        protocols=earlier.asked,
        what="the other encoder",
        track=track,
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
