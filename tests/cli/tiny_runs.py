"""A small folder of images, and what a run on it left behind."""

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

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
