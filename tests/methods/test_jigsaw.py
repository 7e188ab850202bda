"""Jigsaw against a tower that sees one tile at a time and a head that sees them in their order, and wrong versions."""

import math
from dataclasses import replace

import pytest
import torch
from descent import build, descend
from oracles import answers as oracle
from torch import nn

from selftaught.core import ShuffledTiles, UserError
from selftaught.methods import Jigsaw
from selftaught.parts import distant_orders
from selftaught.testing import ExampleEncoder

ORDERS, WIDTH, HIDDEN = 8, 6, 10


def make(encoder, kind=Jigsaw):
    return kind(encoder, permutations=ORDERS, tile_width=WIDTH, hidden_width=HIDDEN)


def views(count=8, seed=0):
    example = ShuffledTiles.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def norm(layer, items):
    deviation, mean = torch.std_mean(items, 0, correction=0)
    return layer.weight * (items - mean) / (deviation.square() + 1e-5).sqrt() + layer.bias


def scores_of(method, asked):
    """One encoder and one layer for all tiles of the batch, then all nine of an image side by side as they came."""
    linear, norm_of_tiles, _ = method.tile
    vectors = method.encoder(torch.cat(list(asked.tiles)))
    features = norm(norm_of_tiles, vectors @ linear.weight.T).relu()
    rows = torch.stack([torch.cat(list(features[place : place + 9])) for place in range(0, len(features), 9)])
    first, norm_of_hidden, _, last = method.joined
    return norm(norm_of_hidden, rows @ first.weight.T).relu() @ last.weight.T


def accepts(kind):
    """Whether three steps have the loss and the accuracy of naming the order, and energies are each image's own."""
    method = build(lambda encoder: make(encoder, kind))
    for turn in range(3):
        asked = views(seed=turn)
        scores, said = scores_of(method, asked).tolist(), asked.orders.tolist()
        costs = [oracle.surprise(row, right) for row, right in zip(scores, said, strict=True)]
        hits = [oracle.credit(row, right) for row, right in zip(scores, said, strict=True)]
        step = method.step(asked)
        if abs(step.loss.item() - oracle.mean(costs)) > 1e-10:
            return False
        if abs(step.metrics["accuracy"].item() - oracle.mean(hits)) > 1e-10:
            return False
        if (method.energy(asked) - torch.tensor(costs, dtype=torch.float64)).abs().max() > 1e-10:
            return False
        descend(method, step)
    return True


class TilesPutBack(Jigsaw):
    """Joined in the order in which they stood in the picture: every answer is the same."""

    def _scores(self, asked):
        true = distant_orders(ORDERS)[asked.orders].argsort(1)
        return super()._scores(replace(asked, tiles=asked.tiles[torch.arange(len(asked))[:, None], true]))


class TilesAddedUp(Jigsaw):
    """Not joined: nine sums that no order changes."""

    def _scores(self, asked):
        each = self.tile(self.encoder(asked.tiles.flatten(0, 1))).unflatten(0, (-1, 9))
        return self.joined(each.mean(1, keepdim=True).expand_as(each).flatten(1))


class StackedAsChannels(Jigsaw):
    """The tower sees neighbours: all tiles laid out in one picture."""

    def _scores(self, asked):
        rows = [torch.cat(list(row.unbind(1)), 3) for row in asked.tiles.split(3, 1)]
        whole = self.tile(self.encoder(torch.cat(rows, 2)))
        return self.joined(whole.repeat(1, 9))


class ATowerForEachTile(Jigsaw):
    """Each place has an encoder of its own, here one that is moved by its number."""

    def _scores(self, asked):
        moved = torch.arange(9, dtype=torch.float64).view(9, 1, 1, 1)
        return super()._scores(replace(asked, tiles=asked.tiles + moved))


class AnOrderAtATime(Jigsaw):
    """The answer is which tile stands first, not which order it is."""

    def _scores(self, asked):
        return super()._scores(asked)[:, distant_orders(ORDERS)[:, 0] % ORDERS]


def test_it_is_accepted():
    assert accepts(Jigsaw)


@pytest.mark.parametrize("wrong", [TilesPutBack, TilesAddedUp, StackedAsChannels, ATowerForEachTile, AnOrderAtATime])
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_equal_scores_are_chance():
    method = build(make).eval()
    nn.init.zeros_(method.joined[-1].weight)
    step = method.step(views())
    found = {name: value.item() for name, value in {**step.losses, **step.metrics}.items()}
    assert found == pytest.approx(method.chance(views()))
    assert method.chance(views()) == {"accuracy": 1 / ORDERS, "order": math.log(ORDERS)}


def test_the_papers_head_is_the_default():
    method = Jigsaw(ExampleEncoder())
    assert [layer.out_features for layer in (method.tile[0], method.joined[0], method.joined[-1])] == [512, 4096, 100]


def test_the_encoder_takes_whole_images_afterwards():
    assert build(make).encoder(torch.zeros(2, 3, 30, 30, dtype=torch.float64)).shape == (2, 16)


def test_a_wrong_order_has_a_higher_energy_once_puzzles_are_solved():
    """Each place has a pattern of its own, in noise."""
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randn(9, 3, 8, 8, generator=generator, dtype=torch.float64)
    noise = torch.randn(160, 9, 3, 8, 8, generator=generator, dtype=torch.float64)
    numbers = torch.arange(160) % ORDERS
    shown = (patterns + 0.5 * noise)[torch.arange(160)[:, None], distant_orders(ORDERS)[numbers]]
    every = ShuffledTiles(torch.arange(160), shown, numbers)
    method = build(make)
    optimiser = torch.optim.Adam(method.parameters(), lr=0.01)
    for turn in range(60):
        optimiser.zero_grad()
        method.step(every.take(torch.arange(32) + turn % 4 * 32)).loss.backward()
        optimiser.step()
    method.eval()
    held_out = every.take(torch.arange(128, 160))
    assert method.step(held_out).metrics["accuracy"] > 0.9
    for other in held_out.mismatched().values():
        assert (method.energy(other) > method.energy(held_out)).double().mean() > 0.9


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match="at least 2 permutations, got 1"):
        Jigsaw(ExampleEncoder(), permutations=1)
    fewer = replace(views(), tiles=views().tiles[:, :4])
    for ask in (build(make).step, build(make).energy):
        with pytest.raises(UserError, match="expected 9 tiles of every image, got 4"):
            ask(fewer)
