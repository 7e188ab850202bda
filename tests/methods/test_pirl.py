"""PIRL against the paper's loss with a bank kept in plain lists, and wrong versions that the check rejects."""

from dataclasses import replace

import pytest
import torch
from descent import build, descend
from oracles import noise_contrastive as oracle
from torch.nn import functional as F

from selftaught.core import JigsawView, Step, UserError
from selftaught.methods import PIRL
from selftaught.objectives import nt_xent

ITEMS, DRAWN, TEMPERATURE, MOMENTUM, FIRST, WEIGHT, WIDTH = 20, 8, 0.2, 0.5, 1, 0.3, 6


def make(encoder, kind=PIRL, **options):
    numbers = {"embedding_width": WIDTH, "negatives": DRAWN, "temperature": TEMPERATURE, "bank_momentum": MOMENTUM}
    return kind(encoder, items=ITEMS, **{**numbers, "tiles_weight": WEIGHT, **options})


def views(count=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    example = JigsawView.example(count, generator).to(torch.device("cpu"), torch.float64)
    rows = torch.randperm(ITEMS, generator=generator)[:count]
    return replace(example, index=rows, drawn=torch.randint(ITEMS, (count, DRAWN), generator=generator))


def of_tiles(method, tiles):
    """The tiles' embedding in the order in which they came, one linear layer for each and one for all nine."""
    vectors = method.encoder(tiles.flatten(0, 1))
    each = F.linear(vectors, method.tile[0].weight, method.tile[0].bias).view(len(tiles), 9 * WIDTH)
    return F.linear(each, method.joined[0].weight, method.joined[0].bias)


def accepts(kind):
    """Whether three steps have the paper's two losses against one bank, which follows the image's head."""
    method = build(lambda encoder: make(encoder, kind))
    method.bank.rows.copy_(F.normalize(method.bank.rows, dim=1))  # of unit length in float64, too
    bank, found = method.bank.rows.tolist(), {"image": [], "tiles": []}
    for turn in range(FIRST + 2):
        asked = views(seed=turn)
        own, drawn = asked.index.tolist(), asked.drawn.tolist()
        image = method.projector(method.encoder(asked.image)).tolist()
        embeddings, expected = {"image": image, "tiles": of_tiles(method, asked.tiles).tolist()}, {}
        for name, rows in embeddings.items():
            if turn < FIRST:
                found[name].append(oracle.normaliser(rows, bank, drawn, TEMPERATURE))
            expected[name] = oracle.nce(rows, bank, own, drawn, TEMPERATURE, oracle.mean(found[name]))
        step = method.step(asked)
        total = WEIGHT * expected["tiles"] + (1 - WEIGHT) * expected["image"]
        if abs(step.loss.item() - total) > 1e-10 * total:
            return False
        descend(method, step)
        method.after_step(step, progress=turn / 3)
        bank = oracle.moved(bank, own, image, MOMENTUM)
        if not torch.allclose(method.bank.rows, torch.tensor(bank, dtype=torch.float64), rtol=0, atol=1e-12):
            return False
    return True


class TwoAugmentationsCompared(PIRL):
    def _embeddings(self, asked):
        image = self.projector(self.encoder(asked.image))
        return image, self.projector(self.encoder(asked.image.flip(3)))


class NoBank(PIRL):
    def step(self, asked):
        image, tiles = self._embeddings(asked)
        step = super().step(asked)
        return Step({"nt_xent": nt_xent(image, tiles, temperature=TEMPERATURE)}, step.remember)


class TilesInTrueOrder(PIRL):
    def _embeddings(self, asked):
        true = asked.order.argsort(1)
        return super()._embeddings(replace(asked, tiles=asked.tiles[torch.arange(len(asked))[:, None], true]))


class TilesAgainstTheImageOfTheBatch(PIRL):
    def step(self, asked):
        image, _ = self._embeddings(asked)
        rows = self.bank.rows.clone()
        self.bank.rows[asked.index] = F.normalize(image.detach(), dim=1)
        step = super().step(asked)
        self.bank.rows.copy_(rows)
        return step


class BankFollowsTheTiles(PIRL):
    def after_step(self, step, progress):
        super().after_step(Step(step.losses, {**step.remember, "image": step.remember["tiles"]}), progress)

    def step(self, asked):
        step = super().step(asked)
        return Step(step.losses, {**step.remember, "tiles": self._embeddings(asked)[1].detach()})


class OneHeadForBoth(PIRL):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.tile = self.projector

    def _embeddings(self, asked):
        each = self.projector(self.encoder(asked.tiles.flatten(0, 1)))
        return self.projector(self.encoder(asked.image)), each.unflatten(0, (-1, 9)).mean(1)


class WeightsTheOtherWayRound(PIRL):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.tiles_weight = 1 - self.tiles_weight


def test_it_is_accepted():
    assert accepts(PIRL)


@pytest.mark.parametrize(
    "wrong",
    [
        TwoAugmentationsCompared,
        NoBank,
        TilesInTrueOrder,
        TilesAgainstTheImageOfTheBatch,
        BankFollowsTheTiles,
        OneHeadForBoth,
        WeightsTheOtherWayRound,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_energy_is_between_the_image_and_its_tiles_and_asks_no_bank():
    method, asked = build(make).eval(), views()
    image, tiles = method.projector(method.encoder(asked.image)), of_tiles(method, asked.tiles)
    expected = 2 - 2 * F.cosine_similarity(image, tiles)
    torch.testing.assert_close(method.energy(asked), expected, rtol=0, atol=1e-7)
    held_out = replace(asked, index=asked.index + 10 * ITEMS)
    assert torch.equal(method.energy(held_out), method.energy(asked))


def test_equal_rows_and_embeddings_score_chance():
    method, asked = build(make).eval(), views()
    method.bank.rows.fill_(WIDTH**-0.5)
    for head in (method.projector, method.joined):
        head.forward = lambda vectors: torch.ones(len(vectors), WIDTH, dtype=torch.float64)
    step = method.step(asked)
    found = {name: value.item() for name, value in {**step.losses, **step.metrics}.items()}
    assert found == pytest.approx(method.chance(asked))
    assert not method.train().step(asked).metrics


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match=r"a tiles_weight in \[0, 1\], got 1.5"):
        build(lambda encoder: make(encoder, tiles_weight=1.5))
    asked = views()
    fewer = replace(asked, tiles=asked.tiles[:, :4], order=asked.order[:, :4])
    for ask in (build(make).step, build(make).energy):
        with pytest.raises(UserError, match="expected 9 tiles of every image, got 4"):
            ask(fewer)
    with pytest.raises(UserError, match="the 20 items that are remembered, got row 20"):
        build(make).step(replace(asked, index=asked.index.fill_(ITEMS)))


def test_the_bank_starts_from_the_encoder_where_it_is_asked_to_and_only_once():
    method = build(lambda encoder: make(encoder, bank_start="encoder"))
    vectors = torch.randn(ITEMS, method.encoder.width, generator=torch.Generator().manual_seed(3)).double()
    method.before_epoch(lambda: vectors)
    expected = F.normalize(method.projector(vectors), dim=1)
    torch.testing.assert_close(method.bank.rows, expected.detach(), rtol=0, atol=1e-12)
    method.after_step(method.step(views()), progress=0.5)
    moved = method.bank.rows.clone()
    method.before_epoch(lambda: vectors)
    assert torch.equal(method.bank.rows, moved)
    assert not moved.requires_grad
