"""MADE: each guess from what stands before it in every order, masks that take turns, and wrong versions of both."""

import math

import pytest
import torch
from descent import descend
from oracles import autoregressive as oracle

from selftaught.core import ImagesWithLatents, UserError
from selftaught.encoders import MaskedPerceptron, PixelReader
from selftaught.methods import MADE
from selftaught.objectives import level_nats
from selftaught.parts import draw_degrees, sample_in_order, sees

MASKS = 3


def build(kind=MADE, channels=1, image_size=3, levels=2, features=160, masks=MASKS, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = MaskedPerceptron(channels=channels, image_size=image_size, levels=levels, features=features)
        method = kind(encoder, masks=masks).double()
        with torch.no_grad():
            for weight in method.parameters():
                weight.mul_(2).add_(0.1 * torch.randn(weight.shape))
    return method


def asked(method, count=8, seed=0):
    encoder, generator = method.encoder, torch.Generator().manual_seed(seed)
    images = torch.rand(count, encoder.channels, encoder.image_size, encoder.image_size, generator=generator).double()
    latents = torch.randn(count, encoder.values_an_image, generator=generator).double()
    return ImagesWithLatents(torch.arange(count), images, latents)


def influences(method, masks):
    """Whether each guess depends on each of the values, from slopes at three images: (guesses, values)."""
    found = 0
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        values = torch.rand(1, method.encoder.values_an_image, generator=generator).double() * 2 - 1
        slopes = torch.autograd.functional.jacobian(lambda each: method.guess(each, masks), values, vectorize=True)
        found = found + slopes[0, :, :, 0].abs().sum(1)
    return found > 0


def is_autoregressive(method, masks):
    """Whether every guess depends on values before it in the order alone, the second on the first, the last on most."""
    in_order = method.orders[masks].argsort()
    seen = influences(method, masks)[in_order][:, in_order]
    return not seen.triu().any() and bool(seen[1, 0]) and seen[-1, :-1].double().mean() > 0.8


def sums_to_one(method, side=2):
    """Whether the probabilities of all images sum to one, under every set of masks and under their mixture."""
    encoder = method.encoder
    numbers = torch.tensor(list(oracle.every_image(encoder.channels, side, side, encoder.levels)))
    images = encoder.rounding.images(numbers, torch.float64)
    views = ImagesWithLatents(torch.arange(len(numbers)), images, torch.zeros(len(numbers), 1).double())
    with torch.no_grad():
        nats = [level_nats(method.logits(numbers, masks), numbers) for masks in torch.arange(MASKS)]
        totals = [(-each).exp().sum() for each in (*nats, method.energy(views))]
    return all(abs(total - 1) < 1e-10 for total in totals)


def scores_what_it_draws(method):
    encoder = method.encoder
    uniforms = torch.rand(5, encoder.channels, encoder.image_size, encoder.image_size).double()
    for masks in torch.arange(MASKS):
        numbers, logs = sample_in_order(
            lambda before, masks=masks: method.logits(before, masks), uniforms, method.orders[masks]
        )
        nats = level_nats(method.logits(numbers, masks), numbers)
        if not torch.allclose(-nats, logs, rtol=0, atol=1e-10):
            return False
    return True


def takes_turns(method):
    """Whether the steps of training are under one set of masks after another, in different orders, none the natural."""
    method.train()
    values = method.encoder.values_an_image
    orders = {tuple(order) for order in method.orders.tolist()}
    if len(orders) != MASKS or tuple(range(values)) in orders or not (method.degrees[0] - method.degrees[1]).any():
        return False
    for turn in range(2 * MASKS):
        views = asked(method, seed=turn)
        numbers = (views.images * (method.encoder.levels - 1)).round().long()
        logits = method.logits(numbers, torch.tensor(turn % MASKS)).tolist()
        nats = [oracle.level_nats(*each) for each in zip(logits, numbers.tolist(), strict=True)]
        step = method.step(views)
        if abs(step.losses["nats_per_dimension"].item() - sum(nats) / len(nats) / values) > 1e-9:
            return False
        descend(method, step)
        method.after_step(step, 0.0)
    return True


def mixes(method):
    """Whether energy and bits, in eval mode, are those of the mean of the probabilities under all masks."""
    method.eval()
    views = asked(method)
    numbers = (views.images * (method.encoder.levels - 1)).round().long()
    logits = [method.logits(numbers, masks).tolist() for masks in torch.arange(MASKS)]
    nats = [
        oracle.mixture_nats([oracle.level_nats(under[item], numbers[item].tolist()) for under in logits])
        for item in range(len(numbers))
    ]
    bits = oracle.bits_per_dimension(nats, method.encoder.values_an_image)
    same = torch.allclose(method.energy(views), torch.tensor(nats, dtype=torch.float64), rtol=0, atol=1e-9)
    return same and abs(method.step(views).metrics["bits_per_dimension"].item() - bits) < 1e-9


def accepts(kind):
    for channels, levels in ((1, 2), (3, 2), (1, 3)):
        method = build(kind, channels=channels, levels=levels, image_size=3)
        tiny = build(kind, channels=channels, levels=levels, image_size=2)
        if not all(is_autoregressive(method, masks) for masks in torch.arange(MASKS)):
            return False
        if not (sums_to_one(tiny) and scores_what_it_draws(method) and mixes(method) and takes_turns(method)):
            return False
    return True


class NaturalOrder(MADE):
    def __init__(self, encoder, **settings):
        super().__init__(encoder, **settings)
        self.orders[:] = torch.arange(encoder.values_an_image)


class OneSetOfMasks(MADE):
    def after_step(self, step, progress):
        self.histograms.see(step.remember["numbers"])


class OneSetOfConnections(MADE):
    def __init__(self, encoder, **settings):
        super().__init__(encoder, **settings)
        self.degrees[:] = self.degrees[0].clone()


class OutputsSeeThemselves(MADE):
    def __init__(self, encoder, **settings):
        super().__init__(encoder, **settings)
        self.degrees += 1


class OutputsInNaturalOrder(MADE):
    def guess(self, values, masks):
        order, degrees = self.orders[masks], self.degrees[masks]
        return self.head(
            self.encoder.hidden(values, order=order, degrees=degrees), torch.arange(len(order)), degrees[-1]
        )


class UnitsCutOff(MADE):
    def guess(self, values, masks):
        order, degrees = self.orders[masks], self.degrees[masks]
        return self.head(self.encoder.hidden(values, order=order + 1, degrees=degrees), order, degrees[-1])


class MeanOfLogarithms(MADE):
    def _mixture(self, numbers):
        return torch.stack([self._nats(numbers, masks) for masks in torch.arange(len(self.orders))]).mean(0)


class FirstMasksOnly(MADE):
    def _mixture(self, numbers):
        return self._nats(numbers, torch.tensor(0))


class UnmaskedOutputs(MADE):
    def guess(self, values, masks):
        order, degrees = self.orders[masks], self.degrees[masks]
        return self.head(
            self.encoder.hidden(values, order=order, degrees=degrees), order, torch.full_like(degrees[-1], -1)
        )


def test_it_is_accepted():
    assert accepts(MADE)


@pytest.mark.parametrize(
    "wrong",
    [
        NaturalOrder,
        OneSetOfMasks,
        OneSetOfConnections,
        OutputsSeeThemselves,
        OutputsInNaturalOrder,
        UnitsCutOff,
        MeanOfLogarithms,
        FirstMasksOnly,
        UnmaskedOutputs,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_degrees_leave_no_unit_without_inputs_or_outputs():
    for draw in range(20):
        order, degrees = draw_degrees(draw, dimensions=7, features=30, layers=3)
        assert sorted(order.tolist()) == list(range(7))
        below = order
        for own in degrees:
            assert sees(own, below, itself=True).any(1).all()
            below = own
        assert sees(order, below, itself=False).any(0).all()
        assert sees(order, below, itself=False)[order == 0].sum() == 0, "the first sees nothing"


def test_a_draw_is_always_the_same_and_orders_are_evenly_spread():
    same = [draw_degrees(5, dimensions=7, features=4, layers=2) for _ in range(2)]
    assert all(torch.equal(*pair) for pair in zip(*same, strict=True))
    first = torch.tensor([draw_degrees(draw, dimensions=4, features=1, layers=1)[0].tolist() for draw in range(800)])
    shares = torch.stack([(first == place).double().mean(0) for place in range(4)])
    assert (shares - 0.25).abs().max() < 0.06


def test_it_learns_that_pixels_depend_on_each_other():
    """One of two images, black or white: all pixels are the first, whatever the order."""
    method = build(features=40)
    optimiser = torch.optim.Adam(method.parameters(), 0.02)

    def plain(seed):
        views = asked(method, count=16, seed=seed)
        views.images[:] = views.images[:, :, :1, :1].round()
        return views

    for turn in range(150):
        optimiser.zero_grad()
        step = method.step(plain(turn))
        step.loss.backward()
        optimiser.step()
        method.after_step(step, 0.0)
    method.eval()
    bits = method.step(plain(1000)).metrics
    assert bits["bits_per_dimension"] < 0.3  # 1 of 9 values is free: 1/9 at best
    assert bits["histogram_bits_per_dimension"] > 0.9
    (mixed,) = plain(1000).mismatched().values()
    differ = mixed.images[:, 0, 0, 0] != mixed.images[:, 0, -1, -1]
    assert (method.energy(mixed) > method.energy(plain(1000)) + math.log(2))[differ].all()
    samples = method.pictures(plain(1000))["samples"]
    assert (samples == samples[:, :, :1, :1]).double().mean() > 0.9


def test_what_is_kept_are_the_units_under_the_first_masks():
    method = build()
    images = asked(method).images
    values = method.encoder.rounding.values((images >= 0.5).long(), torch.float64).flatten(1)
    order, degrees = draw_degrees(0, dimensions=9, features=160, layers=2)
    torch.testing.assert_close(method.encoder(images), method.encoder.hidden(values, order=order, degrees=degrees))


def test_another_encoder_is_refused():
    with pytest.raises(UserError, match="expected the encoder masked_perceptron, got PixelReader"):
        MADE(PixelReader(image_size=16))
