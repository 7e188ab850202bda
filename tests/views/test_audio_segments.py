"""Segments cover every sample of every recording, and views of them are the same in any number of processes."""

import numpy as np
import pytest
import torch

from selftaught.core import Sequences, UserError
from selftaught.data import open_audio, open_images
from selftaught.encoders import AudioPreprocessing
from selftaught.views import AudioSegments, Draws


def recordings(*lengths, rate=100):
    return open_audio([np.full(n, 0.1, np.float32) * (i + 1) for i, n in enumerate(lengths)], sample_rate_hz=rate).train


@pytest.mark.parametrize("seconds", [0.5, 1.0, 1.28, 100.0])
def test_segments_cover_every_sample_and_none_is_longer(seconds):
    source = recordings(1, 99, 100, 101, 250, 999)
    segments = AudioSegments(sample_rate_hz=100, segment_seconds=seconds).regroup(source)
    longest = round(seconds * 100)
    for row, length in enumerate(source.sample_counts.tolist()):
        heard = np.zeros(length, bool)
        own = segments.rows == row
        for start, count in zip(segments.starts[own], segments.counts[own], strict=True):
            assert count == min(length, longest)
            heard[start : start + count] = True
        assert heard.all()
        assert own.sum() == -(-length // longest)


def test_a_batch_of_segments_is_read_from_its_recordings():
    segments = AudioSegments(sample_rate_hz=100, segment_seconds=1.0).regroup(recordings(250, 50))
    batch = segments.batch(torch.tensor([3, 0]))
    assert batch.lengths.tolist() == [50, 100]
    assert batch.values[0, :50].tolist() == pytest.approx([0.2] * 50)
    assert batch.values[1].tolist() == pytest.approx([0.1] * 100)
    assert len(segments) == 4


def test_views_are_equally_loud_as_in_evaluation():
    batch = Sequences.of([torch.full((8,), 0.5), torch.full((3,), -0.02), torch.full((4,), 1e-6)])
    views = AudioSegments(sample_rate_hz=100)(batch)
    assert torch.equal(views.samples, AudioPreprocessing(sample_rate_hz=100)(batch).values)
    assert views.samples[0].tolist() == pytest.approx([0.1] * 8)
    assert views.samples[1].tolist() == pytest.approx([-0.1] * 3 + [0.0] * 5)
    assert views.samples[2].abs().max() < 1e-3  # silence is not amplified
    assert torch.equal(AudioSegments(sample_rate_hz=100, root_mean_square=None)(batch).samples, batch.values)


def test_gain_is_drawn_for_each_segment_and_does_not_depend_on_the_processes():
    batch = Sequences.of([torch.full((8,), 0.5)] * 6)
    maker = AudioSegments(sample_rate_hz=100, gain_decibels=6.0)
    whole = maker(batch, draws=Draws(3, batch=6)).samples
    half = maker(Sequences(batch.values[:3], batch.lengths[:3]), draws=Draws(3, batch=6, rows=slice(3, 6))).samples
    assert torch.equal(whole[3:], half)
    gains = 20 * torch.log10(whole[:, 0] / 0.1)
    assert len(gains.unique()) == 6
    assert gains.abs().max() <= 6


def test_what_are_no_recordings_or_at_another_rate_is_refused():
    maker = AudioSegments(sample_rate_hz=100)
    with pytest.raises(UserError, match="expected recordings, got images"):
        maker.regroup(open_images(np.zeros((4, 8, 8), np.uint8)).train)
    with pytest.raises(UserError, match="expected recordings at 100 Hz, got 8,000 Hz"):
        maker.regroup(recordings(10, rate=8000))
    with pytest.raises(UserError, match="as many segments as the draws are for, 3, got 1"):
        maker(Sequences.of([torch.zeros(4)]), draws=Draws(0, batch=3))


@pytest.mark.parametrize("wrong", [{"segment_seconds": 0.0}, {"gain_decibels": -1.0}, {"sample_rate_hz": 0}])
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(UserError, match="expected a number of"):
        AudioSegments(**{"sample_rate_hz": 100, **wrong})


def test_preprocessing_refuses_what_makes_no_sense():
    with pytest.raises(UserError, match="root_mean_square: expected a number above 0"):
        AudioPreprocessing(sample_rate_hz=8000, root_mean_square=0.0)
