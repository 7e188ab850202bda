"""The laptop's ResNet."""

import pytest
import torch
from torch import nn

from selftaught.core import UserError
from selftaught.encoders import Preprocessing, SmallResNet, build_encoder, load_encoder, save_encoder

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


def test_every_stage_is_twice_as_wide_as_the_one_before():
    encoder = SmallResNet(channels=3, image_size=32, features=5)
    assert encoder.width == 40
    assert [shape[0] for shape in encoder.stage_shapes] == [
        stage.shape[1] for stage in encoder.stages(IMAGES[..., :32, :32])
    ]
    assert encoder(IMAGES[..., :32, :32]).shape == (3, 40)
    with pytest.raises(UserError, match="at least 1, got 0"):
        SmallResNet(features=0)


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


def test_its_width_is_saved_and_rebuilt(tmp_path):
    preprocessing = Preprocessing(28, 3, (0.5,) * 3, (0.5,) * 3)
    for name, split in (("whole", None), ("split", "L,ab")):
        encoder = build_encoder(
            "small_resnet",
            channels=3,
            image_size=28,
            features=4,
            channel_split=split,
            mean=(0.5,) * 3,
            standard_deviation=(0.5,) * 3,
        )
        save_encoder(encoder, preprocessing, tmp_path / name)
        assert load_encoder(tmp_path / name).encoder.width == encoder.width == (32 if split is None else 64)
    with pytest.raises(UserError, match=r"blocks: expected one of pixel_cnn, .*, got 'small_resnet'"):
        build_encoder("small_resnet", channels=3, image_size=28, blocks=2)
