"""The bank follows what was seen, keeps its length, and is one in all processes; the normaliser is settled early."""

import math

import pytest
import torch
from oracles import noise_contrastive as oracle
from torch.nn import functional as F

from selftaught.core import UserError, process_rank
from selftaught.parts import MemoryBank, NoiseContrast, mlp, start_from_vectors
from selftaught.testing import in_processes

SIZE, WIDTH, MOMENTUM = 9, 4, 0.5
INDEX = torch.tensor([7, 2, 7, 0])  # an item twice


def build(kind=MemoryBank):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return kind(SIZE, WIDTH, momentum=MOMENTUM).double()


def seen(seed=0, count=4):
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(count, WIDTH, generator=generator, dtype=torch.float64)


def accepts(kind):
    """Whether three batches move the bank as loops do."""
    bank = build(kind)
    expected = bank.rows.tolist()
    for turn in range(3):
        index = (INDEX + turn) % SIZE
        expected = oracle.moved(expected, index.tolist(), seen(turn).tolist(), MOMENTUM)
        bank.move(index, seen(turn).requires_grad_())
        if not torch.allclose(bank.rows, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12):
            return False
    return not bank.rows.requires_grad


class NotNormalisedAfterTheUpdate(MemoryBank):
    def move(self, index, embeddings):
        moved = MOMENTUM * self.rows[index] + (1 - MOMENTUM) * F.normalize(embeddings.detach(), dim=1)
        self.rows[index] = moved


class NotNormalisedBeforeTheUpdate(MemoryBank):
    def move(self, index, embeddings):
        moved = MOMENTUM * self.rows[index] + (1 - MOMENTUM) * embeddings.detach()
        self.rows[index] = F.normalize(moved, dim=1)


class NoMomentum(MemoryBank):
    def move(self, index, embeddings):
        self.rows[index] = F.normalize(embeddings.detach(), dim=1)


class RowsByPlaceInTheBatch(MemoryBank):
    def move(self, index, embeddings):
        super().move(torch.arange(len(index)), embeddings)


class TheLastOfTwo(MemoryBank):
    def move(self, index, embeddings):
        for place in range(len(index)):
            super().move(index[place : place + 1], embeddings[place : place + 1])


def test_it_is_accepted():
    assert accepts(MemoryBank)


@pytest.mark.parametrize(
    "wrong",
    [
        NotNormalisedAfterTheUpdate,
        NotNormalisedBeforeTheUpdate,
        NoMomentum,
        RowsByPlaceInTheBatch,
        TheLastOfTwo,
    ],
)
def test_a_wrong_bank_is_rejected(wrong):
    assert not accepts(wrong)


def test_it_starts_as_random_directions_and_is_in_the_checkpoint():
    bank, fresh = build(), MemoryBank(SIZE, WIDTH).double()
    torch.testing.assert_close(bank.rows.norm(dim=1), torch.ones(SIZE, dtype=torch.float64))
    assert (bank.rows @ bank.rows.T - torch.eye(SIZE)).abs().max() < 0.999
    fresh.load_state_dict(bank.state_dict())
    assert torch.equal(fresh.of(INDEX), bank.rows[INDEX])


def test_half_precision_is_taken():
    bank = MemoryBank(SIZE, WIDTH)
    bank.move(INDEX, seen().to(torch.bfloat16))
    torch.testing.assert_close(bank.rows.norm(dim=1), torch.ones(SIZE))


def test_wrong_numbers_and_unknown_items_are_refused():
    for options, said in ({"size": 0}, "at least 1 row, got 0"), ({"momentum": 1.0}, r"in \[0, 1\), got 1.0"):
        with pytest.raises(UserError, match=said):
            MemoryBank(**{"size": SIZE, "width": WIDTH, **options})
    with pytest.raises(UserError, match="the 9 items that are remembered, got row 9"):
        build().of(torch.tensor([3, 9]))


def _move(bank):
    for turn in range(2):
        here = slice(2 * process_rank(), 2 * process_rank() + 2)
        bank.move(((INDEX + turn) % SIZE)[here], seen(turn)[here])
    return bank.rows


def test_processes_hold_the_bank_of_one():
    alone = build()
    for turn in range(2):
        alone.move((INDEX + turn) % SIZE, seen(turn))
    one, other = in_processes(_move, build())
    assert torch.equal(one, other)
    torch.testing.assert_close(one, alone.rows, rtol=0, atol=1e-14)


def _fill(bank):
    bank.fill(3 * seen(process_rank(), SIZE))
    return bank.rows


def test_it_is_filled_with_directions_and_all_processes_take_the_first_ones():
    alone = build()
    alone.fill(seen(0, SIZE).requires_grad_())
    assert torch.equal(alone.rows, F.normalize(seen(0, SIZE), dim=1))
    assert not alone.rows.requires_grad
    for rows in in_processes(_fill, build()):
        torch.testing.assert_close(rows, alone.rows, rtol=0, atol=1e-14)


FIRST = 2


