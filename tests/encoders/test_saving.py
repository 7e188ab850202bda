"""The saved encoder: exact, raw images in, and nothing in its files is ever run."""

import json
import pickle

import pytest
import torch

from selftaught.core import Encoder, ImageBatch, UserError
from selftaught.encoders import Preprocessing, SmallResNet, TimmEncoder, load_encoder, rebuild_encoder, save_encoder
from selftaught.encoders.text_transformer import TextTransformer

GREY = Preprocessing(image_size=28, channels=1, mean=(0.3,), standard_deviation=(0.35,), crop_fraction=0.9)


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (6, 1, 40, 30), generator=generator, dtype=torch.uint8)


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    encoder = SmallResNet(channels=1, image_size=28)
    encoder(torch.randn(8, 1, 28, 28))
    save_encoder(encoder, GREY, tmp_path)
    return tmp_path


@pytest.mark.parametrize("make", [SmallResNet, lambda **size: TimmEncoder("resnet10t", **size)])
def test_a_round_trip_is_exact(make, images, tmp_path):
    torch.manual_seed(0)
    encoder = make(channels=1, image_size=28)
    encoder(torch.randn(8, 1, 28, 28))
    save_encoder(encoder, GREY, tmp_path / "deep" / "folder")
    loaded = load_encoder(tmp_path / "deep" / "folder")
    assert loaded.preprocessing == GREY
    assert loaded.width == encoder.width
    assert not any(module.training for module in loaded.modules())
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(loaded.encoder.state_dict()[name], tensor), name
    assert torch.equal(loaded(images), encoder.eval()(GREY(ImageBatch.of(images))))


@pytest.mark.parametrize(
    "make", [lambda: SmallResNet(channels=3), lambda: TextTransformer(vocabulary_size=50, width=16)]
)
def test_the_same_network_has_fresh_weights_of_its_seed(make):
    before = torch.get_rng_state()
    encoder = make()
    torch.set_rng_state(before)
    ones, same, other = (rebuild_encoder(encoder, seed=seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert {name: part.shape for name, part in ones.items()} == {n: p.shape for n, p in encoder.state_dict().items()}
    assert all(torch.equal(part, same[name]) for name, part in ones.items())
    drawn = [name for name, part in ones.items() if not torch.equal(part, other[name])]
    assert drawn
    assert all(not torch.equal(ones[name], encoder.state_dict()[name]) for name in drawn)


def test_only_the_two_files_are_left(folder):
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]


def test_raw_images_of_every_sort_give_the_same_vectors(folder, images):
    encoder = load_encoder(folder)
    expected = encoder(images)
    torch.testing.assert_close(encoder(images.float() / 255), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(encoder(images[2]), expected[2:3], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(encoder(ImageBatch.of(images)), expected)
    assert (expected[0] - expected[1]).abs().max() > 1e-3


def test_images_of_other_channels_are_refused(folder):
    with pytest.raises(UserError, match="expected images with 1 channels, got 5"):
        load_encoder(folder)(torch.zeros(2, 5, 28, 28))


def test_an_encoder_of_ones_own_class_is_refused_before_anything_is_written(tmp_path):
    class Own(Encoder):
        width = 1

        def forward(self, items):
            return items.mean((2, 3))

    with pytest.raises(UserError, match=r"expected an encoder of selftaught.encoders, got Own"):
        save_encoder(Own(), GREY, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(UserError, match=f"expected a file {name}"):
        load_encoder(folder)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"no encoder in .*nowhere"):
        load_encoder(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"encoder": 3}', '{"encoder": {"name": "small_resnet"}, "preprocessing": {}}']
)
def test_a_damaged_configuration_is_said_on_one_line(folder, text):
    (folder / "config.json").write_text(text)
    with pytest.raises(UserError, match=r"config.json is damaged") as caught:
        load_encoder(folder)
    assert "\n" not in str(caught.value)


def test_an_unknown_encoder_in_the_configuration_is_named(folder):
    configuration = json.loads((folder / "config.json").read_text())
    configuration["encoder"]["name"] = "resnet81"
    (folder / "config.json").write_text(json.dumps(configuration))
    with pytest.raises(UserError, match="unknown encoder 'resnet81'"):
        load_encoder(folder)


def test_weights_of_another_network_are_refused(folder):
    configuration = json.loads((folder / "config.json").read_text())
    configuration["encoder"]["channels"] = 3
    (folder / "config.json").write_text(json.dumps(configuration))
    with pytest.raises(UserError, match=r"do not fit the encoder: in another shape conv1.weight"):
        load_encoder(folder)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_truncated_weights_are_refused_on_one_line(folder, share):
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(UserError, match=r"model.safetensors is no complete safetensors file") as caught:
        load_encoder(folder)
    assert "\n" not in str(caught.value)


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("write", [lambda thing, path: path.write_bytes(pickle.dumps(thing)), torch.save])
def test_a_pickle_in_disguise_is_refused_and_not_run(folder, write):
    write({"conv1.weight": Bomb(folder / "exploded")}, folder / "model.safetensors")
    with pytest.raises(UserError, match=r"model.safetensors is no complete safetensors file"):
        load_encoder(folder)
    assert not (folder / "exploded").exists()
