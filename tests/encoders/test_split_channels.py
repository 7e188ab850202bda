"""Networks that see some of the channels each, from the numbers that rebuild them to the folder that holds them."""

import pytest
import torch

from selftaught.core import JoinedEncoder, UserError
from selftaught.encoders import (
    Preprocessing,
    SmallResNet,
    SplitChannels,
    build_encoder,
    describe_encoder,
    load_encoder,
    rebuild_encoder,
    save_encoder,
)

MEAN, DEVIATION = (0.4, 0.5, 0.6), (0.2, 0.3, 0.25)
NUMBERS = {"channels": 3, "image_size": 16, "channel_split": "L,ab", "mean": MEAN, "standard_deviation": DEVIATION}


def pixels(count=4):
    return torch.randint(0, 256, (count, 3, 16, 16), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


def test_the_vector_is_that_of_all_networks_side_by_side():
    encoder = build_encoder("small_resnet", **NUMBERS).eval()
    assert isinstance(encoder, JoinedEncoder)
    assert isinstance(encoder, SplitChannels)
    items = torch.randn(4, 3, 16, 16)
    lightness, colour = encoder.split(items)
    expected = torch.cat([encoder.networks[0](lightness), encoder.networks[1](colour)], 1)
    assert torch.equal(encoder(items), expected)
    assert encoder.width == 512
    assert encoder.widths == (256, 256)
    one, other = (network.conv1.weight for network in encoder.networks)
    assert one.shape[1] == 1
    assert other.shape[1] == 2


def test_each_network_sees_its_channels_alone():
    encoder = SplitChannels("small_resnet", channels=4, image_size=16, channel_split="0-2,3").eval()
    items = torch.randn(2, 4, 16, 16)
    changed = items.clone()
    changed[:, 3] += 1
    difference = (encoder(changed) - encoder(items)).abs().amax(0)
    assert difference[:256].max() == 0
    assert difference[256:].max() > 0


def test_it_is_saved_and_loaded_and_takes_raw_images(tmp_path):
    encoder = build_encoder("small_resnet", **NUMBERS).eval()
    preprocessing = Preprocessing(16, 3, MEAN, DEVIATION)
    save_encoder(encoder, preprocessing, tmp_path)
    loaded = load_encoder(tmp_path)
    expected = encoder(
        (pixels().float() / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
    )
    torch.testing.assert_close(loaded(pixels()), expected)
    assert describe_encoder(loaded.encoder) == describe_encoder(encoder)


def test_its_description_rebuilds_it_with_other_weights():
    encoder = build_encoder("small_resnet", **NUMBERS)
    assert describe_encoder(encoder) == {"name": "small_resnet", "stem": "small", "features": 32, **NUMBERS}
    again = rebuild_encoder(encoder, seed=3)
    assert [weight.shape for weight in again.parameters()] == [weight.shape for weight in encoder.parameters()]
    whole = describe_encoder(SmallResNet(channels=1, image_size=28))
    assert whole.keys() == {"name", "stem", "channels", "image_size", "features"}


def test_a_network_of_timm():
    encoder = build_encoder("resnet18", channels=3, image_size=32, channel_split="L,a,b").eval()
    assert encoder(torch.zeros(1, 3, 32, 32)).shape == (1, 3 * 512)
    assert describe_encoder(encoder)["name"] == "resnet18"


def test_trained_weights_of_timm_are_refused():
    with pytest.raises(UserError, match="for whole images"):
        build_encoder("resnet18", channels=3, image_size=32, channel_split="L,ab", pretrained=True)
