"""Inpainting: the paper's joint loss with each player's gradient its own, and wrong versions that the check rejects."""

import pytest
import torch
from games import move, slopes, slopes_of_the_sum
from oracles import adversarial, inpainting
from photographs import pieces

from selftaught.core import HoledImages, Step, UserError
from selftaught.encoders import SmallResNet, TimmEncoder
from selftaught.methods import Inpainting
from selftaught.objectives import discriminator_loss, generator_loss, hole_error
from selftaught.views import Draws, HoledCrops

NETWORK, CRITIC = "encoder_and_decoder", "discriminator"


def build(kind=Inpainting, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = SmallResNet(channels=3, image_size=16)
        return kind(encoder, **{"decoder_width": 8, "discriminator_width": 4, **options}).double()


def holes(region, count=4, seed=0):
    made = HoledCrops(image_size=16, holes=region, inset=1 if region == "centre" else 0)
    mask = made(torch.zeros(count, 3, 16, 16), draws=Draws.at(seed, batch=count)).mask
    return HoledImages(torch.arange(count), pieces(count, seed=seed), mask)


def expected_of(method, asked, region, weight):
    """Both losses from the definitions: fill, masked error with its band, and the critic's opinion of the fill."""
    seen = torch.where(asked.mask, 0.0, asked.images)
    part = slice(4, 12) if region == "centre" else slice(0, 16)
    fill = method.decoder(method.encoder.local(seen))
    true, mask = asked.images[:, :, part, part], asked.mask[:, :, part, part]
    rows = zip(fill.tolist(), true.tolist(), mask[:, 0].tolist(), strict=True)
    error = sum(inpainting.error(guess, image, hidden, 1) for guess, image, hidden in rows) / len(asked)
    real, fake = method.discriminator(true), method.discriminator(fill)
    fooling, told = adversarial.generator(fake.tolist()), adversarial.discriminator(real.tolist(), fake.tolist())
    network = [*method.encoder.parameters(), *method.decoder.parameters()]
    errors = hole_error(fill, true, mask, 1).mean()
    own = {
        NETWORK: slopes((1 - weight) * errors + weight * generator_loss(fake), network),
        CRITIC: slopes(discriminator_loss(real, fake), method.discriminator.parameters()),
    }
    return {NETWORK: (1 - weight) * error + weight * fooling, CRITIC: told}, own


def accepts(kind, region="centre", weight=0.001):
    method = build(kind, region=region, adversarial_weight=weight)
    for turn in range(2):
        asked = holes(region, seed=turn)
        losses, own = expected_of(method, asked, region, weight)
        step = method.step(asked)
        if step.losses.keys() != losses.keys():
            return False
        if any(abs(step.losses[name].item() - losses[name]) > 1e-10 * losses[name] for name in losses):
            return False
        found = slopes_of_the_sum(method, step)
        if not all(torch.allclose(found[name], own[name], rtol=1e-6, atol=1e-10) for name in own):
            return False
        move(method)
    return True


class LossOverTheWholePicture(Inpainting):
    def _fill(self, views):
        fill, true, mask = super()._fill(views)
        return fill, true, torch.ones_like(mask)


class MaskReversed(Inpainting):
    """The network sees what it is to fill in."""

    def _fill(self, views):
        _, true, mask = super()._fill(views)
        return self.decoder(self.encoder.local(torch.where(views.mask, views.images, 0.0))), true, mask


class SeesThroughTheHole(Inpainting):
    def _fill(self, views):
        _, true, mask = super()._fill(views)
        return self.decoder(self.encoder.local(views.images)), true, mask


class TheCriticsLossIsAddedToTheNetworks(Inpainting):
    """Both minimise the sum, so that the network helps the critic to tell what it filled."""

    def step(self, views):
        step = super().step(views)
        fill, true, _ = self._fill(views)
        joint = discriminator_loss(self.discriminator(true), self.discriminator(fill))
        losses = {**step.losses, NETWORK: step.losses[NETWORK] + self.adversarial_weight * joint}
        return Step(losses, metrics=step.metrics)


class CriticMovesTheDecoder(Inpainting):
    def step(self, views):
        step, (fill, true, _) = super().step(views), self._fill(views)
        told = discriminator_loss(self.discriminator(true), self.discriminator(fill))
        return Step({**step.losses, CRITIC: told}, metrics=step.metrics)


class SaturatingLoss(Inpainting):
    """The network minimises log(1 - D), which is flat while the critic wins."""

    def step(self, views):
        step, (fill, true, mask) = super().step(views), self._fill(views)
        weights = {name: weight.detach() for name, weight in self.discriminator.named_parameters()}
        flat = -torch.nn.functional.softplus(torch.func.functional_call(self.discriminator, weights, (fill,))).mean()
        error = hole_error(fill, true, mask, self.overlap).mean()
        both = (1 - self.adversarial_weight) * error + self.adversarial_weight * flat
        return Step({**step.losses, NETWORK: both}, metrics=step.metrics)


class NoBand(Inpainting):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.overlap = 0


class WeightsExchanged(Inpainting):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.adversarial_weight = 1 - self.adversarial_weight


@pytest.mark.parametrize("region", ["centre", "random"])
def test_it_is_accepted(region):
    assert accepts(Inpainting, region)
    assert accepts(Inpainting, region, weight=0.3)


@pytest.mark.parametrize(
    "wrong",
    [
        LossOverTheWholePicture,
        MaskReversed,
        SeesThroughTheHole,
        TheCriticsLossIsAddedToTheNetworks,
        CriticMovesTheDecoder,
        SaturatingLoss,
        NoBand,
        WeightsExchanged,
    ],
    ids=lambda wrong: wrong.__name__,
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong, weight=0.3)


def test_nothing_looks_into_the_hole():
    method, asked = build().eval(), holes("centre")
    for wrong in asked.mismatched().values():
        assert torch.equal(method._fill(wrong)[0], method._fill(asked)[0])
        assert not torch.equal(method.energy(wrong), method.energy(asked))


def test_pictures_are_masked_filled_and_original():
    method, asked = build().eval(), holes("random")
    shown = build(region="random").eval().pictures(asked)
    hidden = asked.mask.expand_as(asked.images)
    assert list(shown) == ["masked", "filled", "original"]
    assert (shown["masked"][hidden] == 0).all()
    assert torch.equal(shown["filled"][~hidden], asked.images[~hidden])
    assert (shown["filled"][hidden] != asked.images[hidden]).all()
    asked = holes("centre")
    fill = method._fill(asked)[0]
    assert torch.equal(method.pictures(asked)["filled"][:, :, 5:11, 5:11], fill[:, :, 1:7, 1:7])


def test_it_learns_what_belongs_into_a_hole():
    """Each image has one colour, drawn for it."""
    method = build(decoder_width=16).float()
    optimiser = torch.optim.AdamW(method.parameters(), lr=3e-3)

    def plain(seed):
        asked = HoledImages.example(16, torch.Generator().manual_seed(seed))
        colours = torch.randn(16, 3, 1, 1, generator=torch.Generator().manual_seed(seed))
        return HoledImages(asked.index, colours.expand(16, 3, 16, 16), asked.mask)

    for turn in range(60):
        optimiser.zero_grad()
        method.step(plain(turn)).loss.backward()
        optimiser.step()
    method.eval()
    asked = plain(2000)
    assert method.step(asked).metrics["reconstruction"] < 0.5 * method.chance(asked)["reconstruction"]
    for kind, wrong in asked.mismatched().items():
        assert (method.energy(wrong) > method.energy(asked)).float().mean() > 0.8, kind


def test_the_critic_learns_at_a_tenth_of_the_rate():
    rates = {group.name: group.learning_rate_factor for group in build().parameter_groups()}
    assert rates == {NETWORK: 1.0, CRITIC: 0.1}


def test_saying_the_mean_colour_scores_chance():
    method, asked = build().eval(), holes("centre")
    for layer in (method.decoder.decoder.end, method.discriminator.end):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    step, chance = method.step(asked), method.chance(asked)
    found = {name: figure.item() for name, figure in {**step.losses, **step.metrics}.items()}
    assert {name: found[name] for name in chance if "accuracy" not in name} == pytest.approx(
        {name: figure for name, figure in chance.items() if "accuracy" not in name}
    )


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match="positions of images of 16 pixels or more, got TimmEncoder, 32"):
        Inpainting(TimmEncoder("resnet18", channels=3, image_size=32))
    with pytest.raises(UserError, match="of 16 pixels or more, got SmallResNet, 12"):
        Inpainting(SmallResNet(channels=3, image_size=12))
    with pytest.raises(UserError, match=r"adversarial_weight: expected a number in \(0, 1\), got 1"):
        build(adversarial_weight=1.0)
