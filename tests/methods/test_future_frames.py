"""FutureFrames against the paper's differences as loops, and wrong versions that the checks reject."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from descent import descend
from games import slopes
from oracles import adversarial
from oracles import future_frames as oracle
from torch.nn.functional import softplus

from selftaught.core import FutureClips, Step, UserError
from selftaught.encoders import FrameResNet
from selftaught.methods import FutureFrames
from selftaught.objectives import discriminator_loss, generator_loss, squared_difference
from selftaught.testing import ExampleEncoder, check_method

WEIGHT = 0.3


def build(kind=FutureFrames, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = FrameResNet(image_size=16, width=8, middle_width=8, lightness_only=False)
        method = kind(encoder, **{"state_width": 8, "difference_weight": WEIGHT, **options}).double()
        torch.nn.init.normal_(method.predictor.change.weight, std=0.1)
    return method


def views(count=2, seed=0):
    example = FutureClips.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def accepts(kind):
    """Whether loss and energies are the means of the paper's differences over all predicted frames."""
    method, asked = build(kind).eval(), views()
    predicted = method.predict(asked.past, 3).tolist()
    pairs = [list(zip(*both, strict=True)) for both in zip(predicted, asked.future.tolist(), strict=True)]
    squared = [[oracle.squared_difference(*pair) for pair in item] for item in pairs]
    edges = [[oracle.gradient_difference(*pair) for pair in item] for item in pairs]
    mean = [sum(item) / 3 for item in squared]
    step = method.step(asked)
    expected = {"squared_difference": sum(mean) / 2, "gradient_difference": WEIGHT * sum(map(sum, edges)) / 6}
    close = all(abs(step.losses[name].item() - value) < 1e-10 for name, value in expected.items())
    return close and torch.allclose(method.energy(asked), torch.tensor(mean).double(), rtol=0, atol=1e-6)


class OneStepOnly(FutureFrames):
    def step(self, asked):
        return super().step(replace(asked, future=asked.future[:, :1]))


class SumOverPixels(FutureFrames):
    def step(self, asked):
        step = super().step(asked)
        return Step({name: loss * 3 * 16 * 16 for name, loss in step.losses.items()})


class NoEdges(FutureFrames):
    def step(self, asked):
        step = super().step(asked)
        return Step({**step.losses, "gradient_difference": 0 * step.losses["gradient_difference"]})


def test_the_loss_is_the_papers():
    assert accepts(FutureFrames)


@pytest.mark.parametrize("wrong", [OneStepOnly, SumOverPixels, NoEdges])
def test_wrong_versions_are_rejected(wrong):
    assert not accepts(wrong)


class SeesTheTarget(FutureFrames):
    """The context is of the whole clip."""

    def step(self, asked):
        whole = torch.cat([asked.past, asked.future], 1)
        errors = squared_difference(self.predict(whole, asked.future.shape[1]), asked.future)
        return Step({"squared_difference": errors.mean()})


def predicts_from_the_past_alone(kind):
    """Whether the gradient of the loss by the future is that of the difference, and nothing flows by the context."""
    method, asked = build(kind).eval(), views()
    future = asked.future.clone().requires_grad_()
    loss = method.step(replace(asked, future=future)).losses["squared_difference"]
    (found,) = torch.autograd.grad(loss, future)
    predicted = method.predict(asked.past, 3)
    return torch.allclose(found, 2 * (asked.future - predicted) / asked.future.numel(), atol=1e-12)


def test_the_context_does_not_see_the_target():
    assert predicts_from_the_past_alone(FutureFrames)
    assert not predicts_from_the_past_alone(SeesTheTarget)


class CopiesTheLastFrame(FutureFrames):
    def predict(self, past, frames):
        still = past[:, -1:].expand(-1, frames, -1, -1, -1)
        return still + 0 * super().predict(past, frames)


def trained(kind, steps=120):
    """After a few steps on moving squares: of the squares it learned from, and of others."""
    method = kind(FrameResNet(image_size=16, width=16, middle_width=16, lightness_only=False), state_width=16)
    optimiser = torch.optim.AdamW(method.parameters(), lr=5e-3)
    for turn in range(steps):
        step = method.step(FutureClips.example(32, torch.Generator().manual_seed(turn)))
        optimiser.zero_grad()
        step.loss.backward()
        optimiser.step()
    return method.eval()


def test_it_beats_copying_the_last_frame_at_every_step():
    torch.manual_seed(0)
    method, asked = trained(FutureFrames), FutureClips.example(64, torch.Generator().manual_seed(999))
    found = method.step(asked).metrics
    assert found["error_over_copying_1_ahead"] < 0.98  # little has moved yet
    assert all(found[f"error_over_copying_{k}_ahead"] < 0.9 for k in (2, 3))
    assert (
        found["error_1_ahead"] < 0.7 * method.chance(asked)["error_1_ahead"]
    )  # of small squares, black is a good guess
    still = trained(CopiesTheLastFrame, steps=1).step(asked).metrics
    assert still["error_over_copying_2_ahead"] == pytest.approx(1.0)
    own = method.energy(asked)
    for name in ("another clip", "reversed", "shuffled"):
        assert (method.energy(asked.mismatched()[name]) > own).float().mean() > 0.7, name


