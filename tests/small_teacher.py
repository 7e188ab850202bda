"""A run that learned two classes, made by hand: what methods with a teacher are given in tests."""

import inspect
from pathlib import Path

import numpy as np
from torch import nn

from selftaught.core import Method
from selftaught.encoders import Preprocessing, SmallResNet, save_encoder, save_head
from selftaught.runs.folder import RunFolder
from selftaught.runs.planning import plan_run


def write_teacher(path: Path) -> str:
    folder = RunFolder(path)
    save_encoder(SmallResNet(channels=1), Preprocessing(16, 1, (0.5,), (0.5,)), folder.encoder)
    save_head(nn.Sequential(nn.Linear(256, 2)), ("cat", "dog"), folder.classifier)
    plan = plan_run("simclr", np.zeros((8, 16, 16), np.uint8), "runs/none", settings={"batch_size": 4})
    plan.record.write(folder)
    return str(path)


def settings_with(teacher: str, method: type[Method]) -> dict[str, object]:
    """What such a method needs beside its defaults."""
    return {"teacher": teacher} if "teacher" in inspect.signature(method).parameters else {}
