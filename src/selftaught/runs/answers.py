"""What an evaluation found of every test item, kept so that runs can be compared without reading the items again."""

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from selftaught.core import UserError
from selftaught.runs.folder import RunFolder

__all__ = ["Answers", "read_answers", "write_answers"]

_BETWEEN = "|"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The share of draws in which each test item was put in its right class, or another figure that is a mean of items.

    Args:
        networks: by network (encoder, random_start, raw_input, from_scratch) and figure, one value an item in [0, 1].
        truth: the class of every test item.
        deciding: the figures that a verdict rests on.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs.answers import Answers
        >>> right = {"kNN accuracy": np.array([1.0, 0.0])}
        >>> answers = Answers(networks={"encoder": right}, truth=np.array([3, 3]), deciding=("kNN accuracy",))
        >>> answers.networks["encoder"]["kNN accuracy"].mean().item()
        0.5
    """

    networks: Mapping[str, Mapping[str, Float[np.ndarray, " items"]]]
    truth: Int[np.ndarray, " items"]
    deciding: tuple[str, ...]


def write_answers(
    folder: RunFolder,
    answers: Mapping[str, Mapping[str, Shaped[Tensor, "_draws items"]]],
    truth: Int[Tensor, " items"] | None,
    deciding: Sequence[str],
) -> None:
    """Keep what was said of every test item in the run folder; without labels, take away what was kept before.

    Args:
        folder: of the run.
        answers: by network and figure, what each item adds to its mean, one line a draw; see `Evaluation.answers`.
        truth: the class of every test item; None without labels.
        deciding: the figures that the verdict rests on.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import torch
        >>> from selftaught.runs.answers import read_answers, write_answers
        >>> from selftaught.runs.folder import RunFolder
        >>> folder, right = RunFolder(Path(tempfile.mkdtemp())), torch.tensor([[True, False], [True, True]])
        >>> write_answers(folder, {"encoder": {"kNN accuracy": right}}, torch.tensor([3, 4]), ["kNN accuracy"])
        >>> read_answers(folder).networks["encoder"]["kNN accuracy"].tolist()
        [1.0, 0.5]
    """
    if truth is None:
        folder.answers.unlink(missing_ok=True)
        return
    columns = {"truth": truth.cpu().numpy(), "deciding": np.array(deciding, dtype=str)}
    for network, each in answers.items():
        for figure, values in each.items():
            columns[f"{network}{_BETWEEN}{figure}"] = values.double().mean(0).cpu().numpy()
    whole = io.BytesIO()
    np.savez_compressed(whole, allow_pickle=False, **columns)
    aside = folder.answers.with_name(folder.answers.name + ".partial")
    aside.write_bytes(whole.getvalue())
    os.replace(aside, folder.answers)


def read_answers(folder: RunFolder) -> Answers | None:
    """What `write_answers` kept; None where there is nothing.

    Raises:
        UserError: the file is damaged.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.answers import read_answers
        >>> from selftaught.runs.folder import RunFolder
        >>> read_answers(RunFolder(Path("runs/none"))) is None
        True
    """
    path: Path = folder.answers
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            columns = {name: stored[name] for name in stored.files}
        truth, deciding = columns.pop("truth"), tuple(str(name) for name in columns.pop("deciding"))
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise UserError(
            f"{path} is damaged ({type(error).__name__}): take it away and evaluate the run again"
        ) from error
    networks: dict[str, dict[str, np.ndarray]] = {}
    for name, values in columns.items():
        network, _, figure = name.partition(_BETWEEN)
        networks.setdefault(network, {})[figure] = values
    return Answers(networks=networks, truth=truth, deciding=deciding)
