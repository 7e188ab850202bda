"""Deep InfoMax against the paper's losses and whose weights they move, and wrong versions that the check rejects."""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch
from games import move, same, slopes, slopes_of_the_sum
from oracles import adversarial
from oracles import local_information as oracle
from torch.nn import functional as F

from selftaught.core import ImagesWithLatents, Step, UserError
from selftaught.encoders import SmallResNet
from selftaught.methods import DeepInfoMax
from selftaught.objectives import discriminator_loss, generator_loss
from selftaught.parts import frozen
from selftaught.testing import ExampleEncoder

ESTIMATORS = {"jsd": oracle.jensen_shannon, "infonce": oracle.info_nce, "dv": oracle.donsker_varadhan}
ALL = {"global_weight": 0.5, "local_weight": 1.5, "prior_weight": 0.3}


def build(kind=DeepInfoMax, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = SmallResNet(channels=3, image_size=16)
        method = kind(encoder, **{"critic_width": 6, "embedding_width": 5, **ALL, **options}).double()
    for critic in [term.critic for term in method.information.terms.values()]:
        for weight in critic.parameters():  # away from a start at which errors hide
            weight.data.add_(0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)).double())
    return method


def views(seed=0, count=5):
    example = ImagesWithLatents.example(count, torch.Generator().manual_seed(seed))
    views = replace(example, coded=example.images)
    return views.to(torch.device("cpu"), torch.float64)


def seen(method, images):
    """The code of each image, and the map of the third stage, or of the one asked for, as one part and by places."""
    maps = method.encoder.stages(images)[{-2: 2, -3: 1}[method.local_stage]]
    codes = F.linear(method.encoder(images), method.head.weight, method.head.bias)
    return codes, {"global": maps.flatten(1)[:, None], "local": maps.flatten(2).transpose(1, 2)}


def table(method, name, codes, parts):
    """The score of every code with every part of every image, as lists."""
    critic = method.information.terms[name].critic
    if hasattr(critic, "of_wholes"):
        return oracle.scores(critic.of_wholes(codes).tolist(), critic.of_parts(parts).tolist())
    count = parts.shape[1]
    rows = [[torch.cat([code.expand(count, -1), item], 1) for item in parts] for code in codes]
    return critic.network(torch.stack([torch.stack(row) for row in rows]))[..., 0].tolist()


def expected_losses(method, asked, estimator):
    codes, parts = seen(method, asked.images)
    total = 0.0
    for name, weight in (("global", ALL["global_weight"]), ("local", ALL["local_weight"])):
        total += weight * ESTIMATORS[estimator](table(method, name, codes, parts[name]))
    judge = method.prior.discriminator
    uniform = 0.5 * (1 + torch.erf(asked.latents[:, :5] / math.sqrt(2)))
    real, fake = judge(uniform)[:, 0].tolist(), judge(codes.sigmoid())[:, 0].tolist()
    total += ALL["prior_weight"] * adversarial.generator(fake)
    return {"encoder": total, "prior_discriminator": adversarial.discriminator(real, fake)}


def accepts(kind, estimator="jsd"):
    """Whether a short game has the paper's losses, and each side's gradient is that of its own."""
    method = build(kind, estimator=estimator)
    for turn in range(2):
        asked = views(turn)
        expected = expected_losses(method, asked, estimator)
        step = method.step(asked)
        if step.losses.keys() != expected.keys():
            return False
        if any(abs(step.losses[name].item() - value) > 1e-10 for name, value in expected.items()):
            return False
        codes, _ = seen(method, asked.images)
        judge, players = method.prior.discriminator, method.players()
        uniform = torch.special.ndtr(asked.latents[:, :5])
        own = discriminator_loss(judge(uniform)[:, 0], judge(codes.detach().sigmoid())[:, 0])
        found = slopes_of_the_sum(method, step)
        if not same(found["prior_discriminator"], slopes(own, players["prior_discriminator"])):
            return False
        loss, _ = method.information(*method._encode(asked.images))
        fooled = loss + ALL["prior_weight"] * generator_loss(judge(codes.sigmoid())[:, 0])
        if not same(found["encoder"], slopes(fooled, players["encoder"])):
            return False
        move(method)
    return True


class Wrong(DeepInfoMax):
    """The method in pieces, each of which a wrong version changes."""

    def step(self, asked):
        codes, maps = self._encode(asked.images)
        loss, _ = self.information(codes, self.maps(maps))
        of_discriminator, fooling = self.played(codes, asked.latents[:, :5])
        losses = {"encoder": loss + self.prior_weight * fooling, "prior_discriminator": of_discriminator}
        return Step(losses)

    def maps(self, maps):
        return maps

    def played(self, codes, noise):
        return self.prior(codes, noise)


class AlwaysTheThirdStage(Wrong):
    def _encode(self, images):
        maps = self.encoder.stages(images)
        return self.head(maps[3].mean((2, 3))), maps[2]


def test_the_places_may_be_those_of_an_earlier_stage():
    assert accepts(partial(DeepInfoMax, local_stage=-3), "infonce")
    with pytest.raises(RuntimeError, match="shape"):  # of critics that expect the second stage's channels
        accepts(partial(AlwaysTheThirdStage, local_stage=-3), "infonce")


class GlobalTermOnly(Wrong):
    def step(self, asked):
        codes, maps = self._encode(asked.images)
        loss, _ = self.information.terms["global"](codes, maps)
        of_discriminator, fooling = self.played(codes, asked.latents[:, :5])
        losses = {"encoder": self.information.weights["global"] * loss + self.prior_weight * fooling}
        return Step({**losses, "prior_discriminator": of_discriminator})


