"""RelativePosition against a shared tower and a head of two patches, and wrong versions that the check rejects."""

import math
from dataclasses import replace

import pytest
import torch
from descent import build, descend
from oracles import answers as oracle
from torch import nn

from selftaught.core import PatchNeighbourhoods
from selftaught.methods import RelativePosition
from selftaught.testing import ExampleEncoder

WIDTH, HIDDEN = 6, 10


def make(encoder, kind=RelativePosition):
    return kind(encoder, patch_width=WIDTH, hidden_width=HIDDEN)


def views(count=6, seed=0):
    example = PatchNeighbourhoods.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def norm(layer, items):
    deviation, mean = torch.std_mean(items, 0, correction=0)
    return layer.weight * (items - mean) / (deviation.square() + 1e-5).sqrt() + layer.bias


def scores_of(method, asked):
    """The middle's features and those of one patch at the rim, side by side, for every patch at the rim."""
    linear, norm_of_patches, _ = method.patch
    vectors = method.encoder(torch.cat(list(asked.patches)))
    features = norm(norm_of_patches, vectors @ linear.weight.T).relu()
    rim = [place for place in range(9) if place != 4]
    pairs = torch.stack(
        [torch.cat([features[9 * item + 4], features[9 * item + place]]) for item in range(len(asked)) for place in rim]
    )
    first, norm_of_first, _, second, norm_of_second, _, last = method.joined
    hidden = norm(norm_of_first, pairs @ first.weight.T).relu()
    return norm(norm_of_second, hidden @ second.weight.T).relu() @ last.weight.T


def accepts(kind):
    """Whether three steps have the loss and accuracy of naming eight places, and energies are each image's own."""
    method = build(lambda encoder: make(encoder, kind))
    for turn in range(3):
        asked = views(seed=turn)
        scores, said = scores_of(method, asked).tolist(), [place for item in asked.places.tolist() for place in item]
        costs = [oracle.surprise(row, right) for row, right in zip(scores, said, strict=True)]
        hits = [oracle.credit(row, right) for row, right in zip(scores, said, strict=True)]
        step = method.step(asked)
        if abs(step.loss.item() - oracle.mean(costs)) > 1e-10:
            return False
        if abs(step.metrics["accuracy"].item() - oracle.mean(hits)) > 1e-10:
            return False
        each = [oracle.mean(costs[start : start + 8]) for start in range(0, len(costs), 8)]
        if (method.energy(asked) - torch.tensor(each, dtype=torch.float64)).abs().max() > 1e-10:
            return False
        descend(method, step)
    return True


class TheRimAlone(RelativePosition):
    """Where does a patch lie, from itself: the frame of the picture tells, not what is beside it."""

    def _scores(self, asked):
        each = self.patch(self.encoder(asked.patches.flatten(0, 1))).unflatten(0, (-1, 9))
        around = each[:, [0, 1, 2, 3, 5, 6, 7, 8]].flatten(0, 1)
        return self.joined(torch.cat([around, around], 1))


class MiddleSecond(RelativePosition):
    def _scores(self, asked):
        each = self.patch(self.encoder(asked.patches.flatten(0, 1))).unflatten(0, (-1, 9))
        around, middle = each[:, [0, 1, 2, 3, 5, 6, 7, 8]], each[:, 4:5].expand(-1, 8, -1)
        return self.joined(torch.cat([around, middle], 2).flatten(0, 1))


class MiddleOfAnotherImage(RelativePosition):
    def _scores(self, asked):
        return super()._scores(asked.mismatched()["patches of another image"])


class StackedAsChannels(RelativePosition):
    """The tower sees both patches at once."""

    def _scores(self, asked):
        both = torch.cat([asked.middle[:, None].expand_as(asked.around), asked.around], 4).flatten(0, 1)
        found = self.patch(self.encoder(both))
        return self.joined(torch.cat([found, found], 1))


class ColumnByColumn(RelativePosition):
    def _scores(self, asked):
        return super()._scores(replace(asked, patches=asked.patches[:, torch.arange(9).view(3, 3).T.flatten()]))


class OneNeighbourAnImage(RelativePosition):
    def energy(self, asked):
        return super().energy(replace(asked, places=asked.places[:, :1].expand(-1, 8)))


def test_it_is_accepted():
    assert accepts(RelativePosition)


@pytest.mark.parametrize(
    "wrong",
    [TheRimAlone, MiddleSecond, MiddleOfAnotherImage, StackedAsChannels, ColumnByColumn, OneNeighbourAnImage],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_equal_scores_are_chance():
    method = build(make).eval()
    nn.init.zeros_(method.joined[-1].weight)
    step = method.step(views())
    found = {name: value.item() for name, value in {**step.losses, **step.metrics}.items()}
    assert found == pytest.approx(method.chance(views()))
    assert method.chance(views()) == {"accuracy": 0.125, "place": math.log(8)}


def test_the_papers_head_is_the_default():
    method = RelativePosition(ExampleEncoder())
    linear = [method.patch[0], *(layer for layer in method.joined if isinstance(layer, nn.Linear))]
    assert [layer.out_features for layer in linear] == [4096, 4096, 4096, 8]


def test_a_wrong_order_has_a_higher_energy_once_places_are_known():
    """Each place has a pattern of its own, and each image a strength of its own, in noise."""
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randn(9, 3, 8, 8, generator=generator, dtype=torch.float64)
    noise = torch.randn(80, 9, 3, 8, 8, generator=generator, dtype=torch.float64)
    every = PatchNeighbourhoods.of(torch.arange(80), patterns + 0.5 * noise)
    method = build(make)
    optimiser = torch.optim.Adam(method.parameters(), lr=0.01)
    for turn in range(60):
        optimiser.zero_grad()
        method.step(every.take(torch.arange(16) + turn % 4 * 16)).loss.backward()
        optimiser.step()
    method.eval()
    held_out = every.take(torch.arange(64, 80))
    assert method.step(held_out).metrics["accuracy"] > 0.9
    wrong = held_out.mismatched()
    for name in ("patches in a wrong order", "patches across from where they lie"):
        assert (method.energy(wrong[name]) > method.energy(held_out)).all()
