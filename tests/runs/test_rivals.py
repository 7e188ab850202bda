"""What a run may be compared with, and that what is compared is what was named."""

import json
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from selftaught.core import UserError
from selftaught.encoders import Preprocessing, SmallResNet, save_encoder
from selftaught.runs import evaluate, pretrain
from selftaught.runs.rivals import find_rival


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    torch.manual_seed(3)
    file = tmp_path_factory.mktemp("weights") / "resnet10t.safetensors"
    save_file(timm.create_model("resnet10t").state_dict(), file)
    return file


def bright_and_dark(folder: Path) -> Path:
    random = np.random.default_rng(0)
    images = random.integers(0, 128, (30, 12, 12, 3), dtype=np.uint8)
    images[::2] += 127
    np.savez(folder / "images.npz", images=images, labels=np.arange(30) % 2)
    return folder / "images.npz"


def test_a_network_of_timm_has_the_weights_of_the_file(weights):
    rival = find_rival(f"timm:resnet10t:{weights}", crop_fraction=0.5)
    known = timm.get_pretrained_cfg("resnet10t")
    assert rival.told == f"resnet10t with the weights of {weights} (512 features, images of 176 pixels)"
    assert rival.model.preprocessing == Preprocessing(176, 3, tuple(known.mean), tuple(known.std), 0.5)
    network = timm.create_model("resnet10t", num_classes=0)
    kept = {name: one for name, one in torch_load(weights).items() if not name.startswith("fc.")}
    network.load_state_dict(kept)
    items = torch.rand(2, 3, 176, 176)
    with torch.no_grad():
        torch.testing.assert_close(rival.model.encoder(items), network.eval()(items))


def torch_load(file: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(file)


def test_a_folder_of_timms_hub_and_one_of_ours(weights, tmp_path):
    hub = tmp_path / "hub"
    hub.mkdir()
    (hub / "config.json").write_text(json.dumps({"architecture": "resnet10t", "num_classes": 1000}))
    with pytest.raises(UserError, match=r"no weights in .*hub: expected a file model.safetensors"):
        find_rival(hub)
    (hub / "model.safetensors").write_bytes(weights.read_bytes())
    assert find_rival(hub).told.startswith("resnet10t with the weights of")
    ours = tmp_path / "ours"
    save_encoder(SmallResNet(image_size=12), Preprocessing(12, 3, (0.5,) * 3, (0.5,) * 3), ours)
    assert find_rival(ours).model.encoder.width == 256


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere", "no run at nowhere"),
        ("timm:resnet10x:w.safetensors", "unknown encoder 'resnet10x': did you mean 'resnet10t'"),
        ("timm:resnet10t:missing.safetensors", "no file of weights at missing.safetensors"),
        ("timm:small_resnet", "timm has no weights for 'small_resnet'"),
    ],
)
def test_what_is_not_there_is_refused(given, said):
    with pytest.raises(UserError, match=said):
        find_rival(given)


def test_weights_of_another_network_are_refused(weights):
    with pytest.raises(UserError, match="do not fit the encoder"):
        find_rival(f"timm:resnet18:{weights}")


def test_a_run_beside_a_network_of_timm_on_the_same_items(weights, tmp_path):
    data = bright_and_dark(tmp_path)
    settings = {"epochs": 1, "batch_size": 8, "hidden_width": 16, "device": "cpu", "watch_every": 0}
    run = pretrain("simclr", data, tmp_path / "run", settings=settings)
    found = evaluate(run, data, protocols="knn", against=f"timm:resnet10t:{weights}", device="cpu")
    against = found["against"]
    assert against["run"] == f"timm:resnet10t:{weights}"
    assert (against["method"], against["encoder"].split()[0]) == (None, "resnet10t")
    assert "resnet10t with the weights of" in against["sentence"]
    [knn] = against["differences"]
    assert knn["second"] == against["protocols"]["knn"]["accuracy"]
