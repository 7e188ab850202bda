"""Trained networks that methods learn from: how a user names one, and how it sees what the student sees."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import ImageBatch, Preparation, Source, UserError, unknown_name
from selftaught.encoders import Preprocessing, save_head
from selftaught.parts import FixedTeacher
from selftaught.runs.folder import RunFolder
from selftaught.runs.opening import load_classifier
from selftaught.runs.rivals import find_rival

__all__ = [
    "LabelSettings",
    "TeacherSettings",
    "drawn_labels",
    "is_gone",
    "load_teacher",
    "save_classifier",
    "share_named",
]

_TIMM = "timm:"


@dataclass(frozen=True, kw_only=True)
class TeacherSettings:
    """The network that is learned from.

    Args:
        teacher: a run, a folder that holds an encoder (of ours, of timm as its hub keeps them, or of Hugging Face
            transformers as `save_pretrained` leaves them), timm:NAME:FILE for a network of timm with weights on disk,
            or timm:NAME for timm's own; a method that learns classes needs a run that `selftaught finetune` or
            `selftaught distill` wrote.

    Example:
        >>> from selftaught.runs.teachers import TeacherSettings
        >>> TeacherSettings(teacher="runs/tuned").teacher
        'runs/tuned'
    """

    teacher: str | None = None


@dataclass(frozen=True, kw_only=True)
class LabelSettings:
    """The labels that are learned from, too.

    Args:
        labels: 1% or 10% of those that the data have, 100 labels, or all, drawn by the seed, each class by its share;
            if none is given, no label is looked at.

    Raises:
        UserError: there is no such share.

    Example:
        >>> from selftaught.runs.teachers import LabelSettings
        >>> LabelSettings(labels="20%")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: unknown share of labels '20%': did you mean '10%'? ...
    """

    labels: str | None = None

    def __post_init__(self) -> None:
        if self.labels is not None:
            share_named(self.labels)


def share_named(labels: str) -> str:
    """The budget that a share of the labels means.

    Raises:
        UserError: there is none; says which is nearest.

    Example:
        >>> from selftaught.runs.teachers import share_named
        >>> share_named("100%")
        'all'
    """
    from selftaught.evaluation import BUDGETS  # which takes a second to import

    names = {**{name: name for name in BUDGETS}, "100%": "all"}
    if labels not in names:
        raise unknown_name("share of labels", labels, names)
    return names[labels]


@final
@dataclass(frozen=True)
class _AsSeen:
    """From images as the student takes them to images as the teacher does."""

    student: Preprocessing
    teacher: Preprocessing

    def __call__(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n channels size size"]:
        shape = (1, -1, 1, 1)
        deviation = images.new_tensor(self.student.standard_deviation).view(shape)
        pixels = images * deviation + images.new_tensor(self.student.mean).view(shape)
        return replace(self.teacher, crop_fraction=1.0)(ImageBatch.of(pixels))


def load_teacher(given: str | None, preparation: Preparation, *, classifies: bool) -> FixedTeacher:
    """A trained network, behind what turns the student's views into what it was trained to see.

    Args:
        given: what `TeacherSettings` takes.
        preparation: of the student.
        classifies: whether it must give logits of classes.

    Raises:
        UserError: none is given, there is none, it does not take images, or it gives no classes.

    Example:
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.teachers import load_teacher
        >>> load_teacher(None, Preprocessing(28, 1, (0.5,), (0.5,)), classifies=True)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: missing --teacher: expected a run of selftaught finetune, ...
    """
    wanted = "a run of selftaught finetune, as in runs/tuned" if classifies else "a run, a folder or timm:NAME:FILE"
    if given is None:
        raise UserError(f"missing --teacher: expected {wanted}")
    rival = find_rival(given)
    theirs = rival.model.preprocessing
    if not isinstance(preparation, Preprocessing) or not isinstance(theirs, Preprocessing):
        raise UserError(f"expected a teacher of images, and {given} takes {rival.model.kind}")
    same = (replace(each, crop_fraction=1.0) for each in (preparation, theirs))
    see = None if next(same) == next(same) else _AsSeen(preparation, theirs)
    if not classifies:
        return FixedTeacher(rival.model.encoder, rival.model.width, see=see)
    if not RunFolder(Path(given)).classifier.is_dir():
        raise UserError(f"{given} holds no classifier: expected {wanted}; or give --label-free to selftaught distill")
    classifier = load_classifier(given)
    return FixedTeacher(classifier.network, len(classifier.classes), see=see, classes=classifier.classes)


def is_gone(values: Mapping[str, Any]) -> bool:
    """Whether a run learned from a teacher that is no longer where it was.

    Args:
        values: of the run's options.

    Example:
        >>> from selftaught.runs.teachers import is_gone
        >>> is_gone({"teacher": "runs/none"}), is_gone({"epochs": 3})
        (True, False)
    """
    given = values.get("teacher")
    return given is not None and not given.startswith(_TIMM) and not Path(given).exists()


def drawn_labels(source: Source, labelled: Source, share: str, teacher: str, seed: int) -> Int[Tensor, " n"]:
    """The class of each item in the teacher's numbers, -1 for those whose label is not drawn.

    Args:
        source: the items that are learned from.
        labelled: the same with labels, found by their keys.
        share: of the labels; see `share_named`.
        teacher: whose classes count.
        seed: of the draw: the one that `selftaught finetune` makes.

    Raises:
        UserError: there are no labels, too few for the share, or one that the teacher does not know.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.runs.teachers import drawn_labels
        >>> images = open_images(np.zeros((8, 12, 12), np.uint8)).train
        >>> drawn_labels(images, images, "all", "runs/none", 0)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: labels: the images have no labels
    """
    from selftaught.evaluation import plan_budgets

    rows = np.flatnonzero(labelled.labels >= 0) if labelled.labels is not None else np.zeros(0, np.int64)
    if labelled.labels is None or not len(rows):
        raise UserError(f"labels: the {labelled.nouns[1]} have no labels")
    found, share = labelled.labels[rows], share_named(share)
    budgets, missing = plan_budgets(np.unique(found, return_inverse=True)[1], seed)
    if share in missing:
        raise UserError(f"labels {share}: {missing[share]}")
    drawn = rows[next(budget for budget in budgets if budget.name == share).rows[0].numpy()]
    classes = load_classifier(teacher).classes
    names = labelled.classes or [str(value) for value in range(int(found.max()) + 1)]
    unknown = sorted({names[value] for value in found} - set(classes))
    if unknown:
        raise UserError(f"labels: {teacher} knows no class '{unknown[0]}': expected {', '.join(classes)}")
    known = {labelled.keys[row]: classes.index(names[labelled.labels[row]]) for row in drawn}
    return torch.tensor([known.get(key, -1) for key in source.keys])


@runtime_checkable
class _Classifies(Protocol):
    """A method that learns the classes of its teacher."""

    classifier: nn.Module
    teacher: FixedTeacher


def save_classifier(method: nn.Module, folder: RunFolder) -> None:
    """Write what a method put behind its encoder to tell its teacher's classes; nothing where it has no such thing.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from torch import nn
        >>> from selftaught.runs.folder import RunFolder
        >>> from selftaught.runs.teachers import save_classifier
        >>> folder = RunFolder(Path(tempfile.mkdtemp()))
        >>> save_classifier(nn.Linear(2, 2), folder)
        >>> folder.classifier.exists()
        False
    """
    if isinstance(method, _Classifies):
        save_head(nn.Sequential(method.classifier), method.teacher.classes, folder.classifier)
