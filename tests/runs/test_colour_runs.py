"""Runs of methods that guess colours or holes: what they leave to look at."""

import numpy as np
import pytest
from PIL import Image
from skimage import data

from selftaught.core import UserError
from selftaught.runs import pretrain

NUMBERS = {"epochs": 1, "batch_size": 4, "decoder_width": 8, "device": "cpu"}
PICTURES = {
    "colorization": ["0-lightness.png", "1-colourised.png", "2-original.png"],
    "split_brain": ["0-colour-said.png", "1-lightness-said.png", "2-original.png"],
    "inpainting": ["0-masked.png", "1-filled.png", "2-original.png"],
}


def photographs():
    """16 pieces of 32 x 32 pixels."""
    image = data.astronaut()[:128, 128:256]
    return image.reshape(4, 32, 4, 32, 3).swapaxes(1, 2).reshape(16, 32, 32, 3)


@pytest.mark.parametrize("name", PICTURES)
def test_what_a_run_leaves(name, tmp_path):
    run = pretrain(name, photographs(), tmp_path / "run", settings=NUMBERS)
    files = sorted(run.folder.pictures.iterdir())
    assert [file.name for file in files] == PICTURES[name]
    shown = {file.stem[2:]: np.asarray(Image.open(file)).astype(int) for file in files}
    spread = {caption: np.ptp(picture, axis=2).max() for caption, picture in shown.items()}
    assert spread["original"] > 30  # in colour
    if name == "colorization":
        assert spread["lightness"] <= 2
    report = run.folder.report.read_text()
    assert all(caption.replace("-", " ") in report for caption in shown)


@pytest.mark.parametrize("name", ["colorization", "split_brain"])
def test_grey_images_are_refused(name, tmp_path):
    with pytest.raises(UserError, match="expected images of several channels, got 1: grey images have no colour"):
        pretrain(name, photographs().mean(3).astype(np.uint8), tmp_path / "run", settings=NUMBERS)
    assert not (tmp_path / "run").exists()
