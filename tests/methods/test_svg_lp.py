"""SVGLP against its loss as loops, wrong versions that the checks reject, and sprites that turn by chance."""

from dataclasses import replace

import pytest
import torch
from oracles import future_frames, variational

from selftaught.core import ClipsWithLatents, FutureClips, Step, UserError
from selftaught.encoders import FrameResNet
from selftaught.methods import SVGLP, FutureFrames
from selftaught.objectives import gaussian_divergence, gaussian_kl, squared_difference
from selftaught.testing import ExampleEncoder

WEIGHT = 0.02


def build(kind=SVGLP, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = FrameResNet(image_size=16, width=8, middle_width=8, lightness_only=False)
        method = kind(encoder, **{"state_width": 8, "latent_width": 5, "kl_weight": WEIGHT, **options}).double()
        torch.nn.init.normal_(method.predictor.change.weight, std=0.1)
    return method.eval()


def views(count=2, seed=0):
    example = ClipsWithLatents.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def followed(method, asked):
    frames = torch.cat([asked.past, asked.future], 1)
    return method.predictor.follow(method._maps(frames), frames, asked.latents[:, 0, :, : method.latent_width])


def accepts(kind):
    """Whether the two losses are the paper's, and the energy is that of the nearest completion."""
    method, asked = build(kind), views()
    drawn, posterior, prior = followed(method, asked)
    pairs = zip(drawn.flatten(0, 1).tolist(), asked.future.flatten(0, 1).tolist(), strict=True)
    error = sum(future_frames.squared_difference(*pair) for pair in pairs) / 6
    laws = [torch.stack(tuple(law), -1).flatten(0, -2).tolist() for law in (posterior, prior)]  # (2 k latents, 2)
    nats = sum(variational.gaussian_divergence(*pair) for pair in zip(*laws, strict=True)) / 6
    step = method.step(asked)
    close = abs(step.losses["squared_difference"].item() - error) < 1e-10
    close &= (
        abs(step.losses["kl"].item() - WEIGHT * nats) < 1e-10 and abs(step.metrics["kl_nats"].item() - nats) < 1e-10
    )
    least = [
        min(sum(map(future_frames.squared_difference, way, asked.future[item].tolist())) / 3 for way in ways)
        for item, ways in enumerate(method.complete(asked).tolist())
    ]
    return close and torch.allclose(method.energy(asked), torch.tensor(least).double(), rtol=0, atol=1e-6)


class KLBackwards(SVGLP):
    def step(self, asked):
        _, posterior, prior = followed(self, asked)
        nats = gaussian_divergence(*prior, *posterior).sum(2).mean()
        return self.with_nats(super().step(asked), nats)

    def with_nats(self, step, nats):
        return Step({**step.losses, "kl": self.kl_weight * nats}, metrics={**step.metrics, "kl_nats": nats})


class FixedPrior(KLBackwards):
    def step(self, asked):
        mean, log_variance = (each.flatten(0, 1) for each in followed(self, asked)[1])
        return self.with_nats(SVGLP.step(self, asked), gaussian_kl(mean, log_variance).sum(1).mean())


class MeanOverLatents(KLBackwards):
    def step(self, asked):
        step = SVGLP.step(self, asked)
        return self.with_nats(step, step.metrics["kl_nats"] / self.latent_width)


class LatentsForFree(KLBackwards):
    def step(self, asked):
        return self.with_nats(SVGLP.step(self, asked), torch.zeros(()).double())


class MeanCompletion(SVGLP):
    """The energy is the mean over completions, by which what the past leaves open counts as a fault."""

    def energy(self, asked):
        return self._errors(asked).mean(1)


def test_the_losses_are_the_papers():
    assert accepts(SVGLP)


@pytest.mark.parametrize("wrong", [KLBackwards, FixedPrior, MeanOverLatents, LatentsForFree, MeanCompletion])
def test_wrong_versions_are_rejected(wrong):
    assert not accepts(wrong)


class SeesTheFutureWhenSampling(SVGLP):
    """Its latents are drawn from the posterior, which has seen what is to be predicted."""

    def complete(self, asked):
        return followed(self, asked)[0][:, None].expand(-1, asked.latents.shape[1], -1, -1, -1, -1)


def completes_from_the_past_alone(kind):
    """Whether completions stay what they are when another future follows."""
    method, asked = build(kind), views()
    other = replace(asked, future=asked.future.roll(1, 0))
    return torch.equal(method.complete(asked), method.complete(other))


def test_completions_do_not_see_the_future():
    assert completes_from_the_past_alone(SVGLP)
    assert not completes_from_the_past_alone(SeesTheFutureWhenSampling)


def test_a_prior_sees_the_frames_before_its_own_and_a_posterior_its_own_too():
    method, asked = build(), views()
    other = replace(asked, future=torch.cat([asked.future[:, :1], -asked.future[:, 1:]], 1))
    (_, posterior, prior), (_, posterior_then, prior_then) = followed(method, asked), followed(method, other)
    same = [
        torch.isclose(a, b).all().item() for a, b in zip(prior.mean.unbind(1), prior_then.mean.unbind(1), strict=True)
    ]
    assert same == [True, True, False]
    pairs = zip(posterior.mean.unbind(1), posterior_then.mean.unbind(1), strict=True)
    assert [torch.isclose(a, b).all().item() for a, b in pairs] == [True, False, False]


def sprites(count, seed, side=None):
    """A square that comes down for two frames and then turns left or right: by chance, or to one side."""
    generator = torch.Generator().manual_seed(seed)
    turn = torch.randint(2, (count, 1), generator=generator) * 2 - 1
    row = torch.rand(count, 1, generator=generator) * 6 + 2
    latents = torch.randn(count, 8, 2, 4, generator=generator)
    steps, line = torch.arange(4.0), torch.arange(16.0)
    down = row + 2 * steps.clamp(max=1)
    across = 7.5 + 3 * (turn if side is None else side) * (steps - 1).clamp(min=0)
    inside = [((line - place[..., None]).abs() <= 1.5).float() for place in (down, across)]
    frames = 2 * (inside[0][..., :, None] * inside[1][..., None, :])[:, :, None].expand(-1, -1, 3, -1, -1)
    return ClipsWithLatents(torch.arange(count), frames[:, :2], frames[:, 2:], latents)


class IgnoresItsLatent(SVGLP):
    """Whatever z is drawn, zeros arrive: several completions are one, and that one is a blur."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        draw = self.predictor._draw
        self.predictor._draw = lambda seen, latent, state: draw(seen, 0 * latent, state)


@torch.enable_grad()
def trained(kind, steps):
    torch.manual_seed(0)
    options = {"difference_weight": 0.0} if kind is FutureFrames else {"latent_width": 4}
    encoder = FrameResNet(image_size=16, width=16, middle_width=16, lightness_only=False)
    method = kind(encoder, state_width=16, **options)
    optimiser = torch.optim.AdamW(method.parameters(), lr=5e-3)
    for turn in range(steps):
        asked = sprites(24, turn)
        loss = method.step(FutureClips(asked.index, asked.past, asked.future) if kind is FutureFrames else asked).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return method.eval()


def to_both_sides(ways):
    """How far completions (n, ways, k, ...) are from the square that went left, and from the one that went right."""
    return [(ways - sprites(64, 999, side).future[:, None]).square().flatten(2).mean(2) for side in (-1, 1)]


@pytest.fixture(scope="module")
def learned():
    return trained(SVGLP, 120)


@torch.no_grad()
def test_both_futures_appear_where_the_deterministic_predictor_blurs(learned):
    asked = sprites(64, 999)
    left, right = to_both_sides(learned.complete(asked))
    assert ((left < right).any(1) & (right < left).any(1)).float().mean() > 0.9
    assert 0.25 < (left < right).float().mean() < 0.75
    assert learned.step(asked).metrics["kl_nats"] > 0.3  # one of two is log 2 = 0.69 nats in one frame of two

    deterministic = trained(FutureFrames, 60)
    blurred = deterministic.predict(asked.past, 2)[:, None]
    half = (sprites(64, 999, -1).future - sprites(64, 999, 1).future).square().flatten(1).mean(1) / 4
    nearest = torch.minimum(*to_both_sides(blurred))[:, 0]
    assert nearest.median() > 0.7 * half.median()  # as far from either as the mean of both is
    assert torch.minimum(left.amin(1), right.amin(1)).median() < 0.5 * half.median()
    assert learned.energy(asked).mean() < 0.6 * squared_difference(blurred[:, 0], asked.future).mean()
    assert learned.step(asked).metrics["completion_spread"] > 0.3 * half.mean()  # of two futures by turns it is 1


@torch.no_grad()
def test_a_latent_that_is_ignored_is_seen():
    method, asked = trained(IgnoresItsLatent, 40), sprites(64, 999)
    left, right = to_both_sides(method.complete(asked))
    assert ((left < right).any(1) & (right < left).any(1)).float().mean() == 0
    shown = method.step(asked).metrics
    assert shown["kl_nats"] < 0.05
    assert shown["completion_spread"] < 1e-10


@torch.no_grad()
def test_a_true_future_has_the_lower_energy(learned):
    asked = sprites(64, 999)
    own = learned.energy(asked)
    for name, wrong in asked.mismatched().items():
        assert (learned.energy(wrong) > own).float().mean() > 0.7, name


def test_pictures_show_several_completions():
    method, asked = build(), views()
    made = method.pictures(asked)
    assert list(made) == ["last seen", "true last", "completion 1", "completion 2", "completion 3"]
    assert not torch.allclose(made["completion 1"], made["completion 2"])


def test_before_training_nothing_changes():
    method, asked = SVGLP(FrameResNet(image_size=16, middle_width=8, lightness_only=False), state_width=8), views()
    asked = asked.to(torch.device("cpu"), torch.float32)
    still = asked.past[:, None, -1:].expand(-1, 8, 3, -1, -1, -1)
    assert torch.equal(method.complete(asked), still)


def test_what_does_not_fit_is_refused():
    with pytest.raises(UserError, match="expected an encoder with a vector for every place, got ExampleEncoder"):
        SVGLP(ExampleEncoder())
    with pytest.raises(UserError, match="expected cell_pixels, widths, completions and kl_weight above 0, got"):
        build(kl_weight=0.0)
    with pytest.raises(UserError, match="2x2 places a frame, for squares of 8 pixels, got 16 places"):
        build(cell_pixels=8).step(views())
