"""The laptop's ResNet."""

import pytest
import torch
from torch import nn

from selftaught.encoders import SmallResNet

IMAGES = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_it_has_one_block_a_stage_and_a_million_weights():
    encoder = SmallResNet(channels=3, image_size=32)
    assert sum(weight.numel() for weight in encoder.parameters()) == 1_226_400
    assert [module.out_channels for name, module in encoder.named_modules() if name.endswith("conv2")] == [
        32,
        64,
        128,
        256,
    ]


@pytest.mark.parametrize(
    ("image_size", "positions"), [(28, 4 * 4), (32, 4 * 4), (64, 8 * 8), (65, 3 * 3), (224, 7 * 7)]
)
def test_only_large_images_are_shrunk_by_the_stem(image_size, positions):
    encoder = SmallResNet(channels=2, image_size=image_size).eval()
    local = encoder.local(torch.zeros(1, 2, image_size, image_size))
    assert local.shape == (1, positions, 256)


def test_a_vector_is_the_mean_of_its_positions_row_by_row():
    encoder = SmallResNet(channels=3, image_size=64).eval()
    local = encoder.local(IMAGES)
    torch.testing.assert_close(encoder(IMAGES), local.mean(1))
    changed = IMAGES.clone()
    changed[:, :, 0, -1] += 50  # the top right corner
    moved = (encoder.local(changed) - local).abs().amax((0, 2)).view(8, 8)
    assert moved.argmax() == 7
    assert moved[7, 0] < 0.05 * moved[0, 7]


def test_it_starts_with_variance_kept_by_its_convolutions():
    torch.manual_seed(0)
    for module in SmallResNet(channels=3, image_size=32).modules():
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 5000:
            fan_out = module.out_channels * module.kernel_size[0] ** 2
            assert module.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.05)
