"""`pretrain` from Python: data, views and encoders of one's own; starts from trained weights."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch.utils.data import Dataset

import selftaught
from selftaught.core import ImageBatch, MultiView, UserError
from selftaught.encoders import SmallResNet, TimmResNet, encoder_weights
from selftaught.methods import MoCo, SimCLR
from selftaught.runs import open_run, resume
from selftaught.runs.planning import method_name, plan_run
from selftaught.runs.schema import Schema
from selftaught.runs.settings import Settings
from selftaught.runs.starting import Start

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 12, 12), dtype=np.uint8)
NUMBERS = {"epochs": 1, "batch_size": 8, "device": "cpu", "hidden_width": 16, "embedding_width": 8}


class Photos(Dataset):
    """A map-style data set as people have them: PIL images with something beside them."""

    def __init__(self, pixels):
        self.pixels = pixels

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, row):
        return Image.fromarray(self.pixels[row]), f"note {row}"


class Mirrored:
    """A view maker of one's own: an image and its mirror image."""

    def __call__(self, items, *, index=None, draws=None):
        pixels = (items.pixels if isinstance(items, ImageBatch) else items).float() / 255
        rows = torch.arange(len(pixels)) if index is None else index
        return MultiView(rows, (pixels, pixels.flip(-1)))


def test_any_map_style_data_set_and_any_view_maker(tmp_path):
    run = selftaught.pretrain("simclr", Photos(PIXELS), tmp_path / "run", settings=NUMBERS, views=Mirrored())
    assert run.record.data.given is None
    assert run.record.data.items == 40
    assert run.record.views["maker"] == "Mirrored"
    assert "views" not in run.record.settings
    assert run.encoder()(torch.from_numpy(PIXELS[:3, None])).shape == (3, 256)
    with pytest.raises(UserError, match="data in memory: give them again"):
        resume(run, epochs=1)
    with pytest.raises(UserError, match="a view maker of its own, Mirrored: give it"):
        resume(run, epochs=1, data=Photos(PIXELS))
    assert resume(run, epochs=1, data=Photos(PIXELS), views=Mirrored()).record.steps == 10
    with pytest.raises(UserError, match="learned from 40 images, and there are 32 now"):
        resume(run, epochs=1, data=Photos(PIXELS[:32]), views=Mirrored())


def test_views_of_ones_own_leave_no_say_to_the_options_of_the_methods(tmp_path):
    with pytest.raises(UserError, match="--crop-scale is for the views of simclr"):
        plan_run("simclr", PIXELS, tmp_path / "x", settings={**NUMBERS, "crop_scale": (0.5, 1)}, views=Mirrored())


def test_an_encoder_of_ones_own_hands_is_the_start(tmp_path):
    encoder = SmallResNet(channels=1, image_size=20)
    before = {name: weight.clone() for name, weight in encoder.state_dict().items()}
    run = selftaught.pretrain(SimCLR, PIXELS, tmp_path / "run", encoder=encoder, settings=NUMBERS)
    assert run.record.preprocessing["image_size"] == 20
    for name, weight in run.start().encoder.state_dict().items():
        assert torch.equal(weight, before[name])
        assert torch.equal(weight, encoder.state_dict()[name])
    assert not torch.equal(run.encoder().encoder.conv1.weight, before["conv1.weight"])


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_a_file_of_weights_is_the_start(tmp_path, suffix):
    encoder = SmallResNet(channels=1, image_size=12)
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pt":
        torch.save(encoder.state_dict(), path)
    else:
        save_file(encoder_weights(encoder), path)
    plan = plan_run("simclr", PIXELS, tmp_path / "run", weights=path, settings=NUMBERS)
    assert plan.record.weights == str(path)
    for name, weight in encoder.state_dict().items():
        assert torch.equal(plan.encoder.state_dict()[name], weight)
    with pytest.raises(UserError, match="do not fit the encoder"):
        plan_run("simclr", PIXELS, tmp_path / "run", weights=path, encoder="resnet18", settings=NUMBERS)


