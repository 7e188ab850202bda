"""Frames are seen alone, without colours where that is asked for, and the network is saved with what it was told."""

import pytest
import torch

from selftaught.core import Clips, UserError
from selftaught.encoders import FrameResNet, VideoPreprocessing, load_encoder, save_encoder

STATISTICS = {"mean": (0.4, 0.5, 0.3), "standard_deviation": (0.2, 0.25, 0.3)}


def build(**options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return FrameResNet(**{"image_size": 16, "width": 8, "middle_width": 8, **options}).eval()


def test_positions_stand_frame_by_frame_and_row_by_row():
    encoder, clips = build(), torch.randn(2, 3, 3, 16, 16)
    places = encoder.local(clips)
    assert places.shape == (2, 48, 8)
    assert torch.allclose(places[:, 16:32], encoder.local(clips[:, 1:2]), atol=1e-5)  # each frame alone
    assert torch.allclose(encoder(clips), places.mean(1))
    spot = torch.zeros(1, 1, 3, 16, 16)
    spot[..., 13:15, 1:3] = 2.0  # below, at the left
    change = (encoder.local(spot) - encoder.local(torch.zeros_like(spot))).norm(dim=2)
    assert change.argmax().item() in (8, 12, 13)


def test_only_lightness_is_seen():
    encoder, other = build(**STATISTICS), build(**STATISTICS, lightness_only=False)
    red, blue = torch.zeros(1, 1, 3, 16, 16), torch.zeros(1, 1, 3, 16, 16)
    red[:, :, 0], blue[:, :, 2] = 0.5, 0.8157  # of the same L
    mean, deviation = (torch.tensor(STATISTICS[name]).view(3, 1, 1) for name in ("mean", "standard_deviation"))
    pair = [(each - mean) / deviation for each in (red, blue)]
    seen = [encoder.local(each).detach() for each in pair]
    assert torch.allclose(*seen, atol=0.02 * float(seen[0].abs().max()))
    told = [other.local(each).detach() for each in pair]
    assert not torch.allclose(*told, atol=0.1 * float(told[0].abs().max()))
    assert encoder.conv1.in_channels == 1
    assert other.conv1.in_channels == 3


def test_it_is_saved_with_the_palette(tmp_path):
    encoder = build(**STATISTICS)
    palette = ((-10.5, 3.25), (20.0, 40.0))
    prepare = VideoPreprocessing(16, 4, 2, *STATISTICS.values(), palette)
    save_encoder(encoder, prepare, tmp_path)
    loaded = load_encoder(tmp_path)
    assert loaded.kind == "video"
    assert loaded.preprocessing == prepare
    clips = Clips(torch.randint(256, (2, 4, 3, 16, 16), dtype=torch.uint8))
    assert torch.allclose(loaded(clips), encoder(prepare(clips)))
    assert loaded.local(clips).shape == (2, 64, 8)
    with pytest.raises(UserError, match="expected frames of 16x16 pixels, got 8x8"):
        loaded(Clips(torch.zeros(1, 4, 3, 8, 8)))


@pytest.mark.parametrize("wrong", [{"image_size": 18}, {"image_size": 4}, {"width": 0}, {"middle_width": 6}])
def test_wrong_sizes_are_refused(wrong):
    with pytest.raises(UserError, match="expected"):
        build(**wrong)
