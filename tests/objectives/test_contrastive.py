"""NT-Xent and InfoNCE against loops written from the papers, and wrong versions that the same checks reject."""

import math

import pytest
import torch
from embeddings import normal, pairs, pairs_and_negatives, temperatures, tensor, thoroughly
from hypothesis import given
from oracles import contrastive as oracle
from torch.nn import functional as F

from selftaught.objectives import info_nce, log_sum_exp, mean_log_sum_exp, nt_xent


def accepts_nt_xent(objective):
    """Whether a function is NT-Xent: the oracle's value, and the gradient of that value."""
    for seed, (count, width, temperature) in enumerate([(1, 3, 0.5), (2, 4, 0.1), (5, 3, 0.07), (4, 2, 1.7)]):
        a, b = normal(count, width, seed=seed), normal(count, width, seed=seed + 100)
        expected = oracle.nt_xent(a.tolist(), b.tolist(), temperature)
        if abs(objective(a, b, temperature=temperature).item() - expected) > 1e-10 * max(1, expected):
            return False
    return torch.autograd.gradcheck(
        lambda a, b: objective(a, b, temperature=0.5), (normal(3, 4), normal(3, 4, seed=1)), raise_exception=False
    )


def accepts_info_nce(objective):
    """Whether a function is MoCo's InfoNCE: the oracle's value, and the gradient of that value."""
    for seed, (count, negatives, temperature) in enumerate([(1, 1, 0.5), (2, 7, 0.07), (5, 3, 0.2), (4, 4, 1.7)]):
        query, key, queue = (normal(k, 3, seed=10 * seed + i) for i, k in enumerate((count, count, negatives)))
        expected = oracle.info_nce(query.tolist(), key.tolist(), queue.tolist(), temperature)
        if abs(objective(query, key, queue, temperature=temperature).item() - expected) > 1e-10 * max(1, expected):
            return False
    return torch.autograd.gradcheck(
        lambda query, key, queue: objective(query, key, queue, temperature=0.5),
        (normal(3, 4), normal(3, 4, seed=1), normal(5, 4, seed=2)),
        raise_exception=False,
    )


def logits_and_partner(a, b, temperature):
    z = F.normalize(torch.cat([a, b]), dim=-1)
    itself = torch.eye(len(z), dtype=torch.bool)
    return (z @ z.T / temperature).masked_fill(itself, float("-inf")), torch.arange(len(z)).roll(len(a))


def temperature_ignored(a, b, *, temperature):
    return F.cross_entropy(*logits_and_partner(a, b, 1.0))


def temperature_multiplied(a, b, *, temperature):
    return F.cross_entropy(*logits_and_partner(a, b, 1 / temperature))


def item_not_masked_from_itself(a, b, *, temperature):
    z = F.normalize(torch.cat([a, b]), dim=-1)
    return F.cross_entropy(z @ z.T / temperature, logits_and_partner(a, b, temperature)[1])


def wrong_partner(a, b, *, temperature):
    logits, partner = logits_and_partner(a, b, temperature)
    return F.cross_entropy(logits, torch.arange(len(partner)).roll(1))


def not_normalised(a, b, *, temperature):
    z = torch.cat([a, b])
    logits, partner = logits_and_partner(a, b, temperature)
    return F.cross_entropy((z @ z.T / temperature).masked_fill(logits.isinf(), float("-inf")), partner)


def sum_instead_of_mean(a, b, *, temperature):
    return F.cross_entropy(*logits_and_partner(a, b, temperature), reduction="sum")


def one_direction_only(a, b, *, temperature):
    logits, partner = logits_and_partner(a, b, temperature)
    return F.cross_entropy(logits[: len(a)], partner[: len(a)])


def negatives_of_the_other_view_only(a, b, *, temperature):
    logits = F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T / temperature
    itself = torch.arange(len(a))
    return (F.cross_entropy(logits, itself) + F.cross_entropy(logits.T, itself)) / 2


def positive_left_out_of_the_denominator(a, b, *, temperature):
    logits, partner = logits_and_partner(a, b, temperature)
    positive = logits.gather(1, partner[:, None])
    return (logits.scatter(1, partner[:, None], float("-inf")).logsumexp(1) - positive[:, 0]).mean()


