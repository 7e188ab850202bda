"""Weights from other people's files: only tensors come in, and only where they fit."""

import pickle

import pytest
import torch
from safetensors.torch import save_file

from selftaught.core import UserError
from selftaught.encoders import SmallResNet, TimmEncoder, encoder_weights, load_weights, read_weights


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def encoder(seed=0):
    torch.manual_seed(seed)
    return SmallResNet(channels=1, image_size=28)


def same(one, other):
    return all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in one.state_dict().items())


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt"])
@pytest.mark.parametrize("wrap", [lambda w: w, lambda w: {"state_dict": w, "epoch": 3}, lambda w: {"model": w}])
def test_state_dicts_are_read_bare_or_wrapped(tmp_path, suffix, wrap):
    torch.save(wrap(encoder().state_dict()), tmp_path / f"weights{suffix}")
    target = encoder(1)
    load_weights(target, read_weights(tmp_path / f"weights{suffix}"), origin="a file")
    assert same(encoder(), target)


def test_safetensors_are_read(tmp_path):
    save_file(encoder_weights(encoder()), tmp_path / "weights.safetensors")
    target = encoder(1)
    load_weights(target, read_weights(tmp_path / "weights.safetensors"), origin="a file")
    assert same(encoder(), target)


@pytest.mark.parametrize("prefix", ["module.", "encoder.", "backbone.", "module.encoder."])
def test_a_prefix_that_all_names_share_is_passed_over(prefix):
    target = encoder(1)
    load_weights(target, {prefix + name: tensor for name, tensor in encoder_weights(encoder()).items()}, origin="it")
    assert same(encoder(), target)


def test_a_classifier_is_passed_over():
    source, target = (TimmEncoder("resnet10t", channels=1, image_size=28) for _ in range(2))
    classifier = {"fc.weight": torch.zeros(10, 512), "fc.bias": torch.zeros(10)}
    load_weights(target, {**encoder_weights(source), **classifier}, origin="a classifier")
    assert same(source, target)
    assert "conv1.0.weight" in encoder_weights(source) or "conv1.weight" in encoder_weights(source)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w.pop("bn1.weight"), "without bn1.weight"),
        (lambda w: w.update({"extra.weight": torch.zeros(1)}), "with the unknown extra.weight"),
        (lambda w: w.update({"conv1.weight": torch.zeros(32, 3, 3, 3)}), "in another shape conv1.weight"),
        (lambda w: w.clear(), "without conv1.weight and 71 more"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_loaded(change, said):
    weights, target = encoder_weights(encoder()), encoder(1)
    change(weights)
    with pytest.raises(UserError, match=f"weights of my file do not fit the encoder: {said}"):
        load_weights(target, weights, origin="my file")
    assert same(target, encoder(1))


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("write", [lambda thing, path: path.write_bytes(pickle.dumps(thing)), torch.save])
def test_code_in_a_file_is_not_run(tmp_path, suffix, write):
    path = tmp_path / f"weights{suffix}"
    write({"conv1.weight": Bomb(tmp_path / "exploded")}, path)
    with pytest.raises(UserError) as caught:
        read_weights(path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 100,
        b"PK\x03\x04 no zip",
        b"\x80\x02}q\x00",
        b"hello world",
        b"\x80",
        b"\x80\x02",
        b"\x80\x02X\x01\x00\x00\x00\xff.",
    ],
)
def test_garbage_is_refused_on_one_line(tmp_path, content):
    (tmp_path / "weights.pt").write_bytes(content)
    with pytest.raises(UserError, match=r"weights.pt holds more than tensors, or is damaged") as caught:
        read_weights(tmp_path / "weights.pt")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_truncated_files_are_refused(tmp_path, share):
    torch.save(encoder().state_dict(), tmp_path / "whole.pt")
    whole = (tmp_path / "whole.pt").read_bytes()
    (tmp_path / "weights.pt").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(UserError, match="is damaged"):
        read_weights(tmp_path / "weights.pt")


@pytest.mark.parametrize("thing", [[torch.zeros(1)], {"a": 3}, torch.zeros(2), {"state_dict": {"a": "b"}}])
def test_files_without_a_state_dict_are_refused(tmp_path, thing):
    torch.save(thing, tmp_path / "weights.pt")
    with pytest.raises(UserError, match="holds no state dict"):
        read_weights(tmp_path / "weights.pt")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"no file of weights at .*missing.pt"):
        read_weights(tmp_path / "missing.pt")
