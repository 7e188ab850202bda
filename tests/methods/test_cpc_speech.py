"""CPC for speech against the paper's loss of the encoder's frames, and wrong versions that the same check rejects."""

import math

import pytest
import torch
from oracles import predictive_coding as oracle
from torch import nn

from selftaught.core import Recordings, UserError
from selftaught.encoders import CausalSpeechEncoder
from selftaught.methods import CPCSpeech
from selftaught.testing import ExampleEncoder


def build(steps_ahead=3, **changes):
    torch.manual_seed(0)
    encoder = CausalSpeechEncoder(channels=8, context_width=6, strides=(8, 5, 4), kernels=(16, 10, 8), **changes)
    return CPCSpeech(encoder, steps_ahead=steps_ahead).double()


def views(count=4, seed=0):
    example = Recordings.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def parts(method, asked):
    encoder = method.encoder
    frames = encoder.frames(asked.items)
    weights = [predictor.weight.tolist() for predictor in method.predictors]
    context = encoder.context(frames).tolist()
    return weights, context, frames.tolist(), (asked.lengths // 160).clamp(min=1).tolist()


def accepts(method):
    """Whether three steps of training have the paper's loss, and energies are those of each recording alone."""
    for turn in range(3):
        asked = views(seed=turn)
        step = method.step(asked)
        if not abs(step.loss.item() - oracle.loss(*parts(method, asked))) <= 1e-10:
            return False
        method.zero_grad()
        step.loss.backward()
        with torch.no_grad():
            for weight in method.parameters():
                if weight.grad is not None:
                    weight -= 0.1 * weight.grad
    asked = views(seed=9)
    weights, context, frames, lengths = parts(method.eval(), asked)
    expected = [oracle.energy(weights, c, z, length) for c, z, length in zip(context, frames, lengths, strict=True)]
    return torch.allclose(method.energy(asked), torch.tensor(expected, dtype=torch.float64), atol=1e-10)


class Shared(nn.Module):
    """One matrix for every offset, in the place of several."""

    def __init__(self, predictor):
        super().__init__()
        self.weight = nn.Parameter(predictor.weight.detach() * torch.randn(predictor.weight.shape[0], 1).double())
        self.predictor = predictor

    def forward(self, context):
        return self.predictor(context)


def one_matrix():
    method = build()
    method.predictors = nn.ModuleList([method.predictors[0], *(Shared(method.predictors[0]) for _ in range(2))])
    return method


class UnitLength(nn.Module):
    def __init__(self, predictor):
        super().__init__()
        self.weight, self.predictor = predictor.weight, predictor

    def forward(self, context):
        return nn.functional.normalize(self.predictor(context), dim=-1) / 0.1


def unit_length_and_temperature():
    method = build()
    method.predictors = nn.ModuleList(map(UnitLength, method.predictors))
    return method


class FirstContext(nn.Module):
    def __init__(self, predictor):
        super().__init__()
        self.weight, self.predictor = predictor.weight, predictor

    def forward(self, context):
        return self.predictor(context[:, :1].expand_as(context))


def predictions_from_one_time_only():
    method = build()
    method.predictors = nn.ModuleList(map(FirstContext, method.predictors))
    return method


def predictors_with_a_bias():
    method = build()
    for predictor in method.predictors:
        predictor.bias = nn.Parameter(torch.ones(8, dtype=torch.float64))
    return method


@pytest.mark.parametrize("norm", ["channels", "none"])
def test_it_is_accepted(norm):
    assert accepts(build(norm=norm))


@pytest.mark.parametrize(
    "wrong",
    [one_matrix, unit_length_and_temperature, predictions_from_one_time_only, predictors_with_a_bias],
    ids=lambda wrong: wrong.__name__,
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong())


def test_loss_and_accuracy_of_each_step_are_logged():
    asked, method = views(8), build()
    step = method.step(asked)
    expected = oracle.losses(*parts(method, asked))
    for offset in (1, 2, 3):
        assert step.metrics[f"info_nce_{offset}"].item() == pytest.approx(expected[offset - 1], abs=1e-10)
        assert 0 <= step.metrics[f"accuracy_{offset}"].item() <= 1
    candidates = int((asked.lengths // 160).sum())
    bound = step.metrics["mutual_information_bound_nats"].item()
    assert bound == pytest.approx(math.log(candidates) - step.loss.item())


def test_fewer_frames_than_steps_ahead_are_no_trouble():
    method, asked = build(steps_ahead=20), views()
    step = method.step(asked)
    assert step.loss.item() == pytest.approx(oracle.loss(*parts(method, asked)), abs=1e-10)
    assert step.metrics["accuracy_14"].isnan()  # 2,240 samples are 14 frames
    assert step.metrics["accuracy_13"].isfinite()
    step.loss.backward()
    assert all(predictor.weight.grad is not None for predictor in method.predictors)
    assert method.energy(asked).isfinite().all()


def test_what_stands_behind_the_end_changes_nothing():
    method, asked = build(), views()
    loud = Recordings(asked.index, asked.samples.masked_fill(~asked.items.mask, 9.0), asked.lengths)
    assert torch.equal(method.step(loud).loss, method.step(asked).loss)
    assert torch.equal(method.energy(loud), method.energy(asked))


def test_it_learns_which_frames_follow_and_feels_what_does_not_belong_together():
    method, asked = build(), views(16)
    before = method.step(asked).loss.item()
    optimiser = torch.optim.Adam(method.parameters(), 1e-2)
    for _ in range(100):
        optimiser.zero_grad()
        method.step(asked).loss.backward()
        optimiser.step()
    step = method.eval().step(asked)
    assert step.loss.item() < before - 1
    energy = method.energy(asked)
    mismatched = asked.mismatched()
    for kind in mismatched:
        assert (method.energy(mismatched[kind]) > energy).double().mean() > 0.8, kind


def test_encoders_that_are_not_causal_and_no_steps_are_refused():
    with pytest.raises(UserError, match="reads from left to right, got ExampleEncoder"):
        CPCSpeech(ExampleEncoder())
    with pytest.raises(UserError, match="steps_ahead: expected at least 1, got 0"):
        build(steps_ahead=0)
