"""The mean over overlapping patches against patches cut one after another, and encoders that are something else."""

import pytest
import torch

from selftaught.core import UserError
from selftaught.encoders import (
    PatchAverage,
    Preprocessing,
    SmallResNet,
    build_encoder,
    describe_encoder,
    load_encoder,
    rebuild_encoder,
    save_encoder,
)


def build(grid=7):
    torch.manual_seed(0)
    return build_encoder("small_resnet", channels=1, image_size=16, features=4, patch_grid=grid).double().eval()


def images():
    return torch.randn(3, 1, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def is_mean_over_patches(encoder):
    """Whether patches of 4x4 pixels, two apart, are seen alone, and count alike."""
    corners = [(row, column) for row in range(0, 13, 2) for column in range(0, 13, 2)]
    each = [encoder.of_patches(images()[:, :, row : row + 4, column : column + 4]) for row, column in corners]
    found = encoder.local(images())
    return torch.allclose(found, torch.stack(each, 1), rtol=0, atol=1e-12) and torch.allclose(
        encoder(images()), sum(each) / 49, rtol=0, atol=1e-12
    )


def test_it_is_the_mean_over_patches():
    assert is_mean_over_patches(build())


@pytest.mark.parametrize(
    "change",
    [
        lambda encoder: setattr(encoder, "forward", lambda items: encoder.of_patches(items)),  # of whole images
        lambda encoder: setattr(encoder, "forward", lambda items: encoder.local(items).amax(1)),
        lambda encoder: setattr(encoder, "local", lambda items: PatchAverage.local(encoder, items.mT)),  # by columns
    ],
)
def test_a_wrong_version_is_rejected(change):
    encoder = build()
    change(encoder)
    assert not is_mean_over_patches(encoder)


def test_it_is_saved_and_loaded(tmp_path):
    encoder = build().float()
    save_encoder(encoder, Preprocessing(16, 1, (0.5,), (0.5,)), tmp_path)
    loaded = load_encoder(tmp_path).encoder
    assert describe_encoder(loaded) == describe_encoder(encoder)
    assert describe_encoder(encoder)["patch_grid"] == 7
    assert torch.equal(loaded(images().float()), encoder(images().float()))
    assert isinstance(rebuild_encoder(encoder, seed=1), PatchAverage)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match="patch_grid: expected at least 1, got 0"):
        PatchAverage(SmallResNet(channels=1), image_size=16, patch_grid=0)
    with pytest.raises(UserError, match="patch_grid: expected a network of whole images"):
        build_encoder("small_resnet", channels=3, image_size=16, channel_split="L,ab", patch_grid=3)
    with pytest.raises(UserError, match="at least 8 pixels to cut into 7x7, got 7"):
        build_encoder("small_resnet", channels=1, image_size=7, patch_grid=7)
