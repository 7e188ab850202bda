"""No frame and no context knows what comes later; versions that do are found out."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from selftaught.core import CausalEncoder, Sequences, UserError
from selftaught.encoders import CausalSpeechEncoder, causal_speech_encoder

FRAMES = 6


def build(norm="channels", **changes):
    torch.manual_seed(0)
    return CausalSpeechEncoder(**{"channels": 6, "context_width": 5, "norm": norm, **changes}).double()


def recordings(*lengths, seed=0, padding=0.0):
    batch = Sequences.of([torch.randn(length, generator=torch.Generator().manual_seed(seed + i), dtype=torch.float64)
                          for i, length in enumerate(lengths)])  # fmt: skip
    return Sequences(batch.values.masked_fill(~batch.mask, padding), batch.lengths)


def sees_only_the_past(encoder):
    """Whether frames and contexts have a gradient for the samples of their own frame and before, and none beyond.

    In training mode, in which normalisation layers take the statistics of what they are given.
    """
    encoder.train()
    for what in (encoder.frames, encoder.local):
        samples = recordings(FRAMES * 160, FRAMES * 160).values.requires_grad_(True)
        found = what(Sequences(samples, torch.full((2,), FRAMES * 160)))
        for t in range(FRAMES):
            (gradient,) = torch.autograd.grad(found[0, t].sum(), samples, retain_graph=True)
            if gradient[0, (t + 1) * 160 :].abs().sum() > 0 or gradient[1].abs().sum() > 0:
                return False
            if gradient[0, t * 160 : (t + 1) * 160].abs().sum() == 0:
                return False
    return True


def means_of_the_real(encoder):
    """Whether the vector of a recording is the mean of its own contexts, whatever stands behind its end."""
    encoder.eval()
    alone = torch.cat([encoder(recordings(length, seed=i)) for i, length in enumerate((1000, 400, 730))])
    for padding in (0.0, 7.0):
        batch = recordings(1000, 400, 730, padding=padding)
        if not torch.allclose(encoder(batch), alone, atol=1e-12):
            return False
        context, lengths = encoder.local(batch), encoder.lengths(batch)
        means = torch.stack([context[i, :length].mean(0) for i, length in enumerate(lengths.tolist())])
        if lengths.tolist() != [6, 2, 4] or not torch.allclose(means, alone, atol=1e-12):
            return False
    return True


class OverTime(nn.Module):
    """A normalisation with the statistics of all times, where the encoder has one of each time alone."""

    def __init__(self, normalise):
        super().__init__()
        self.normalise = normalise

    def forward(self, hidden):
        return self.normalise(hidden.transpose(1, 2)).transpose(1, 2)


def batch_norm():
    encoder = build()
    encoder.norms[1] = OverTime(nn.BatchNorm1d(6).double())
    return encoder


def instance_norm():
    encoder = build()
    encoder.norms[4] = OverTime(nn.InstanceNorm1d(6).double())
    return encoder


def group_norm_over_time():
    encoder = build()
    encoder.norms[2] = OverTime(nn.GroupNorm(1, 6).double())
    return encoder


class Bidirectional(nn.Module):
    def __init__(self):
        super().__init__()
        self.recurrent = nn.GRU(6, 5, batch_first=True, bidirectional=True).double()

    def forward(self, frames):
        forwards, backwards = self.recurrent(frames)[0].chunk(2, 2)
        return forwards + backwards, None


def bidirectional_context():
    encoder = build()
    encoder.recurrent = Bidirectional()
    return encoder


class Centred(nn.Module):
    """A convolution padded on both sides, behind the padding on the left that the encoder adds."""

    def __init__(self, convolution):
        super().__init__()
        self.convolution = convolution

    def forward(self, hidden):
        return self.convolution(F.pad(hidden[..., 2:], (0, 2)))


def centred_convolution():
    encoder = build()
    encoder.convolutions[3] = Centred(encoder.convolutions[3])
    return encoder


class Smoothed(nn.Module):
    """The mean context of the whole recording joined to each: harmless in the mean, not as a prediction."""

    def __init__(self, recurrent):
        super().__init__()
        self.recurrent = recurrent

    def forward(self, frames):
        context = self.recurrent(frames)[0]
        return context + context.mean(1, keepdim=True), None


def context_of_the_whole():
    encoder = build()
    encoder.recurrent = Smoothed(encoder.recurrent)
    return encoder


@pytest.mark.parametrize("norm", ["channels", "none"])
def test_it_sees_only_the_past(norm):
    assert sees_only_the_past(build(norm))
    assert means_of_the_real(build(norm))


@pytest.mark.parametrize(
    "wrong",
    [batch_norm, instance_norm, group_norm_over_time, bidirectional_context, centred_convolution, context_of_the_whole],
    ids=lambda wrong: wrong.__name__,
)
def test_a_network_that_sees_the_future_is_found(wrong):
    assert not sees_only_the_past(wrong())


class MeanOverPadding(CausalEncoder):
    """Pools the contexts of the padding in."""

    def __init__(self, inside):
        super().__init__()
        self.inside = inside

    def frames(self, items):
        return self.inside.frames(items)

    def context(self, frames):
        return self.inside.context(frames)

    def lengths(self, items):
        return self.inside.lengths(items)

    def local(self, items):
        return self.context(self.frames(items))

    def forward(self, items):
        return self.local(items).mean(1)


class PaddingHeard(MeanOverPadding):
    """Pools real frames alone, and lets the last of them hear what stands behind the end."""

    def lengths(self, items):
        return -(-items.lengths // 160)

    def frames(self, items):
        return self.inside.frames(Sequences(items.values, torch.full_like(items.lengths, items.values.shape[1])))

    def forward(self, items):
        lengths = self.lengths(items)
        return torch.stack([c[:length].mean(0) for c, length in zip(self.local(items), lengths.tolist(), strict=True)])


@pytest.mark.parametrize("wrong", [MeanOverPadding, PaddingHeard])
def test_padding_in_the_mean_is_found(wrong):
    assert not means_of_the_real(wrong(build()))


def test_the_receptive_field_is_465_samples():
    encoder = build()
    assert encoder.receptive_samples == 465
    samples = recordings(FRAMES * 160).values.requires_grad_(True)
    (gradient,) = torch.autograd.grad(encoder.frames(Sequences(samples, torch.tensor([960])))[0, 5].sum(), samples)
    seen = gradient[0].abs() > 0
    assert seen.nonzero()[[0, -1], 0].tolist() == [960 - 465, 959]


def test_long_recordings_in_blocks_are_the_same(monkeypatch):
    encoder, batch = build(), recordings(160 * 41 + 30, 160 * 17)
    whole = encoder(batch)
    assert encoder.frames(batch).shape == (2, 41, 6)
    for samples in (1, 160 * 2 * 3, 160 * 2 * 40):
        monkeypatch.setattr(causal_speech_encoder, "_BLOCK_SAMPLES", samples)
        with torch.no_grad():
            torch.testing.assert_close(encoder(batch), whole, rtol=1e-12, atol=1e-13)


def test_a_recording_shorter_than_a_frame_has_one():
    encoder = build()
    batch = recordings(1, 159, 160)
    assert encoder.lengths(batch).tolist() == [1, 1, 1]
    assert encoder(batch).isfinite().all()
    filled = Sequences(F.pad(batch.values[:1], (0, 500)), torch.tensor([160]))
    torch.testing.assert_close(encoder(recordings(1)), encoder(filled))


def test_other_strides_have_other_frames():
    encoder = build(strides=(4, 2), kernels=(8, 5))
    assert encoder.samples_per_frame == 8
    assert encoder.local(recordings(100, 8)).shape == (2, 12, 5)
    assert encoder.lengths(recordings(100, 8)).tolist() == [12, 1]


def test_bfloat16_is_close():
    encoder, batch = build().float(), recordings(3200, 1600)
    batch = Sequences(batch.values.float(), batch.lengths)
    with torch.autocast("cpu", torch.bfloat16):
        half = encoder(batch)
    assert (half.float() - encoder(batch)).abs().max() < 0.02


@pytest.mark.parametrize(
    "changes",
    [{"strides": (5, 4)}, {"strides": (), "kernels": ()}, {"strides": (5,), "kernels": (4,)}, {"channels": 0}],
)
def test_shapes_that_do_not_go_together_are_refused(changes):
    with pytest.raises(UserError, match="expected"):
        build(**changes)