def test_before_training_nothing_changes():
    method = FutureFrames(FrameResNet(image_size=16, middle_width=8, lightness_only=False), state_width=8)
    past = torch.randn(2, 3, 3, 16, 16)
    assert torch.equal(method.predict(past, 4), past[:, -1:].expand(-1, 4, -1, -1, -1))


def test_one_step_moves_every_part():
    method, asked = build(), views(8)
    before = method.step(asked).loss.item()
    for _ in range(5):
        step = method.step(asked)
        descend(method, step)
    assert step.loss.item() < before


class CriticInTheDrawersLoss(FutureFrames):
    """The critic learns what the drawer wants."""

    def step(self, asked):
        last, predicted = asked.past[:, -1], self.predict(asked.past, asked.future.shape[1])
        own, step = self.critic.game(last, asked.future, predicted)[0], super().step(asked)
        fooling = generator_loss(self.critic(last, predicted))  # with gradients for the critic's weights
        return Step({"critic": own, "predictor": step.losses["predictor"].detach() + self.adversarial_weight * fooling})


class CriticWithoutMotion(FutureFrames):
    """Every frame beside itself."""

    def step(self, asked):
        step, predicted = super().step(asked), self.predict(asked.past, asked.future.shape[1])
        real, fake = (
            torch.cat([self.critic(each[:, k], each[:, k : k + 1]) for k in range(3)])
            for each in (asked.future, predicted.detach())
        )
        return Step({**step.losses, "critic": discriminator_loss(real, fake)})


class SaturatingDrawer(FutureFrames):
    def step(self, asked):
        step, last = super().step(asked), asked.past[:, -1]
        fake = self.critic(last, self.predict(asked.past, asked.future.shape[1]))
        right, wrong = (self.adversarial_weight * each for each in (generator_loss(fake), -softplus(fake).mean()))
        return Step({**step.losses, "predictor": step.losses["predictor"] - right + wrong})


def plays_fair(kind):
    """Whether both players' losses and gradients are the paper's, the logits of every two frames given."""
    method, asked = build(kind, adversarial_weight=0.5).train(), views(4)
    predicted, last = method.predict(asked.past, 3), asked.past[:, -1]

    def logits(frames):
        rows = [torch.cat([last, frames[:, 0]], 1), *(torch.cat([frames[:, k - 1], frames[:, k]], 1) for k in (1, 2))]
        return torch.stack([method.critic.discriminator(row) for row in rows], 1).flatten()

    real, fake = logits(asked.future).tolist(), logits(predicted).tolist()
    alone = build(FutureFrames, adversarial_weight=0.5).train()
    alone.critic = None
    plain = sum(alone.step(asked).losses.values()).item()
    expected = {
        "predictor": plain + 0.5 * adversarial.generator(fake),
        "critic": adversarial.discriminator(real, fake),
    }
    step, players = method.step(asked), method.players()
    if any(abs(step.losses[name].item() - value) > 1e-10 for name, value in expected.items()):
        return False
    opponent = {"predictor": "critic", "critic": "predictor"}
    felt = [slopes(step.losses[name], players[opponent[name]]).abs().max().item() for name in players]
    return felt == [0.0, 0.0]


def test_with_a_critic_both_players_have_the_papers_losses_and_nothing_of_each_others():
    assert plays_fair(FutureFrames)
    method = build(adversarial_weight=0.5)
    held = {id(weight) for weights in method.players().values() for weight in weights}
    assert held == {id(weight) for weight in method.parameters()}
    assert build().players() == {}


@pytest.mark.parametrize("wrong", [CriticInTheDrawersLoss, CriticWithoutMotion, SaturatingDrawer])
def test_wrong_games_are_rejected(wrong):
    assert not plays_fair(wrong)


def test_with_a_critic_the_method_keeps_every_law():
    def small():
        return FrameResNet(image_size=16, width=8, middle_width=8, lightness_only=False)

    check_method(partial(FutureFrames, state_width=8, adversarial_weight=0.05), encoder=small)


def test_pictures_show_the_true_frames_beside_the_predicted():
    method, asked = build().eval(), views()
    made = method.pictures(asked)
    assert list(made) == ["last seen", "true next", "predicted next", "true last", "predicted last"]
    assert torch.equal(made["true last"], asked.future[:, -1])
    assert torch.equal(made["predicted next"], method.predict(asked.past, 1)[:, 0])


def test_what_does_not_fit_is_refused():
    with pytest.raises(UserError, match="expected an encoder with a vector for every place, got ExampleEncoder"):
        FutureFrames(ExampleEncoder())
    with pytest.raises(UserError, match="expected cells of 1 pixel or more and states as wide, got 4 and 0"):
        build(state_width=0)
    with pytest.raises(UserError, match=r"expected weights of at least 0, got 0\.3 and -1\.0"):
        build(adversarial_weight=-1.0)
    with pytest.raises(UserError, match="2x2 places a frame, for squares of 8 pixels, got 16 places"):
        build(cell_pixels=8).step(views())
