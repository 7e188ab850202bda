"""What `selftaught.load_encoder` gives takes raw images of any sort."""

import numpy as np
import pytest
import torch
from PIL import Image

import selftaught
from selftaught.core import UserError
from selftaught.encoders import Preprocessing, SmallResNet, save_encoder


@pytest.fixture
def folder(tmp_path):
    preprocessing = Preprocessing(24, 3, (0.5,) * 3, (0.25,) * 3)
    save_encoder(SmallResNet(channels=3, image_size=24), preprocessing, tmp_path / "encoder")
    return tmp_path / "encoder"


def test_a_picture_its_file_its_array_and_its_tensor_have_one_vector(folder, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    encoder = selftaught.load_encoder(folder)
    expected = encoder(torch.from_numpy(pixels).permute(2, 0, 1))
    for image in (Image.fromarray(pixels), pixels, tmp_path / "photo.png", str(tmp_path / "photo.png")):
        assert torch.equal(encoder(image), expected)


def test_pictures_of_several_sizes_and_modes_go_together(folder):
    encoder = selftaught.load_encoder(folder)
    pictures = [Image.new("L", (30, 40), 90), Image.new("RGBA", (64, 20), (9, 9, 9, 255))]
    together = encoder(pictures)
    assert together.shape == (2, 256)
    torch.testing.assert_close(together[1:], encoder(pictures[1]))


def test_what_is_no_image_is_refused(folder, tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(UserError, match="cannot be read: no image"):
        selftaught.load_encoder(folder)(tmp_path / "notes.txt")