def test_weights_of_timm_that_are_not_there(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="timm has no weights for 'resnet18_mine': expected"):
        Start("timm").check(Settings(SimCLR, Schema(), {"encoder.name": "resnet18_mine"}))

    def offline(*_, **__):
        raise FileNotFoundError("Check your connection\nand more")

    monkeypatch.setattr("timm.create_model", offline)
    plan = plan_run("simclr", PIXELS, tmp_path / "x", settings=NUMBERS)
    settings = plan.settings.replace({"encoder.name": "resnet18"})
    with pytest.raises(UserError, match=r"could not get timm's weights for 'resnet18': Check your connection$"):
        Start("timm").build(settings, plan.preprocessing)


def test_starts_depend_on_the_seed_alone(tmp_path):
    def start(**numbers):
        return plan_run("simclr", PIXELS, tmp_path / "run", settings={**NUMBERS, **numbers}).encoder.state_dict()

    torch.manual_seed(1)
    first = start()
    torch.manual_seed(2)
    assert torch.equal(first["conv1.weight"], start()["conv1.weight"])
    assert torch.equal(first["conv1.weight"], start(temperature=0.5)["conv1.weight"])
    assert not torch.equal(first["conv1.weight"], start(seed=1)["conv1.weight"])


def test_the_size_that_a_network_sees(tmp_path):
    def seen(data, **numbers):
        plan = plan_run("simclr", data, tmp_path / "run", settings={**NUMBERS, **numbers})
        return plan.preprocessing.image_size, plan.preprocessing.crop_fraction

    assert seen(PIXELS) == (12, 1.0)
    assert seen(PIXELS, image_size=24) == (24, 1.0)
    assert seen(np.zeros((8, 64, 48), np.uint8)) == (64, 1.0)
    assert seen(np.zeros((8, 65, 65), np.uint8)) == (224, 0.875)
    assert seen(np.zeros((8, 65, 65), np.uint8), crop_fraction=1.0) == (224, 1.0)


def test_normalisation_is_that_of_the_images_unless_told(tmp_path):
    plan = plan_run("simclr", PIXELS, tmp_path / "run", settings=NUMBERS)
    assert plan.preprocessing.mean[0] == pytest.approx(PIXELS.mean() / 255, abs=1e-6)
    assert plan.preprocessing.standard_deviation[0] == pytest.approx(PIXELS.std() / 255, abs=1e-6)
    assert plan.make_views.mean == plan.preprocessing.mean
    plan = plan_run("simclr", PIXELS, tmp_path / "run", settings={**NUMBERS, "mean": [0.25]})
    assert plan.preprocessing.mean == (0.25,)
    with pytest.raises(UserError, match="for each of 1 channels"):
        plan_run("simclr", PIXELS, tmp_path / "run", settings={**NUMBERS, "mean": [0.25, 0.5, 0.75]})


def test_a_stem_is_recorded_as_it_was_resolved(tmp_path):
    settings = {**NUMBERS, "encoder": "resnet18"}
    plan = plan_run("simclr", PIXELS, tmp_path / "run", settings=settings)
    assert isinstance(plan.encoder, TimmResNet)
    expected = {"encoder.name": "resnet18", "encoder.stem": "small", "encoder.channel_split": None}
    expected |= dict.fromkeys(("encoder.levels", "encoder.features", "encoder.blocks", "encoder.patch_grid"))
    assert plan.record.settings["encoder"] == expected


def test_moco_keeps_its_start_though_it_regroups_the_encoder(tmp_path):
    numbers = NUMBERS | {"queue": 16, "batch_norm_groups": 2}
    run = selftaught.pretrain(MoCo, PIXELS, tmp_path / "run", settings=numbers)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        fresh = SmallResNet(channels=1, image_size=12)
    for name, weight in fresh.state_dict().items():
        assert torch.equal(run.start().encoder.state_dict()[name], weight)
    assert open_run(run.path).record == run.record


class OwnMethod(SimCLR.__base__):
    """A method that is in no list."""


def test_the_name_of_a_method():
    assert method_name(SimCLR) == "simclr"
    assert method_name(OwnMethod) == f"{__name__}:OwnMethod"


def test_what_is_left_out_is_recorded(tmp_path):
    plan = plan_run("simclr", PIXELS, tmp_path / "run", settings=NUMBERS)
    assert any("hue" in sentence for sentence in plan.record.views["left_out"])
