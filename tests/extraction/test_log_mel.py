"""Mean log-mel features are the energy of the bands, of the recording and not of its padding."""

import math

import pytest
import torch

from selftaught.core import Sequences, UserError
from selftaught.extraction.log_mel import LogMel


def tone(hertz, count=4000, rate=8000):
    return 0.5 * torch.sin(2 * math.pi * hertz * torch.arange(count) / rate)


def test_a_tone_is_loudest_in_its_band():
    edges = torch.linspace(0, 2595 * math.log10(1 + 4000 / 700), 42)
    centres = 700 * (10 ** (edges[1:-1] / 2595) - 1)
    found = LogMel(8000)(Sequences.of([tone(centres[band].item()) for band in (5, 20, 38)]))
    assert found.argmax(1).tolist() == [5, 20, 38]


@pytest.mark.parametrize("statistics", ["mean", "mean and deviation"])
def test_padding_is_not_heard(statistics):
    logmel = LogMel(8000, statistics=statistics)
    sounds = [tone(300), tone(900, 1234), tone(2000, 150)]
    batch = Sequences.of(sounds)
    loud = Sequences(batch.values.masked_fill(~batch.mask, 5.0), batch.lengths)
    alone = torch.cat([logmel(Sequences.of([sound])) for sound in sounds])
    torch.testing.assert_close(logmel(batch), alone)
    torch.testing.assert_close(logmel(loud), alone)
    assert alone.shape == (3, logmel.width)


def test_twice_as_loud_is_two_logarithms_of_two_more():
    one, two = LogMel(8000, bands=20)(Sequences.of([tone(500), 2 * tone(500)]))
    assert (two - one).tolist() == pytest.approx([2 * math.log(2)] * 20, abs=1e-3)


def test_every_band_hears_something_and_nothing_is_learned():
    logmel = LogMel(16000, bands=80)
    assert (logmel.filters.sum(0) > 0).all()
    assert not list(logmel.parameters())
    assert not logmel.state_dict()


def test_values_out_of_range_are_refused():
    with pytest.raises(UserError, match="expected at least 200 Hz and 1 band"):
        LogMel(8000, bands=0)


def test_autocast_changes_nothing():
    items = Sequences.of([torch.randn(4000, generator=torch.Generator().manual_seed(0))])
    expected = LogMel(8000)(items)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(LogMel(8000)(items), expected)
