"""Views smaller than the images that the encoder is used on."""

import numpy as np
import pytest
import torch

import selftaught
from selftaught.core import UserError
from selftaught.methods import METHODS, find_method
from selftaught.views import Draws, TwoViews

OF_TWO_VIEWS = sorted(name for name in METHODS if find_method(name).view_maker is TwoViews)
SMALL = {"batch_size": 8, "epochs": 1, "watch_every": 0, "view_size": 12, "blur_probability": (1.0, 0.5)}


@pytest.fixture(scope="module")
def images():
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (32, 16, 16, 3), dtype=np.uint8)


def test_they_are_the_views_of_smaller_images():
    pixels, settings = torch.rand(6, 3, 20, 24), {"blur_probability": (1.0, 1.0), "noise_probability": 0.5}
    smaller, small = (
        maker(pixels, draws=Draws.at(0, 3, batch=6)).pair()
        for maker in (
            TwoViews(image_size=18, view_size=12, cutout_probability=0.5, **settings),
            TwoViews(image_size=12, cutout_probability=0.5, **settings),
        )
    )
    assert smaller[0].shape == (6, 3, 12, 12)
    assert all(torch.equal(one, other) for one, other in zip(smaller, small, strict=True))


@pytest.mark.parametrize("size", [1, 17])
def test_they_are_not_larger(size):
    with pytest.raises(UserError, match=rf"view_size: expected a number in \[2, 16\], got {size}"):
        TwoViews(image_size=16, view_size=size)


@pytest.mark.parametrize("name", OF_TWO_VIEWS)
def test_a_run_learns_from_them_and_is_used_on_whole_images(name, images, tmp_path):
    settings = {**SMALL, "encoder.features": 4}
    settings |= (
        {"embedding_width": 16} if name == "amdim" else {"queue": 16} if name == "moco" else {"hidden_width": 16}
    )
    run = selftaught.pretrain(name, images, tmp_path / "run", settings=settings)
    encoder = run.encoder()
    assert encoder.preprocessing.image_size == 16
    assert run.record.values()["view_size"] == 12
    own = selftaught.evaluate(run, images, protocols="own_task")["own_task"]
    assert all(np.isfinite(figure["value"]) and np.isfinite(figure["chance"]) for figure in own.values())
    assert own


def test_a_vision_transformer_takes_both_sizes(images, tmp_path):
    settings = {**SMALL, "encoder.name": "small_vit", "hidden_width": 16}
    run = selftaught.pretrain("simclr", images, tmp_path / "run", settings=settings)
    assert selftaught.evaluate(run, images, protocols="label_free")["label_free"]
