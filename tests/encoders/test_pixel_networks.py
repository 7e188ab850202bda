"""Networks of levels: built by name, saved with all that they need, and refused where they do not fit."""

import pytest
import torch

from selftaught.core import UserError
from selftaught.encoders import (
    MaskedPerceptron,
    PixelReader,
    Preprocessing,
    build_encoder,
    describe_encoder,
    load_encoder,
    rebuild_encoder,
    save_encoder,
)

NAMES = ("pixel_cnn", "row_lstm", "diagonal_bilstm", "masked_perceptron")
STATISTICS = {"mean": (0.3,), "standard_deviation": (0.4,)}
SMALL = {"channels": 1, "image_size": 8, "levels": 4, "features": 12, "blocks": 2, **STATISTICS}


@pytest.mark.parametrize("name", NAMES)
def test_they_are_built_by_name_and_saved(name, tmp_path):
    encoder = build_encoder(name, **SMALL).eval()
    assert describe_encoder(encoder) == {"name": name, **SMALL}
    assert describe_encoder(rebuild_encoder(encoder, seed=1)) == describe_encoder(encoder)
    save_encoder(encoder, Preprocessing(8, 1, (0.3,), (0.4,)), tmp_path)
    loaded = load_encoder(tmp_path)
    pixels = torch.randint(0, 256, (3, 1, 8, 8), dtype=torch.uint8)
    torch.testing.assert_close(loaded(pixels), encoder((pixels / 255 - 0.3) / 0.4))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_lost_by_rounding_makes_no_difference(name):
    encoder = build_encoder(name, **SMALL).eval()
    shares = torch.rand(3, 1, 8, 8)
    rounded = (shares * 3).round() / 3
    torch.testing.assert_close(encoder((shares - 0.3) / 0.4), encoder((rounded - 0.3) / 0.4))


def test_sizes_that_nobody_names_are_each_network_s_own():
    reader, perceptron = (build_encoder(name, channels=1, image_size=8) for name in ("pixel_cnn", "masked_perceptron"))
    assert isinstance(reader, PixelReader)
    assert isinstance(perceptron, MaskedPerceptron)
    assert (reader.levels, reader.features, reader.blocks) == (256, 64, 6)
    assert (perceptron.levels, perceptron.features, perceptron.blocks) == (2, 500, 2)


@pytest.mark.parametrize("option", ["levels", "features", "blocks"])
def test_other_networks_have_no_levels(option):
    with pytest.raises(UserError, match=rf"{option}: expected one of pixel_cnn, row_lstm, .* got 'resnet18'"):
        build_encoder("resnet18", channels=1, image_size=8, **{option: 2})


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("levels", 1, "levels: expected at least 2, got 1"),
        ("features", 5, "features: expected an even number, at least two for each channel, got 5"),
        ("blocks", 0, "blocks: expected at least 1, got 0"),
    ],
)
def test_values_out_of_range_are_refused(option, value, said):
    with pytest.raises(UserError, match=said):
        build_encoder("row_lstm", channels=3, image_size=8, **{option: value})


def test_timm_has_no_weights_for_them():
    with pytest.raises(UserError, match="timm has no trained weights for 'pixel_cnn'"):
        build_encoder("pixel_cnn", channels=1, image_size=8, pretrained=True)