def accepts_contrast(kind):
    """Whether the normaliser is the mean of the first two batches' estimates, and stays."""
    contrast, bank = kind(negatives=5, temperature=0.3, first_batches=FIRST).double(), build()
    own, found = torch.tensor([1, 4, 6]), []
    for turn in range(4):
        drawn = torch.randint(SIZE, (3, 5), generator=torch.Generator().manual_seed(turn))
        embeddings = seen(turn, 3)
        lists = embeddings.tolist(), bank.rows.tolist()
        if turn < FIRST:
            found.append(oracle.normaliser(*lists, drawn.tolist(), 0.3))
        expected = oracle.nce(*lists, own.tolist(), drawn.tolist(), 0.3, oracle.mean(found))
        again = [contrast(embeddings, bank.rows, own, drawn) for _ in range(2)]  # computing settles nothing
        if any(abs(loss.item() - expected) > 1e-10 for loss, _ in again):
            return False
        contrast.settle(again[0][1])
        bank.move(own, embeddings)
    return True


class EstimatedAnewAtEveryStep(NoiseContrast):
    def settle(self, estimate):
        self.log_total.copy_(torch.tensor(-math.inf))


class MeanOfLogarithms(NoiseContrast):
    def settle(self, estimate):
        if int(self.batches) < FIRST:
            count = int(self.batches)
            last = torch.tensor(0.0) if count == 0 else self.log_total - math.log(count)
            self.log_total.copy_((last * count + estimate) / (count + 1) + math.log(count + 1))
        self.batches.add_(1)


class NeverSettled(NoiseContrast):
    def settle(self, estimate):
        self.log_total.copy_(torch.logaddexp(self.log_total, estimate))
        self.batches.add_(1)

    def _total_with(self, estimate):
        return torch.logaddexp(self.log_total, estimate)

    def _counted(self):
        return (self.batches + 1).double()


def test_the_contrast_is_accepted():
    assert accepts_contrast(NoiseContrast)


@pytest.mark.parametrize("wrong", [EstimatedAnewAtEveryStep, MeanOfLogarithms, NeverSettled])
def test_a_wrong_normaliser_is_rejected(wrong):
    assert not accepts_contrast(wrong)


def test_without_draws_it_is_the_softmax_over_all_rows():
    contrast, bank, own = NoiseContrast(negatives=None, temperature=0.3).double(), build(), torch.tensor([1, 4, 6])
    loss, estimate = contrast(seen(0, 3), bank.rows, own, torch.empty(3, 0, dtype=torch.long))
    expected = oracle.softmax(seen(0, 3).tolist(), bank.rows.tolist(), own.tolist(), 0.3)
    assert loss.item() == pytest.approx(expected, abs=1e-10)
    assert estimate.isfinite()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"temperature": 0.0}, "a temperature above 0, got 0"),
        ({"first_batches": 0}, "at least 1 batch"),
        ({"negatives": 0}, "at least 1 negative, or none"),
    ],
)
def test_wrong_numbers_of_the_contrast_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        NoiseContrast(**{"negatives": 4, "temperature": 0.1, **options})


def test_another_number_of_drawn_rows_is_refused():
    with pytest.raises(UserError, match="expected 4 rows drawn for each item, got 3"):
        NoiseContrast(negatives=4, temperature=0.3).double()(
            seen(0, 2), build().rows, torch.tensor([1, 2]), torch.zeros(2, 3, dtype=torch.long)
        )


@pytest.mark.parametrize("negatives", [None, 5])
def test_who_holds_all_rows_for_equally_likely_has_the_loss_of_a_guess(negatives):
    contrast, rows = NoiseContrast(negatives=negatives, temperature=0.3), torch.ones(SIZE, WIDTH) / 2
    drawn = torch.zeros(3, negatives or 0, dtype=torch.long)
    loss, _ = contrast(torch.ones(3, WIDTH), rows, torch.tensor([1, 4, 6]), drawn)
    assert loss.item() == pytest.approx(contrast.guess(SIZE), abs=1e-5)


def rows_as_they_are(banks, projectors, vectors):
    for bank, project, part in zip(banks, projectors, vectors.split([3, 5], 1), strict=True):
        bank.fill(project(part))


def rows_centred_alone(banks, projectors, vectors):
    for bank, project, part in zip(banks, projectors, vectors.split([3, 5], 1), strict=True):
        bank.fill(project(part) - project(part).mean(0))


def all_see_the_first_part(banks, projectors, vectors):
    start_from_vectors(banks, projectors, torch.cat([vectors[:, :3], vectors[:, :5]], 1))


def starts_centred(start):
    """Whether two projectors' outputs have a mean of 0, and banks hold them at unit length."""
    banks, projectors = [build(), build()], [mlp(3, WIDTH, norm=False).double(), mlp(5, WIDTH, norm=False).double()]
    vectors = 7 + torch.rand(SIZE, 8, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    before = [project[0].weight.clone() for project in projectors]
    start(banks, projectors, vectors)
    for bank, project, weight, part in zip(banks, projectors, before, vectors.split([3, 5], 1), strict=True):
        centred = (part - part.mean(0)) @ weight.T
        found = project(part).detach()
        if not torch.allclose(found, centred, rtol=0, atol=1e-10) or bank.rows.requires_grad:
            return False
        if not torch.allclose(bank.rows, F.normalize(centred, dim=1), rtol=0, atol=1e-10):
            return False
    return True


def test_banks_start_from_vectors_whose_projections_are_centred():
    assert starts_centred(start_from_vectors)


@pytest.mark.parametrize("wrong", [rows_as_they_are, rows_centred_alone, all_see_the_first_part])
def test_a_wrong_start_is_rejected(wrong):
    assert not starts_centred(wrong)
