"""InstDisc against the paper's loss with a bank kept in plain lists, and wrong versions that the check rejects."""

import math

import pytest
import torch
from descent import build, descend
from oracles import noise_contrastive as oracle
from torch.nn import functional as F

from selftaught.core import BankedView, UserError
from selftaught.methods import InstDisc
from selftaught.parts import MemoryBank, NoiseContrast

ITEMS, DRAWN, TEMPERATURE, MOMENTUM, FIRST = 20, 6, 0.2, 0.5, 1


def make(encoder, kind=InstDisc, **options):
    numbers = {"embedding_width": 6, "negatives": DRAWN, "temperature": TEMPERATURE, "bank_momentum": MOMENTUM}
    return kind(encoder, items=ITEMS, **{**numbers, **options})


def views(count=8, seed=0, drawn=DRAWN):
    generator = torch.Generator().manual_seed(seed)
    example = BankedView.example(count, generator)
    rows = torch.randperm(ITEMS, generator=generator)[:count]
    return BankedView(rows, example.view.double(), torch.randint(ITEMS, (count, drawn), generator=generator))


def accepts(kind, proximal_weight=2.0):
    """Whether four steps have the paper's loss, with the bank of the steps before and the Z of the first."""
    method = build(lambda encoder: make(encoder, kind, proximal_weight=proximal_weight))
    method.bank.rows.copy_(F.normalize(method.bank.rows, dim=1))  # of unit length in float64, too
    bank, found = method.bank.rows.tolist(), []
    for turn in range(FIRST + 3):
        asked = views(seed=turn)
        own, drawn = asked.index.tolist(), asked.drawn.tolist()
        embeddings = method.projector(method.encoder(asked.view)).tolist()
        if turn < FIRST:
            found.append(oracle.normaliser(embeddings, bank, drawn, TEMPERATURE))
        expected = oracle.nce(embeddings, bank, own, drawn, TEMPERATURE, oracle.mean(found))
        expected += proximal_weight * oracle.proximal(embeddings, bank, own)
        step = method.step(asked)
        if abs(step.loss.item() - expected) > 1e-10 * expected:
            return False
        descend(method, step)
        method.after_step(step, progress=turn / 4)
        bank = oracle.moved(bank, own, embeddings, MOMENTUM)
        if not torch.allclose(method.bank.rows, torch.tensor(bank, dtype=torch.float64), rtol=0, atol=1e-12):
            return False
    return True


class InBatchNegativesOnly(InstDisc):
    def step(self, asked):
        others = [[row for row in asked.index.tolist() if row != own][:DRAWN] for own in asked.index.tolist()]
        return super().step(BankedView(asked.index, asked.view, torch.tensor(others)))


class NotNormalised(MemoryBank):
    def move(self, index, embeddings):
        self.rows[index] = MOMENTUM * self.rows[index] + (1 - MOMENTUM) * F.normalize(embeddings, dim=1)


class BankNotNormalisedAfterTheUpdate(InstDisc):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.bank = NotNormalised(ITEMS, 6, momentum=MOMENTUM)


class BankMovedBeforeTheLoss(InstDisc):
    def step(self, asked):
        self.bank.move(asked.index, self.projector(self.encoder(asked.view)).detach())
        return super().step(asked)


class NormaliserEstimatedAtEveryStep(InstDisc):
    def after_step(self, step, progress):
        super().after_step(step, progress)
        self.contrast.log_total.fill_(-math.inf)
        self.contrast.batches.zero_()


class BankNeverMoved(InstDisc):
    def after_step(self, step, progress):
        self.contrast.settle(step.remember["normaliser"])


class WithoutTheProximalTerm(InstDisc):
    def step(self, asked):
        step = super().step(asked)
        return type(step)({"own_row": step.losses["own_row"]}, step.remember)


class SoftmaxOverTheDrawn(InstDisc):
    def step(self, asked):
        step = super().step(asked)
        z = F.normalize(self.projector(self.encoder(asked.view)), dim=1)
        rows = self.bank.rows[torch.cat([asked.index[:, None], asked.drawn], 1)]
        scores = torch.einsum("nd,nmd->nm", z, rows) / TEMPERATURE
        return type(step)({**step.losses, "own_row": (scores.logsumexp(1) - scores[:, 0]).mean()}, step.remember)


