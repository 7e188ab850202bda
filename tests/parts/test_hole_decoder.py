"""A layer within each channel, and the square that is decoded."""

import torch

from selftaught.encoders import SmallResNet
from selftaught.parts import ChannelwiseLinear, HoleDecoder


def test_every_channel_has_a_layer_of_its_own():
    layer = ChannelwiseLinear(channels=3, positions=4).double()
    torch.nn.init.normal_(layer.bias)
    items = torch.randn(2, 4, 3, dtype=torch.float64)
    found = layer(items)
    for channel in range(3):
        expected = items[:, :, channel] @ layer.weight[channel].T + layer.bias[channel]
        torch.testing.assert_close(found[:, :, channel], expected)
    items.requires_grad_(True)
    (slope,) = torch.autograd.grad(layer(items)[0, 0, 1], items)
    assert (slope[0, :, 1] != 0).all()  # from every place
    assert (slope[0, :, [0, 2]] == 0).all()  # of this channel alone
    assert (slope[1] == 0).all()


def test_every_pixel_hears_of_every_position():
    encoder = SmallResNet(channels=3, image_size=32)
    decoder = HoleDecoder(encoder, channels=3, image_size=32, side=16, width=8).eval()
    assert encoder.training
    assert (encoder.bn1.running_mean == 0).all()  # the empty image was shown in eval mode
    positions = torch.randn(1, 16, 256)
    for corner in (0, 3, 12, 15):
        changed = positions.clone()
        changed[0, corner] += 3
        assert ((decoder(changed) - decoder(positions)).abs().amax(1) > 0).float().mean() > 0.9


def test_the_square_and_the_whole():
    decoder = HoleDecoder(SmallResNet(channels=1, image_size=28), channels=1, image_size=28, side=14, width=8)
    images = torch.arange(28.0 * 28).view(1, 1, 28, 28)
    square = decoder.square(images)
    assert torch.equal(square, images[:, :, 7:21, 7:21])
    whole = decoder.whole(square, 28)
    assert torch.equal(decoder.square(whole), square)
    assert whole.sum() == square.sum()
