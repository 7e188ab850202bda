"""Colorization: the paper's rebalanced loss on bins of ab, an encoder of lightness alone, and wrong versions."""

from dataclasses import replace

import pytest
import torch
from descent import descend
from oracles import quantised_colour as oracle
from photographs import DEVIATION, MEAN, lightness_and_colour, pieces

from selftaught.core import ChannelViews, Step, UserError
from selftaught.encoders import SmallResNet, SplitChannels
from selftaught.methods import Colorization
from selftaught.parts import ChannelSplit, gamut_bins
from selftaught.runs import pretrain

SPLIT = ChannelSplit("L,ab", 3, MEAN, DEVIATION)
TABLE = gamut_bins().tolist()


def build(kind=Colorization, groups="L", **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = SplitChannels(
            "small_resnet", channels=3, image_size=16, channel_split=groups, mean=MEAN, standard_deviation=DEVIATION
        )
        return kind(encoder, decoder_width=8, **options).double()


def said_and_true(method, asked):
    """By the network of lightness and the decoder; and the colours of the pixels in the middle of 4x4, as points."""
    said = method.decoder(method.encoder.networks[0].local(asked.parts[0]), 4)
    lab = torch.cat(SPLIT.in_lab(asked.parts), 1)
    places = [(n, y, x) for n in range(len(asked)) for y in range(4) for x in range(4)]
    points = [lab[n, 1:, 4 * y + 2, 4 * x + 2].tolist() for n, y, x in places]
    return [said[n, :, y, x].tolist() for n, y, x in places], points


def mean_of(numbers):
    return sum(numbers) / len(numbers)


def accepts(kind, **options):
    """Whether three steps have the paper's loss, weighted by a prior counted in the steps before."""
    method, counts, weights = build(kind, **options), [0.0] * len(TABLE), [1.0] * len(TABLE)
    for turn in range(3):
        asked = lightness_and_colour(SPLIT, seed=turn)
        said, points = said_and_true(method, asked)
        codes = [oracle.encoding(point, TABLE) for point in points]
        expected = mean_of([oracle.cross_entropy(a, b, weights) for a, b in zip(said, codes, strict=True)])
        step = method.step(asked)
        if abs(step.loss.item() - expected) > 1e-10 * expected:
            return False
        ones = [1.0] * len(TABLE)
        alike = [oracle.cross_entropy(a, b, ones) for a, b in zip(said, codes, strict=True)]
        energies = torch.tensor([mean_of(alike[16 * n :][:16]) for n in range(len(asked))], dtype=torch.float64)
        if not torch.allclose(method.energy(asked), energies, rtol=1e-10, atol=0):
            return False
        descend(method, step)
        method.after_step(step, progress=turn / 3)
        for code in codes:
            counts[max(code, key=lambda q: code[q])] += 1
        weights = oracle.rebalanced(oracle.prior(counts, TABLE))
    return True


class RgbRegression(Colorization):
    """Red, green and blue by their squared distance, the toy that has the name of the method."""

    def step(self, views):
        step, said = super().step(views), self.target.values(self._say(views))
        lightness = self.split.in_lab(views.parts)[0][:, :, 2::4, 2::4]
        shown = self.split.as_images(torch.cat([lightness, said], 1))
        true = self.split.as_images(torch.cat([lightness, self._colours(views)], 1))
        return Step({"colour": (shown - true).square().mean()}, step.remember)


class NotRebalanced(Colorization):
    def step(self, views):
        return replace(super().step(views), losses={"colour": self.energy(views).mean()})


class PriorNeverCounted(Colorization):
    def after_step(self, step, progress):
        pass


class EncoderSeesColour(Colorization):
    def _say(self, views):
        mixed = views.parts[0] + views.parts[1].mean(1, keepdim=True)
        return super()._say(replace(views, parts=(mixed, views.parts[1])))


class ColoursInMinusOneToOne(Colorization):
    """The bins of ab in the units of the views."""

    def _colours(self, views):
        return views.parts[1][:, :, 2::4, 2::4]


class MeanColourOfEachPlace(Colorization):
    def _colours(self, views):
        return torch.nn.functional.avg_pool2d(self.split.in_lab(views.parts)[1], 4)


class OneHot(Colorization):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.target.neighbours = 1


class Summed(Colorization):
    def step(self, views):
        step = super().step(views)
        return replace(step, losses={"colour": step.losses["colour"] * len(views)})


class WeightedEnergy(Colorization):
    def energy(self, views):
        return self.target.losses(self._say(views), self._colours(views))


def test_it_is_accepted():
    assert accepts(Colorization)


@pytest.mark.parametrize(
    "wrong",
    [
        RgbRegression,
        NotRebalanced,
        PriorNeverCounted,
        EncoderSeesColour,
        ColoursInMinusOneToOne,
        MeanColourOfEachPlace,
        OneHot,
        Summed,
        WeightedEnergy,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_regression_is_half_the_squared_distance_of_ab():
    method, asked = build(colours="regression"), lightness_and_colour(SPLIT)
    said, points = said_and_true(method, asked)
    expected = mean_of(
        [sum((s - p / 110) ** 2 for s, p in zip(a, b, strict=True)) / 2 for a, b in zip(said, points, strict=True)]
    )
    step = method.step(asked)
    assert step.loss.item() == pytest.approx(expected, rel=1e-10)
    method.after_step(step, progress=0.0)
    assert method.eval().chance(asked).keys() == {"colour"}


def test_what_is_said_depends_on_lightness_alone():
    method, asked = build().eval(), lightness_and_colour(SPLIT)
    other = asked.mismatched()["another item's other channels"]
    assert torch.equal(method._say(other), method._say(asked))
    images = pieces(4)
    grey = SPLIT.as_images(torch.cat([SPLIT.in_lab(asked.parts)[0], torch.zeros(4, 2, 16, 16).double()], 1))
    torch.testing.assert_close(method.encoder(grey), method.encoder(images), rtol=0, atol=1e-4)


@pytest.mark.parametrize("colours", ["classes", "regression"])
def test_saying_the_same_of_every_place_scores_chance(colours):
    method, asked = build(colours=colours).eval(), lightness_and_colour(SPLIT)
    method.target.see(method.target.count(method._colours(asked)))
    torch.nn.init.zeros_(method.decoder.end.weight)
    bias = method.decoder.end.bias
    optimiser = torch.optim.LBFGS([bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss():
        optimiser.zero_grad()
        found = method.step(asked).loss
        found.backward()
        return found

    optimiser.step(loss)
    found = {**method.step(asked).losses, **method.step(asked).metrics}
    assert {name: figure.item() for name, figure in found.items()} == pytest.approx(method.chance(asked), rel=1e-3)


def test_it_learns_which_colours_belong():
    """Two lightnesses, each with a colour of its own."""
    method = build().float()
    optimiser = torch.optim.AdamW(method.parameters(), lr=1e-2)

    def patterns(seed):
        generator = torch.Generator().manual_seed(seed)
        bright = (torch.arange(16) % 2).float().view(-1, 1, 1, 1)
        lightness = bright - 0.5 + 0.1 * torch.randn(16, 1, 16, 16, generator=generator)
        colour = (bright - 0.5) * torch.tensor([0.6, -0.6]).view(2, 1, 1).expand(16, 2, 16, 16)
        return ChannelViews(torch.arange(16), (lightness, colour), torch.zeros(16, 0, dtype=torch.long))

    for turn in range(60):
        optimiser.zero_grad()
        step = method.step(patterns(turn))
        step.loss.backward()
        optimiser.step()
        method.after_step(step, progress=turn / 60)
    method.eval()
    (wrong,) = patterns(2000).mismatched().values()
    assert (method.energy(wrong) > method.energy(patterns(2000)) + 1).all()
    assert method.step(patterns(2000)).metrics["colour_accuracy"] > 0.95
    shown = method.pictures(patterns(2000))
    (_, near), (_, truth) = (method.split(shown[name]) for name in ("colourised", "original"))
    assert (near - truth).abs().mean() < 0.1


def test_pictures_share_their_lightness():
    method, asked = build().eval(), lightness_and_colour(SPLIT)
    shown = method.pictures(asked)
    torch.testing.assert_close(shown["original"], pieces(4), rtol=0, atol=1e-2)
    grey = shown["lightness"] * torch.tensor(DEVIATION).view(-1, 1, 1) + torch.tensor(MEAN).view(-1, 1, 1)
    assert (grey.amax(1) - grey.amin(1)).max() < 1e-2


def test_what_makes_no_sense_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"an encoder of these channels: --encoder\.channel-split L$"):
        Colorization(SmallResNet())
    with pytest.raises(UserError, match=r"--encoder\.channel-split L$"):
        build(groups="L,ab")
    with pytest.raises(UserError, match="networks that keep positions, such as small_resnet or small_vit, got Timm"):
        Colorization(SplitChannels("mobilenetv3_small_050", channels=3, image_size=32, channel_split="L"))
    with pytest.raises(UserError, match=r"expected \(1, 2\) channels, for L,ab, got"):
        build().step(ChannelViews(torch.arange(2), (torch.zeros(2, 2, 16, 16),), torch.zeros(2, 0, dtype=torch.long)))
    with pytest.raises(UserError, match="expected images of several channels, got 1: grey images have no colour"):
        pretrain("colorization", "no such data", tmp_path / "run", settings={"channels": 1})
