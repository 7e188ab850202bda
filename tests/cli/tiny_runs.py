"""A small folder of images, and short ways to run a command on it."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from selftaught.cli import main

SHORT = ["--image-size", "16", "--epochs", "2", "--batch-size", "16", "--device", "cpu", "--hidden-width", "32"]


def record(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text())


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def encoder_bytes(folder: Path) -> bytes:
    return (folder / "encoder" / "model.safetensors").read_bytes()


def write_images(folder: Path, count: int = 24, seed: int = 0) -> Path:
    random = np.random.default_rng(seed)
    for number, name in enumerate(("bright", "dark")):
        (folder / name).mkdir(parents=True)
        for item in range(count):
            pixels = random.integers(0, 128, (20, 20 + item % 3, 3), dtype=np.uint8) + 127 * (1 - number)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{item:02}.png")
    return folder


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("data") / "images")


@pytest.fixture(scope="session")
def run_folder(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; tests must not change it."""
    out = tmp_path_factory.mktemp("runs") / "simclr"
    assert main(["pretrain", "simclr", "--data", str(images), "--out", str(out), *SHORT]) == 0
    return out


Command = Callable[[Sequence[str]], tuple[int, str, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command: its status, standard output and standard error."""

    def run(words: Sequence[str]) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return status, out, err

    return run
