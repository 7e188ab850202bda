"""DPC against its loss as loops, wrong versions that the checks reject, and squares that it learns to follow."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from oracles import dense_prediction as oracle

from selftaught.core import FutureClips, Step, UserError
from selftaught.encoders import FrameResNet
from selftaught.methods import DPC
from selftaught.testing import ExampleEncoder

PLACES = 3 * 4 * 4


def build(kind=DPC, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = FrameResNet(image_size=16, width=8, middle_width=8, lightness_only=False)
        method = kind(encoder, **{"state_width": 8, **options}).double()
    return method.eval()


def views(count=2, seed=0):
    example = FutureClips.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def expected_places(method, asked):
    """As `_places`, by loops over frames, rows and columns."""
    maps = [method.encoder.local(frames[:, None]) for frames in torch.cat([asked.past, asked.future], 1).unbind(1)]
    maps = [each.transpose(1, 2).unflatten(2, (4, 4)) for each in maps]
    state = method.predictor.reader.start(len(asked.past), 4, 4)
    for seen in maps[:3]:
        state = method.predictor.reader(seen, state)
    predicted, true = [], []
    for frame in range(3):
        guess = method.predictor.expect(state[0])
        state = method.predictor.reader(guess, state)
        for row in range(4):
            for column in range(4):
                predicted.append(guess[:, :, row, column])
                true.append(maps[3 + frame][:, :, row, column])
    return torch.stack(predicted, 1), torch.stack(true, 1)


@torch.no_grad()
def accepts(kind):
    """Whether loss and energies are the paper's, of all places of all frames to come."""
    method, asked = build(kind), views()
    predicted, true = (each.tolist() for each in expected_places(method, asked))
    close = abs(method.step(asked).losses["dense_info_nce"].item() - oracle.loss(predicted, true)) < 1e-10
    energies = [oracle.energy(*pair) for pair in zip(predicted, true, strict=True)]
    return close and torch.allclose(
        method.energy(asked), torch.tensor(energies, dtype=torch.float64), rtol=0, atol=1e-10
    )


class OneStepOnly(DPC):
    def _places(self, asked):
        return super()._places(replace(asked, future=asked.future[:, :1]))


class MeanOverPlaces(DPC):
    """A vector a frame, as if it were not dense."""

    def _places(self, asked):
        return tuple(each.unflatten(1, (3, -1)).mean(2) for each in super()._places(asked))


class EveryFrameFromTheLast(DPC):
    """What was predicted is not read: all frames to come get one guess."""

    def _places(self, asked):
        predicted, true = super()._places(asked)
        return predicted[:, :16].repeat(1, 3, 1), true


class ByCosine(DPC):
    def _places(self, asked):
        return tuple(F.normalize(each, dim=2) for each in super()._places(asked))


class SeesTheTarget(DPC):
    """The context is of the whole clip."""

    def _places(self, asked):
        whole = torch.cat([asked.past, asked.future], 1)
        predicted, _ = super()._places(replace(asked, past=whole))
        return predicted, super()._places(asked)[1]


class ReadsTheTruth(DPC):
    """Later frames are predicted from the true ones before them."""

    def _places(self, asked):
        first = [
            super(ReadsTheTruth, self)._places(
                replace(asked, past=torch.cat([asked.past, asked.future[:, :k]], 1), future=asked.future[:, k : k + 1])
            )
            for k in range(3)
        ]
        return tuple(torch.cat(each, 1) for each in zip(*first, strict=True))


def test_the_loss_is_the_papers():
    assert accepts(DPC)


@pytest.mark.parametrize(
    "wrong", [OneStepOnly, MeanOverPlaces, EveryFrameFromTheLast, ByCosine, SeesTheTarget, ReadsTheTruth]
)
def test_wrong_versions_are_rejected(wrong):
    assert not accepts(wrong)


@torch.no_grad()
def predicts_from_the_past_alone(kind):
    """Whether what is predicted stays what it is when another future follows."""
    method, asked = build(kind), views()
    other = replace(asked, future=asked.future.roll(1, 0))
    return torch.equal(method._places(asked)[0], method._places(other)[0])


def test_the_context_does_not_see_the_target():
    assert predicts_from_the_past_alone(DPC)
    assert not predicts_from_the_past_alone(SeesTheTarget)
    assert not predicts_from_the_past_alone(ReadsTheTruth)


class PredictsNothing(DPC):
    """The targets get no gradient and the predictions are zeros: whatever the encoder does, it stays at chance."""

    def step(self, asked):
        step = super().step(asked)
        return Step({"dense_info_nce": 0 * step.losses["dense_info_nce"]}, metrics=step.metrics)


@torch.enable_grad()
def trained(kind, steps=80):
    torch.manual_seed(0)
    method = kind(FrameResNet(image_size=16, width=16, middle_width=16, lightness_only=False), state_width=16)
    optimiser = torch.optim.AdamW(method.parameters(), lr=3e-3)
    for turn in range(steps):
        step = method.step(FutureClips.example(24, torch.Generator().manual_seed(turn)))
        optimiser.zero_grad()
        step.loss.backward()
        optimiser.step()
    return method.eval()


@torch.no_grad()
def test_it_learns_to_recognise_what_comes_next():
    method, asked = trained(DPC), FutureClips.example(64, torch.Generator().manual_seed(999))
    step, chance = method.step(asked), method.chance(asked)
    assert chance["accuracy"] == 1 / PLACES
    assert step.metrics["accuracy"] > 4 * chance["accuracy"]
    assert step.metrics["mutual_information_bound_nats"] > 1.5
    own = method.energy(asked)  # squares that small tell places and clips, and hardly one frame from the next
    assert (method.energy(asked.mismatched()["another clip"]) > own).float().mean() > 0.7
    idle = trained(PredictsNothing, steps=2).step(asked)
    assert idle.metrics["accuracy"] < 2 * chance["accuracy"]


def test_one_step_moves_every_part():
    method, asked = build().train(), views(8)
    optimiser, losses = torch.optim.SGD(method.parameters(), lr=0.02), []
    for _ in range(5):
        step = method.step(asked)
        losses.append(step.loss.item())
        optimiser.zero_grad()
        step.loss.backward()
        assert all(weight.grad is not None and weight.grad.any() for weight in method.parameters())
        optimiser.step()
    assert losses[-1] < losses[0]


def test_what_does_not_fit_is_refused():
    with pytest.raises(UserError, match="expected an encoder with a vector for every place, got ExampleEncoder"):
        DPC(ExampleEncoder())
    with pytest.raises(UserError, match="expected cell_pixels and state_width above 0"):
        build(state_width=0)
    with pytest.raises(UserError, match="2x2 places a frame, for squares of 8 pixels, got 16 places"):
        build(cell_pixels=8).step(views())
