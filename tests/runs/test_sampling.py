"""New images from runs: of latents at once, of codes through a prior; and which methods make such."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from selftaught.cli import main
from selftaught.core import ImagesWithLatents, Method, PixelsWithLatents, UserError
from selftaught.encoders import MaskedPerceptron, PixelReader, SmallResNet
from selftaught.methods import METHODS, find_method
from selftaught.parts import ImageCoder
from selftaught.runs import open_run, pretrain, sample

ENCODERS = {
    "pixelcnn": partial(PixelReader, "pixel_cnn", image_size=16, levels=4, features=6, blocks=1),
    "pixelrnn": partial(PixelReader, "row_lstm", image_size=16, levels=4, features=6, blocks=1),
    "made": partial(MaskedPerceptron, image_size=16, levels=2, features=12, blocks=1),
}
SMALL = {"pixelcnn": {"head_width": 6}, "pixelrnn": {"head_width": 6}, "vq_vae": {"codes": 8, "code_width": 6}}
OF_LATENTS = [name for name, entry in METHODS.items() if entry.samples_from == "latents"]
SETTINGS = {"epochs": 1, "batch_size": 16, "device": "cpu", "codes": 8, "code_width": 6, "decoder_width": 4}


def build(name: str) -> Method:
    return find_method(name)(
        ENCODERS.get(name, partial(SmallResNet, channels=3, image_size=16))(), **SMALL.get(name, {})
    )


def blank(views: ImagesWithLatents | PixelsWithLatents) -> ImagesWithLatents | PixelsWithLatents:
    zeros = torch.zeros_like(views.images)
    others = {"pixels": zeros} if isinstance(views, PixelsWithLatents) else {}
    return replace(views, images=zeros, **others)


def samples_are_of_latents_alone(method: Method) -> bool:
    """Other images make the same samples, and other latents make others."""
    views = method.views_type.example(3, torch.Generator().manual_seed(0))
    width = 3 * 16 * 16
    latents = torch.randn(3, width, generator=torch.Generator().manual_seed(1))
    views = replace(views, latents=latents)
    method.eval()
    with torch.no_grad():
        drawn = method.pictures(views)["samples"]
        same = method.pictures(blank(views))["samples"]
        other = method.pictures(replace(views, latents=latents.flip(1)))["samples"]
    return torch.equal(drawn, same) and not torch.allclose(drawn, other)


class DrawsWhatItSees(Method):
    """Hands out the images that it was shown as samples."""

    views_type = ImagesWithLatents

    def step(self, views):
        raise NotImplementedError

    def energy(self, views):
        raise NotImplementedError

    def pictures(self, views):
        return {"samples": views.images + views.latents[:, :1, None, None]}


class DrawsTheSame(DrawsWhatItSees):
    """Has collapsed to one image."""

    def pictures(self, views):
        return {"samples": torch.ones_like(views.images)}


@pytest.mark.parametrize("name", OF_LATENTS)
def test_a_method_that_says_so_draws_samples_of_latents_alone(name: str) -> None:
    assert samples_are_of_latents_alone(build(name))


@pytest.mark.parametrize("wrong", [DrawsWhatItSees, DrawsTheSame])
def test_samples_that_are_none_are_rejected(wrong: type[Method]) -> None:
    assert not samples_are_of_latents_alone(wrong())


def test_the_list_says_of_every_method_whether_it_makes_new_images() -> None:
    assert {entry.samples_from for entry in METHODS.values()} == {"", "latents", "codes"}
    for name, entry in METHODS.items():
        method = find_method(name)
        assert (entry.samples_from == "codes") == hasattr(method, "decode_codes"), name
        assert not entry.samples_from or method.kinds == ("images",)
    assert isinstance(build("vq_vae"), ImageCoder)


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    """A run of a VQ-VAE on images of two kinds, and those images."""
    random = np.random.default_rng(0)
    images = np.where(random.random((60, 1, 1)) < 0.5, 40, 200) + random.integers(0, 30, (60, 16, 16))
    out, data = tmp_path_factory.mktemp("runs") / "vq_vae", tmp_path_factory.mktemp("data") / "images.npz"
    np.savez(data, images=images.astype(np.uint8))
    pretrain("vq_vae", str(data), out, settings={**SETTINGS, "epochs": 8, "learning_rate": 1e-3})
    return out, data


def test_a_prior_is_fitted_kept_and_drawn_from(coded, tmp_path, capsys):
    run, data = coded
    words = ["sample", str(run), "--device", "cpu", "--count", "12", "--json"]
    assert main(words) == 2
    told = "missing --data: images of vq_vae are made of codes, and which there are is learned from images, such as"
    assert f"{told} --data {data}" in capsys.readouterr().err
    assert main([*words, "--data", str(data), "--prior-epochs", "3"]) == 0
    found = json.loads(capsys.readouterr().out)
    prior = found["prior"]
    assert (found["images"], prior["codes"], prior["learned"], prior["held_out"]) == (12, 8, 48, 6)
    assert prior["equal_chance_bits_per_code"] == 3.0
    assert 0 < prior["bits_per_code"] < prior["equal_chance_bits_per_code"]
    first = np.asarray(Image.open(run / "samples.png"))
    assert first.shape == (136, 680)  # 12 images in two rows of ten, 64 and 4 pixels each
    again = tmp_path / "again.png"
    assert main([*words, "--out", str(again)]) == 0  # no data: the prior is there
    assert json.loads(capsys.readouterr().out)["prior"] == prior
    assert np.array_equal(np.asarray(Image.open(again)), first)
    assert main([*words, "--out", str(again)]) == 2
    assert f"{again} exists" in capsys.readouterr().err


def test_a_prior_of_an_earlier_state_of_the_run_is_not_drawn_from(coded):
    run, data = coded
    sample(run, str(data), count=2, prior_epochs=1, refit=True, device="cpu")
    kept = run / "prior" / "config.json"
    before = kept.read_text()
    kept.write_text(json.dumps({**json.loads(before), "steps_of_the_run": 1}))
    with pytest.raises(UserError, match="missing --data"):
        sample(run, count=2, device="cpu")
    kept.write_text(before)
    assert len(sample(run, count=2, device="cpu").pictures) == 2


def test_the_seed_decides_which_images_are_drawn(coded):
    run, data = coded
    sample(run, str(data), count=1, prior_epochs=1, device="cpu")
    first, same, other = (sample(run, count=4, seed=seed, device="cpu").pictures for seed in (0, 0, 1))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
    assert {each.shape for each in first} == {(16, 16, 1)}
    assert {each.dtype for each in first} == {np.dtype(np.uint8)}


def test_a_method_that_makes_no_new_images_is_refused_before_anything_is_read(coded):
    opened = open_run(coded[0])
    run, images = replace(opened, record=replace(opened.record, method="rotation")), np.zeros((8, 16, 16), np.uint8)
    with pytest.raises(UserError, match="is a run of rotation, which makes no new images: expected one of ") as refused:
        sample(run, "no-such-data")
    assert all(name in str(refused.value) for name in [*OF_LATENTS, "vq_vae"])
    with pytest.raises(UserError, match="at least 1 image"):
        sample(coded[0], count=0)
    with pytest.raises(UserError, match="at least 20 images to learn their codes from, got 8"):
        sample(coded[0], images, refit=True, device="cpu")