def logistic_loss_of_pairs(a, b, *, temperature):
    logits, partner = logits_and_partner(a, b, temperature)
    others = ~logits.isinf()
    return F.binary_cross_entropy_with_logits(logits[others], F.one_hot(partner).to(logits)[others])


def partner_without_gradient(a, b, *, temperature):
    return nt_xent(a, b.detach(), temperature=temperature)


def candidates_without_gradient(a, b, *, temperature):
    z = F.normalize(torch.cat([a, b]), dim=-1)
    logits, partner = logits_and_partner(a, b, temperature)
    return F.cross_entropy((z @ z.T.detach() / temperature).masked_fill(logits.isinf(), float("-inf")), partner)


def each_piece_normalised_by_itself(a, b, *, temperature):
    """What comes of working through the candidates in pieces, and taking each piece's loss by itself."""
    pieces = [nt_xent(*piece, temperature=temperature) for piece in zip(a.split(2), b.split(2), strict=True)]
    return torch.stack(pieces).mean()


def rows_left_out_counted_from_their_piece(a, b, *, temperature):
    """What comes of forgetting where a piece of two rows starts."""
    z = F.normalize(torch.cat([a, b]), dim=-1)
    left_out = torch.arange(len(z)) % 2
    agreement = (z * z.roll(len(a), 0)).sum(1).mean() / temperature
    return mean_log_sum_exp(z / temperature, z, left_out=left_out) - agreement


WRONG_NT_XENT = [
    each_piece_normalised_by_itself,
    rows_left_out_counted_from_their_piece,
    temperature_ignored,
    temperature_multiplied,
    item_not_masked_from_itself,
    wrong_partner,
    not_normalised,
    sum_instead_of_mean,
    one_direction_only,
    negatives_of_the_other_view_only,
    positive_left_out_of_the_denominator,
    logistic_loss_of_pairs,
    partner_without_gradient,
    candidates_without_gradient,
]


def queue_logits(query, key, negatives, temperature):
    query, key, negatives = (F.normalize(rows, dim=-1) for rows in (query, key, negatives))
    return torch.cat([(query * key).sum(1, keepdim=True), query @ negatives.T], dim=1) / temperature


def first(logits):
    return torch.zeros(len(logits), dtype=torch.long)


def queue_temperature_ignored(query, key, negatives, *, temperature):
    logits = queue_logits(query, key, negatives, 1.0)
    return F.cross_entropy(logits, first(logits))


def queue_sum_instead_of_mean(query, key, negatives, *, temperature):
    logits = queue_logits(query, key, negatives, temperature)
    return F.cross_entropy(logits, first(logits), reduction="sum")


def queue_not_normalised(query, key, negatives, *, temperature):
    logits = queue_logits(query, key, negatives, temperature).clone()
    logits[:, 1:] = F.normalize(query, dim=-1) @ negatives.T / temperature
    return F.cross_entropy(logits, first(logits))


def key_outside_the_denominator(query, key, negatives, *, temperature):
    logits = queue_logits(query, key, negatives, temperature)
    return (logits[:, 1:].logsumexp(1) - logits[:, 0]).mean()


def enqueued_before_the_logits(query, key, negatives, *, temperature):
    return info_nce(query, key, torch.cat([key, negatives])[: max(len(key), len(negatives))], temperature=temperature)


def keys_of_the_batch_are_negatives(query, key, negatives, *, temperature):
    logits = F.normalize(query, dim=-1) @ F.normalize(torch.cat([key, negatives]), dim=-1).T / temperature
    return F.cross_entropy(logits, torch.arange(len(query)))


def logistic_loss_of_keys(query, key, negatives, *, temperature):
    logits = queue_logits(query, key, negatives, temperature)
    return F.binary_cross_entropy_with_logits(logits, F.one_hot(first(logits), logits.shape[1]).to(logits))


def query_without_gradient(query, key, negatives, *, temperature):
    return info_nce(query.detach(), key, negatives, temperature=temperature)


WRONG_INFO_NCE = [
    queue_temperature_ignored,
    queue_sum_instead_of_mean,
    queue_not_normalised,
    key_outside_the_denominator,
    enqueued_before_the_logits,
    keys_of_the_batch_are_negatives,
    logistic_loss_of_keys,
    query_without_gradient,
]


