"""The wrong pairings of recordings are what they say."""

import torch

from selftaught.core import Recordings


def views():
    samples = torch.arange(1, 37.0).reshape(3, 12)
    lengths = torch.tensor([12, 5, 8])
    return Recordings(torch.arange(3), samples.masked_fill(torch.arange(12) >= lengths[:, None], 0), lengths)


def test_another_recording_follows_the_first_half():
    joined = views().mismatched()["another recording"]
    assert joined.lengths.tolist() == [6 + 3, 2 + 4, 4 + 6]
    assert joined.samples[0].tolist() == [1, 2, 3, 4, 5, 6, 15, 16, 17, 0]
    assert joined.samples[1].tolist() == [13, 14, 29, 30, 31, 32, 0, 0, 0, 0]
    assert joined.samples[2].tolist() == [25, 26, 27, 28, 7, 8, 9, 10, 11, 12]


def test_the_wrong_order_is_backwards():
    backwards = views().mismatched()["wrong order"]
    assert backwards.lengths.tolist() == [12, 5, 8]
    assert backwards.samples[1].tolist() == [17, 16, 15, 14, 13] + [0] * 7
    assert backwards.samples[0].tolist() == list(range(12, 0, -1))


def test_noise_is_as_loud_as_the_recording_and_never_in_its_padding():
    whole = Recordings.example(8, torch.Generator().manual_seed(0))
    noisy = whole.mismatched()["noise"]
    noise = noisy.samples - whole.samples
    power = [each.square().sum(1) / whole.lengths for each in (noise, whole.samples)]
    assert ((power[0] / power[1]) - 1).abs().max() < 0.3
    assert noise[~whole.items.mask].abs().max() == 0
    assert torch.equal(noisy.samples, whole.mismatched()["noise"].samples)


def test_examples_differ_in_length_and_are_silent_behind_their_end():
    example = Recordings.example(16, torch.Generator().manual_seed(1))
    assert len(example.lengths.unique()) > 8
    assert example.samples[~example.items.mask].abs().max() == 0
    assert example.samples.shape[1] == example.lengths.max()