class NoPriorMatching(Wrong):
    def played(self, codes, noise):
        return tuple(0 * each for each in self.prior(codes, noise))


class PriorIsNormal(Wrong):
    def played(self, codes, noise):
        return self.prior(codes, torch.special.ndtri(noise.sigmoid()))


class CodesNotSqueezed(Wrong):
    def played(self, codes, noise):
        judge = self.prior.discriminator
        real, fake = judge(torch.special.ndtr(noise)), judge(codes.detach())
        return discriminator_loss(real[:, 0], fake[:, 0]), generator_loss(frozen(judge, codes)[:, 0])


class DiscriminatorMovesTheEncoder(Wrong):
    def played(self, codes, noise):
        judge = self.prior.discriminator
        real, fake = judge(torch.special.ndtr(noise)), judge(codes.sigmoid())
        return discriminator_loss(real[:, 0], fake[:, 0]), generator_loss(frozen(judge, codes.sigmoid())[:, 0])


class EncoderMovesTheDiscriminator(Wrong):
    def played(self, codes, noise):
        of_discriminator, _ = self.prior(codes, noise)
        return of_discriminator, generator_loss(self.prior.discriminator(codes.sigmoid())[:, 0])


class MapsWithoutGradient(Wrong):
    def maps(self, maps):
        return maps.detach()


class MapsOfTheNextImage(Wrong):
    def maps(self, maps):
        return maps.roll(-1, 0)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_it_is_accepted(estimator):
    assert accepts(DeepInfoMax, estimator)
    assert accepts(Wrong, estimator)  # whose pieces are right until one is changed


@pytest.mark.parametrize(
    "wrong",
    [
        GlobalTermOnly,
        NoPriorMatching,
        PriorIsNormal,
        CodesNotSqueezed,
        DiscriminatorMovesTheEncoder,
        EncoderMovesTheDiscriminator,
        MapsOfTheNextImage,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_local_features_learn_too():
    """What the check above takes from the method itself: the gradient reaches the map's stages by the map, too."""
    asked, slope = views(), {}
    for kind in (DeepInfoMax, MapsWithoutGradient):
        method = build(kind)
        slope[kind] = slopes(method.step(asked).losses["encoder"], [method.encoder.layer3.conv1.weight])
    assert not same(*slope.values())


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_concat_tells_each_image_from_the_next(estimator):
    method, asked = build(estimator=estimator, critic="concat", prior_weight=0.0), views(count=2)
    codes, parts = seen(method, asked.images)
    expected = sum(
        ALL[f"{name}_weight"] * ESTIMATORS[estimator](table(method, name, codes, parts[name]))
        for name in ("global", "local")
    )
    assert method.step(asked).loss.item() == pytest.approx(expected, abs=1e-10)


def test_without_a_prior_there_is_one_loss_and_no_opponent():
    method = build(prior_weight=0.0)
    assert method.players() == {}
    assert list(method.step(views()).losses) == ["encoder"]
    assert build(global_weight=0.0).information.terms.keys() == {"local"}


def test_dot_does_not_ask_for_an_order():
    method, asked = build(), views()
    losses = [method.step(asked.take(torch.tensor(order))).loss.item() for order in ([0, 1, 2, 3, 4], [3, 0, 4, 1, 2])]
    assert losses[0] == pytest.approx(losses[1], abs=1e-10)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("critic", ["dot", "concat"])
def test_equal_scores_are_chance(estimator, critic):
    method, asked = build(estimator=estimator, critic=critic).eval(), views()
    for term in method.information.terms.values():
        pieces = [term.critic.of_wholes] if critic == "dot" else [term.critic.network]
        for weight in [weight for piece in pieces for weight in piece.parameters()]:
            weight.data.zero_()
    for weight in method.prior.parameters():
        weight.data.zero_()
    step = method.step(asked)
    found = {name: value.item() for name, value in {**step.losses, **step.metrics}.items()}
    assert found == pytest.approx(method.chance(asked), abs=1e-10)


def test_energy_is_minus_the_critics_scores():
    method, asked = build().eval(), views()
    codes, parts = seen(method, asked.images)
    expected = torch.zeros(5).double()
    for name in ("global", "local"):
        rows = table(method, name, codes, parts[name])
        expected -= ALL[f"{name}_weight"] * torch.tensor(
            [oracle.mean(rows[i][i]) for i in range(5)], dtype=torch.float64
        )
    torch.testing.assert_close(method.energy(asked), expected, rtol=0, atol=1e-10)
    rolled = method.energy(asked.mismatched()["another image's code"])
    assert not torch.allclose(rolled, expected, atol=1e-6)
    assert torch.equal(method.energy(replace(asked, coded=None)), method.energy(asked))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"global_weight": 0.0, "local_weight": 0.0}, "global_weight or local_weight above 0"),
        ({"prior_weight": -1.0}, "none of three below, got 0.5, 1.5 and -1"),
    ],
)
def test_weights_that_make_no_sense_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        build(**options)


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(UserError, match="maps of several stages, got ExampleEncoder"):
        DeepInfoMax(ExampleEncoder())
    for stage in (-5, 0):
        with pytest.raises(UserError, match=f"a local_stage from -4 to -1, got {stage}"):
            build(local_stage=stage)
    with pytest.raises(UserError, match="at least 2 items in a batch"):
        build(critic="concat").step(views(count=1))
    with pytest.raises(UserError, match="expected at least 200 latents"):
        build(embedding_width=200).step(views())