@pytest.fixture(params=[1, 20, None], ids=["row by row", "in pieces", "whole"])
def pieces(request, monkeypatch):
    """How many scores the objectives hold at once."""
    if request.param is not None:
        monkeypatch.setattr(log_sum_exp, "_SCORES_AT_ONCE", request.param)


@pytest.mark.usefixtures("pieces")
def test_nt_xent_is_accepted():
    assert accepts_nt_xent(nt_xent)


@pytest.mark.parametrize("wrong", WRONG_NT_XENT, ids=lambda wrong: wrong.__name__)
def test_a_wrong_nt_xent_is_rejected(wrong):
    assert not accepts_nt_xent(wrong)


@pytest.mark.usefixtures("pieces")
def test_info_nce_is_accepted():
    assert accepts_info_nce(info_nce)


@pytest.mark.parametrize("wrong", WRONG_INFO_NCE, ids=lambda wrong: wrong.__name__)
def test_a_wrong_info_nce_is_rejected(wrong):
    assert not accepts_info_nce(wrong)


@thoroughly
@given(views=pairs(), temperature=temperatures)
def test_nt_xent_equals_the_oracle(views, temperature):
    expected = oracle.nt_xent(*views, temperature)
    assert nt_xent(*map(tensor, views), temperature=temperature).item() == pytest.approx(expected, rel=1e-10, abs=1e-10)


@thoroughly
@given(vectors=pairs_and_negatives(), temperature=temperatures)
def test_info_nce_equals_the_oracle(vectors, temperature):
    expected = oracle.info_nce(*vectors, temperature)
    got = info_nce(*map(tensor, vectors), temperature=temperature).item()
    assert got == pytest.approx(expected, rel=1e-10, abs=1e-10)


@thoroughly
@given(views=pairs(), temperature=temperatures)
def test_nt_xent_does_not_change_with_order_scale_or_sides(views, temperature):
    a, b = map(tensor, views)
    order = torch.randperm(len(a), generator=torch.Generator().manual_seed(0))
    scales = torch.linspace(0.5, 20, len(a), dtype=torch.float64)[:, None]
    loss = nt_xent(a, b, temperature=temperature)
    for c, d in ((a[order], b[order]), (a * scales, b), (b, a)):
        torch.testing.assert_close(nt_xent(c, d, temperature=temperature), loss, rtol=1e-9, atol=1e-12)


@thoroughly
@given(vectors=pairs_and_negatives(), temperature=temperatures)
def test_info_nce_does_not_change_with_order_or_scale(vectors, temperature):
    query, key, negatives = map(tensor, vectors)
    loss = info_nce(query, key, negatives, temperature=temperature)
    turned = (query.flip(0), key.flip(0), negatives), (query, key, negatives.flip(0)), (3 * query, 0.2 * key, negatives)
    for others in turned:
        torch.testing.assert_close(info_nce(*others, temperature=temperature), loss, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("count", [1, 2, 64])
def test_closed_forms(count):
    same, apart = torch.ones(count, 3, dtype=torch.float64), torch.eye(count, dtype=torch.float64)
    assert nt_xent(same, 2 * same, temperature=0.1).item() == pytest.approx(math.log(2 * count - 1), abs=1e-12)
    learnt = math.log(math.exp(1 / 0.5) + 2 * count - 2) - 1 / 0.5  # partners agree, other items are orthogonal
    assert nt_xent(apart, apart, temperature=0.5).item() == pytest.approx(learnt, abs=1e-12)
    assert info_nce(same, same, same, temperature=0.1).item() == pytest.approx(math.log(count + 1), abs=1e-12)
    opposite = math.log(1 + count * math.exp(-2 / 0.5))  # every negative points the other way
    assert info_nce(same, same, -same, temperature=0.5).item() == pytest.approx(opposite, abs=1e-12)


def test_low_temperatures_do_not_overflow():
    a, b = (normal(4, 3, seed=seed).detach() for seed in range(2))
    expected = oracle.nt_xent(a.tolist(), b.tolist(), 0.002)  # exp(1 / 0.002) overflows float32 and float64
    assert nt_xent(a, b, temperature=0.002).item() == pytest.approx(expected, rel=1e-10)
    assert nt_xent(a.float(), b.float(), temperature=0.002).item() == pytest.approx(expected, rel=1e-4)