def test_it_is_accepted():
    assert accepts(InstDisc)
    assert accepts(InstDisc, proximal_weight=0.0)


@pytest.mark.parametrize(
    "wrong",
    [
        InBatchNegativesOnly,
        BankNotNormalisedAfterTheUpdate,
        BankMovedBeforeTheLoss,
        NormaliserEstimatedAtEveryStep,
        BankNeverMoved,
        WithoutTheProximalTerm,
        SoftmaxOverTheDrawn,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_whole_softmax_draws_nothing():
    method = build(lambda encoder: make(encoder, negatives=None))
    asked = views(drawn=0)
    embeddings = method.projector(method.encoder(asked.view)).tolist()
    expected = oracle.softmax(embeddings, method.bank.rows.tolist(), asked.index.tolist(), TEMPERATURE)
    assert method.step(asked).loss.item() == pytest.approx(expected, abs=1e-10)
    assert method.chance(asked)["own_row"] == pytest.approx(math.log(ITEMS))


def test_equal_rows_and_embeddings_score_chance():
    method, asked = build(make).eval(), views()
    method.bank.rows.fill_(6**-0.5)
    method.projector.forward = lambda vectors: torch.ones(len(vectors), 6, dtype=torch.float64)
    step, chance = method.step(asked), method.chance(asked)
    assert step.losses["own_row"].item() == pytest.approx(chance["own_row"])
    assert step.metrics["top_1_accuracy"].item() == pytest.approx(chance["top_1_accuracy"]) == 1 / 8
    assert "top_1_accuracy" not in method.train().step(asked).metrics


def test_the_energy_is_low_where_an_item_is_remembered():
    method, asked = build(make).eval(), views()
    method.bank.rows[asked.index] = F.normalize(method.projector(method.encoder(asked.view)).detach(), dim=1)
    assert method.energy(asked).abs().max() < 1e-12
    assert (method.energy(asked.mismatched()["the place of another item"]) > 1e-6).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"negatives": 0}, "at least 1 negative, or none for the softmax"),
        ({"temperature": -1.0}, "a temperature above 0, got -1"),
        ({"bank_momentum": 1.0}, r"in \[0, 1\), got 1"),
        ({"proximal_weight": -0.5}, "a proximal_weight of 0 or more, got -0.5"),
    ],
)
def test_wrong_numbers_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        build(lambda encoder: make(encoder, **options))


def test_views_of_another_data_set_are_refused():
    asked = views(1)
    outside = BankedView(torch.tensor([ITEMS]), asked.view, asked.drawn)
    for ask in (build(make).step, build(make).energy):
        with pytest.raises(UserError, match="the 20 items that are remembered, got row 20"):
            ask(outside)
    with pytest.raises(UserError, match="expected 6 rows drawn for each item, got 5"):
        build(make).step(views(drawn=5))


def test_the_bank_starts_from_the_encoder_where_it_is_asked_to_and_only_once():
    vectors = []

    def features():
        vectors.append(torch.randn(ITEMS, build(make).encoder.width, generator=torch.Generator().manual_seed(3)))
        return vectors[-1].double()

    method = build(lambda encoder: make(encoder, bank_start="encoder"))
    method.before_epoch(features)
    expected = F.normalize(method.projector(vectors[0].double()), dim=1)
    torch.testing.assert_close(method.bank.rows, expected.detach(), rtol=0, atol=1e-12)
    method.after_step(method.step(views()), progress=0.5)
    moved = method.bank.rows.clone()
    method.before_epoch(features)
    assert torch.equal(method.bank.rows, moved)
    random = build(make)
    before = random.bank.rows.clone()
    random.before_epoch(features)
    assert torch.equal(random.bank.rows, before)
    assert len(vectors) == 1


def test_the_bank_and_the_normaliser_are_in_the_checkpoint():
    names = set(build(make).state_dict())
    assert {"bank.rows", "contrast.log_total", "contrast.batches"} <= names
    assert isinstance(build(make).contrast, NoiseContrast)
