"""Transformers take crops of other sizes than their own, by interpolated positions."""

import pytest
import torch
from timm.layers import resample_abs_pos_embed

from selftaught.core import MultiCrop
from selftaught.encoders import TimmEncoder, VisionTransformer
from selftaught.methods import DINO


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return VisionTransformer(image_size=16).eval()


def test_a_small_crop_has_the_positions_of_its_grid(encoder):
    crops = torch.randn(2, 3, 8, 8)
    fixed = VisionTransformer(image_size=8).eval()  # its patches have as many pixels
    fixed.load_state_dict(encoder.state_dict() | {"network.pos_embed": fixed.network.pos_embed})
    positions = resample_abs_pos_embed(encoder.network.pos_embed, [4, 4], num_prefix_tokens=0)
    with torch.no_grad():
        fixed.network.pos_embed.copy_(positions)
    torch.testing.assert_close(encoder(crops), fixed(crops), rtol=1e-5, atol=1e-6)


def test_at_its_own_size_all_its_functions_agree(encoder):
    """The mean over the patches that `local` gives, and those that `visible` gives when none is hidden."""
    images = torch.randn(2, 3, 16, 16)
    everything = torch.arange(encoder.patches).expand(2, -1)
    torch.testing.assert_close(encoder.visible(images, everything), encoder.local(images), rtol=1e-5, atol=1e-6)


def test_timm_s_transformers_take_small_crops():
    encoder = TimmEncoder("vit_tiny_patch16_224", channels=1, image_size=32).eval()
    assert encoder(torch.zeros(2, 1, 12, 12)).shape == encoder(torch.zeros(2, 1, 32, 32)).shape == (2, encoder.width)


def test_dino_trains_a_transformer(encoder):
    method = DINO(encoder.train(), hidden_width=16, outputs=8)
    step = method.step(MultiCrop.example(4, torch.Generator().manual_seed(0)))
    step.loss.backward()
    assert encoder.network.pos_embed.grad.abs().max() > 0
