"""Recognition against counting one by one, wrong versions that the same checks reject, and chance against guessing."""

import pytest
import torch
from embeddings import normal
from oracles import contrastive as oracle
from torch.nn import functional as F

from selftaught.core import process_count, process_rank
from selftaught.objectives import key_accuracy, key_bound_nats, partner_accuracy
from selftaught.testing import in_processes

ONES = torch.ones(6, 3, dtype=torch.float64)


def samples():
    """Alike, unrelated, and collapsed embeddings, of few and of more items."""
    for seed, (count, width, noise) in enumerate([(2, 3, 0.3), (5, 2, 0.6), (9, 4, 1.0), (7, 2, 3.0)]):
        a = normal(count, width, seed=seed).detach()
        yield a, a + noise * normal(count, width, seed=seed + 50).detach()
    yield ONES, ONES
    yield ONES * 2, torch.cat([ONES[:3], -ONES[:3]])


def agrees(function, expected):
    """Whether a function counts what the oracle counts, on every sample."""
    return all(abs(function(a, b).item() - expected(a.tolist(), b.tolist())) < 1e-10 for a, b in samples())


def scores_of(a, b):
    return F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T


def ties_are_hits(a, b):
    scores = scores_of(a, b)
    return (scores.diagonal() >= scores.amax(1)).double().mean()


def ties_are_misses(a, b):
    scores = scores_of(a, b)
    others = scores.masked_fill(torch.eye(len(a), dtype=torch.bool), float("-inf")).amax(1)
    return (scores.diagonal() > others).double().mean()


def dot_products(a, b):
    return ((a @ b.T).argmax(1) == torch.arange(len(a))).double().mean()


def keys_ask_for_queries(a, b):
    return key_accuracy(b, a)


def a_view_is_its_own_candidate(a, b):
    z = torch.cat([a, b])
    return (scores_of(z, z).argmax(1) == torch.arange(len(z)).roll(len(a))).double().mean()


def other_views_only(a, b):
    return (key_accuracy(a, b) + key_accuracy(b, a)) / 2


def test_they_count_what_the_oracle_counts():
    assert agrees(key_accuracy, oracle.key_accuracy)
    assert agrees(partner_accuracy, oracle.partner_accuracy)


@pytest.mark.parametrize("wrong", [ties_are_hits, ties_are_misses, dot_products, keys_ask_for_queries])
def test_a_wrong_key_accuracy_is_rejected(wrong):
    assert not agrees(wrong, oracle.key_accuracy)


@pytest.mark.parametrize("wrong", [a_view_is_its_own_candidate, other_views_only])
def test_a_wrong_partner_accuracy_is_rejected(wrong):
    assert not agrees(wrong, oracle.partner_accuracy)


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_the_bound_is_the_oracles(temperature):
    assert agrees(
        lambda a, b: key_bound_nats(a, b, temperature=temperature), lambda a, b: oracle.key_bound(a, b, temperature)
    )
    assert not agrees(
        lambda a, b: key_bound_nats(a, b, temperature=1.0), lambda a, b: oracle.key_bound(a, b, temperature)
    )


def test_random_and_equal_embeddings_score_chance():
    tries = [[normal(8, 16, seed=2 * seed + side).detach() for side in range(2)] for seed in range(400)]
    by_key = torch.stack([key_accuracy(a, b) for a, b in tries]).mean().item()
    by_partner = torch.stack([partner_accuracy(a, b) for a, b in tries]).mean().item()
    assert by_key == pytest.approx(1 / 8, abs=0.02)
    assert by_partner == pytest.approx(1 / 15, abs=0.015)
    assert key_accuracy(ONES, ONES).item() == pytest.approx(1 / 6)
    assert partner_accuracy(ONES, ONES).item() == pytest.approx(1 / 11)
    assert key_bound_nats(ONES, ONES, temperature=0.1).item() == pytest.approx(0, abs=1e-12)


def of_this_process(a, b):
    a, b = (whole.chunk(process_count())[process_rank()] for whole in (a, b))
    found = torch.stack([key_accuracy(a, b), partner_accuracy(a, b), key_bound_nats(a, b, temperature=0.2)])
    torch.distributed.all_reduce(found)
    return found / process_count()


def test_the_candidates_are_those_of_all_processes():
    a = normal(8, 3).detach()
    b = a + normal(8, 3, seed=1).detach()
    whole = torch.stack([key_accuracy(a, b), partner_accuracy(a, b), key_bound_nats(a, b, temperature=0.2)])
    for found in in_processes(of_this_process, a, b, count=2):
        torch.testing.assert_close(found, whole, rtol=1e-12, atol=1e-12)
