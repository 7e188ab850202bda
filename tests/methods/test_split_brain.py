"""SplitBrain: each half says the other's channels and sees none of them, and wrong versions that the check rejects."""

from dataclasses import replace

import pytest
import torch
from descent import descend
from oracles import quantised_colour as oracle
from photographs import DEVIATION, MEAN, lightness_and_colour, pieces
from torch.nn import functional as F

from selftaught.core import ChannelViews, Step, UserError
from selftaught.encoders import SmallResNet, SplitChannels
from selftaught.methods import SplitBrain
from selftaught.parts import ChannelSplit, gamut_bins

SPLIT = ChannelSplit("L,ab", 3, MEAN, DEVIATION)
TABLE = gamut_bins().tolist()


def build(kind=SplitBrain, groups="L,ab", **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = SplitChannels(
            "small_resnet", channels=3, image_size=16, channel_split=groups, mean=MEAN, standard_deviation=DEVIATION
        )
        return kind(encoder, decoder_width=8, **options).double()


def mean_of(numbers):
    return sum(numbers) / len(numbers)


def expected_of(method, asked):
    """Both losses of every item by plain loops: ab from the first network, L from the second, at every fourth pixel."""
    lab = torch.cat(SPLIT.in_lab(asked.parts), 1)
    said = [
        decoder(network.local(part), 4)
        for network, decoder, part in zip(method.encoder.networks, method.decoders, asked.parts, strict=True)
    ]
    rows = []
    for n in range(len(asked)):
        losses = [0.0, 0.0]
        for y in range(4):
            for x in range(4):
                lightness, *ab = lab[n, :, 4 * y + 2, 4 * x + 2].tolist()
                bins = [oracle.encoding(ab, TABLE), {min(int(lightness), 99): 1.0}]
                for half, code in enumerate(bins):
                    logits = said[half][n, :, y, x].tolist()
                    losses[half] += oracle.cross_entropy(logits, code, [1.0] * len(logits)) / 16
        rows.append(losses)
    return rows


def accepts(kind):
    """Whether two steps have the sum of both cross-entropies, no bin counting more than another."""
    method = build(kind)
    for turn in range(2):
        asked = lightness_and_colour(SPLIT, seed=turn)
        rows = expected_of(method, asked)
        step = method.step(asked)
        expected = {"colour": mean_of([row[0] for row in rows]), "lightness": mean_of([row[1] for row in rows])}
        if step.losses.keys() != expected.keys():
            return False
        if any(abs(step.losses[name].item() - expected[name]) > 1e-10 * expected[name] for name in expected):
            return False
        energies = torch.tensor([sum(row) for row in rows], dtype=torch.float64)
        if not torch.allclose(method.energy(asked), energies, rtol=1e-10, atol=0):
            return False
        descend(method, step)
    return True


class OneNetwork(SplitBrain):
    """One network for both halves, the toy that has the name of the method."""

    def _rows(self, views):
        wide = views.parts[0].expand(-1, 2, -1, -1)
        one = self.encoder.networks[1]
        said = [decoder(one.local(p), 4) for decoder, p in zip(self.decoders, (wide, views.parts[1]), strict=True)]
        return list(zip(("colour", "lightness"), self.targets, said, self._truth(views), strict=True))


class OneNetworkThatSeesAll(SplitBrain):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.whole = SmallResNet(channels=3, image_size=16)

    def _rows(self, views):
        seen = self.whole.local(torch.cat(views.parts, 1))
        said = [decoder(seen, 4) for decoder in self.decoders]
        return list(zip(("colour", "lightness"), self.targets, said, self._truth(views), strict=True))


class EachSaysWhatItSees(SplitBrain):
    def _truth(self, views):
        colour, lightness = super()._truth(views)
        return [torch.cat([lightness, lightness], 1), colour[:, :1]]


class OneDirectionOnly(SplitBrain):
    def step(self, views):
        return Step({"colour": super().step(views).losses["colour"]})


class Rebalanced(SplitBrain):
    """Rare colours count more, as in colorization."""

    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.targets[0].uniform_share = 0.5

    def after_step(self, step, progress):
        self.targets[0].see(self.targets[0].count(self._truth(lightness_and_colour(SPLIT))[0]))

    def step(self, views):
        self.after_step(Step({}), 0.0)
        return super().step(views)


class LightnessSharedByNeighbours(SplitBrain):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.targets[1].neighbours = 5


class MeanOfBothHalves(SplitBrain):
    def energy(self, views):
        return super().energy(views) / 2


def test_it_is_accepted():
    assert accepts(SplitBrain)


@pytest.mark.parametrize(
    "wrong",
    [
        OneNetwork,
        OneNetworkThatSeesAll,
        EachSaysWhatItSees,
        OneDirectionOnly,
        Rebalanced,
        LightnessSharedByNeighbours,
        MeanOfBothHalves,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_neither_half_sees_what_it_is_to_say():
    method, asked = build().eval(), lightness_and_colour(SPLIT)
    other = asked.mismatched()["another item's other channels"]
    before, after = ([said for _, _, said, _ in method._rows(each)] for each in (asked, other))
    assert torch.equal(before[0], after[0])
    torch.testing.assert_close(after[1], before[1].roll(-1, 0))


def test_what_is_kept_are_both_halves_side_by_side():
    method, asked = build().eval(), lightness_and_colour(SPLIT)
    halves = [network(part) for network, part in zip(method.encoder.networks, asked.parts, strict=True)]
    torch.testing.assert_close(method.encoder(pieces(4)), torch.cat(halves, 1))
    assert method.encoder.width == 512
    first, second = (list(network.parameters()) for network in method.encoder.networks)
    step = method.step(asked)
    for loss, own, other in (("colour", first, second), ("lightness", second, first)):
        slopes = torch.autograd.grad(step.losses[loss], [*own, *other], retain_graph=True, materialize_grads=True)
        assert all(slope.abs().max() > 0 for slope in slopes[: len(own)])
        assert all((slope == 0).all() for slope in slopes[len(own) :])


def test_regression_is_half_the_squared_distance_of_both():
    method, asked = build(answers="regression"), lightness_and_colour(SPLIT)
    rows = method._rows(asked)
    step = method.step(asked)
    for (name, _, said, true), unit in zip(rows, (110, 100), strict=True):
        expected = F.mse_loss(said, true / unit) * true.shape[1] / 2
        torch.testing.assert_close(step.losses[name], expected)
    assert method.eval().chance(asked).keys() == {"colour", "lightness"}


def test_it_learns_which_halves_belong():
    """Two lightnesses, each with a colour of its own."""
    method = build().float()
    optimiser = torch.optim.AdamW(method.parameters(), lr=1e-2)

    def patterns(seed):
        generator = torch.Generator().manual_seed(seed)
        bright = (torch.arange(16) % 2).float().view(-1, 1, 1, 1)
        lightness = (bright - 0.5).expand(16, 1, 16, 16)
        colour = (bright - 0.5) * torch.tensor([0.6, -0.6]).view(2, 1, 1)
        noisy = colour + 0.02 * torch.randn(16, 2, 16, 16, generator=generator)
        return ChannelViews(torch.arange(16), (lightness, noisy), torch.zeros(16, 0, dtype=torch.long))

    for turn in range(60):
        optimiser.zero_grad()
        method.step(patterns(turn)).loss.backward()
        optimiser.step()
    method.eval()
    (wrong,) = patterns(2000).mismatched().values()
    assert (method.energy(wrong) > method.energy(patterns(2000)) + 1).all()
    found, chance = method.step(patterns(2000)).metrics, method.chance(patterns(2000))
    assert found["lightness_accuracy"] > 0.95
    assert chance["lightness_accuracy"] == pytest.approx(0.5)
    shown = method.pictures(patterns(2000))
    _, truth = method.split(shown["original"])
    _, near = method.split(shown["colour said"])
    light, _ = method.split(shown["lightness said"])
    true_light, _ = method.split(shown["original"])
    assert (near - truth).abs().mean() < 0.1
    assert (light - true_light).abs().mean() < 0.1


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match=r"an encoder of these channels: --encoder\.channel-split L,ab"):
        SplitBrain(SmallResNet())
    with pytest.raises(UserError, match=r"--encoder\.channel-split L,ab"):
        build(groups="L")
    with pytest.raises(UserError, match="grey images have no colour"):
        ChannelSplit("L,ab", 1)
    asked = lightness_and_colour(SPLIT)
    with pytest.raises(UserError, match=r"expected \(1, 2\) channels, for L,ab, got"):
        build().step(replace(asked, parts=asked.parts[::-1]))
