"""Orders are chosen by the paper's rule, and other choices are rejected."""

from itertools import islice, permutations
from math import factorial

import pytest
import torch
from oracles import distant_orders as oracle

from selftaught.core import UserError
from selftaught.parts import distant_orders


def apart(orders):
    """The mean and the least Hamming distance of two of them."""
    away = (orders[:, None] != orders[None]).sum(2)[tuple(torch.triu_indices(len(orders), len(orders), 1))]
    return away.double().mean().item(), away.min().item()


def accepts(choose):
    """Whether every order follows from those before it by the rule, from several beginnings."""
    for seed, (count, things) in enumerate([(6, 3), (24, 4), (12, 5)]):
        orders = [tuple(order) for order in choose(count, things=things, seed=seed).tolist()]
        if len(set(orders)) != count or any(sorted(order) != list(range(things)) for order in orders):
            return False
        if any(oracle.chosen_next(orders[:place]) != orders[place] for place in range(1, count)):
            return False
    return True


def neighbouring_permutations(count, *, things=9, seed=0):
    return torch.tensor(list(islice(permutations(range(things)), count)))


def drawn_at_random(count, *, things=9, seed=0):
    generator = torch.Generator().manual_seed(seed)
    every = torch.tensor(list(permutations(range(things))))
    return every[torch.randperm(len(every), generator=generator)[:count]]


def nearest_first(count, *, things=9, seed=0):
    every = sorted(permutations(range(things)), key=lambda order: oracle.distance(order, range(things)))
    return torch.tensor(every[:count])


def far_from_the_last_alone(count, *, things=9, seed=0):
    chosen = [tuple(distant_orders(1, things=things, seed=seed)[0].tolist())]
    while len(chosen) < count:
        others = [order for order in permutations(range(things)) if order not in chosen]
        chosen.append(max(others, key=lambda order: oracle.distance(order, chosen[-1])))
    return torch.tensor(chosen)


def test_they_are_the_papers():
    assert accepts(distant_orders)


@pytest.mark.parametrize("wrong", [neighbouring_permutations, drawn_at_random, nearest_first, far_from_the_last_alone])
def test_wrong_choices_are_rejected(wrong):
    assert not accepts(wrong)


def test_a_hundred_of_nine_are_farther_apart_than_random_ones():
    orders = distant_orders(100)
    mean, least = apart(orders)
    assert mean == pytest.approx(8.08)  # the paper's rule, whatever is done with equal sums
    assert least == 4
    random_means, random_leasts = zip(*(apart(drawn_at_random(100, seed=seed)) for seed in range(5)), strict=True)
    assert max(random_means) < 8.04
    assert max(random_leasts) <= least
    assert sum(random_leasts) / 5 < least - 0.5
    assert apart(neighbouring_permutations(100)) == (pytest.approx(3.9, abs=0.5), 2)


def test_the_seed_draws_the_first_and_all_follow():
    assert torch.equal(distant_orders(20, seed=3), distant_orders(20, seed=3))
    assert torch.equal(distant_orders(20, seed=3)[:8], distant_orders(8, seed=3))
    assert not torch.equal(distant_orders(1, seed=3), distant_orders(1, seed=4))
    changed = distant_orders(5, things=4)
    changed.zero_()
    assert distant_orders(5, things=4).any()  # no caller shares its tensor with another


def test_all_orders_there_are():
    assert len(distant_orders(factorial(4), things=4).unique(dim=0)) == 24


@pytest.mark.parametrize(("count", "things"), [(0, 4), (25, 4), (1, 1), (1, 10)])
def test_what_makes_no_sense_is_refused(count, things):
    with pytest.raises(UserError, match="expected"):
        distant_orders(count, things=things)
