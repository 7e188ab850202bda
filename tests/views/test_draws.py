import pytest
import torch
from scipy.stats import chisquare, kstest

from selftaught.views import Draws

KINDS = {
    "uniform": lambda draws: draws.uniform(-1.0, 2.0, 3),
    "log_uniform": lambda draws: draws.log_uniform(0.5, 2.0, 3),
    "normal": lambda draws: draws.normal(2, 5),
    "integers": lambda draws: draws.integers(7, 2),
    "chance": lambda draws: draws.chance(0.3),
    "permutations": lambda draws: draws.permutations(4),
}


@pytest.mark.parametrize("kind", KINDS)
def test_two_halves_are_the_whole(kind: str) -> None:
    whole = KINDS[kind](Draws.at(3, 17, batch=10))
    parts = [KINDS[kind](Draws.at(3, 17, batch=10, rows=rows)) for rows in (slice(0, 5), slice(5, 10))]
    assert torch.equal(torch.cat(parts), whole)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_and_positions_differ(kind: str) -> None:
    first, other = KINDS[kind](Draws.at(0, 1, batch=64)), KINDS[kind](Draws.at(1, 0, batch=64))
    assert not torch.equal(first, other)
    assert not torch.equal(first[:32], first[32:])
    assert torch.equal(first, KINDS[kind](Draws.at(0, 1, batch=64)))


def test_streams_do_not_depend_on_what_was_drawn_before() -> None:
    one, other = Draws(7, batch=4), Draws(7, batch=4)
    other.normal(100)
    other.stream("crop").normal(3)
    assert torch.equal(one.stream("flip").normal(), other.stream("flip").normal())


def test_streams_keep_the_rows() -> None:
    half = Draws(7, batch=6, rows=slice(3, 6))
    assert len(half) == 3
    assert torch.equal(half.stream("flip").normal(), Draws(7, batch=6).stream("flip").normal()[3:])


def test_seeds_of_nearby_positions_do_not_meet() -> None:
    seeds = {Draws.at(0, step, batch=1).seed for step in range(10_000)}
    assert len(seeds) == 10_000


def test_fresh_draws_follow_the_generator() -> None:
    first, again = (Draws.fresh(4, torch.Generator().manual_seed(5)).normal() for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(Draws.fresh(4).normal(), Draws.fresh(4).normal())


def test_distributions() -> None:
    n = 20_000
    draws = Draws.at(0, batch=n)
    assert kstest(draws.stream("u").uniform(-1.0, 2.0).numpy(), "uniform", (-1, 3)).pvalue > 0.01
    assert kstest(draws.stream("l").log_uniform(0.5, 2.0).log2().numpy(), "uniform", (-1, 2)).pvalue > 0.01
    assert kstest(draws.stream("n").normal().numpy(), "norm").pvalue > 0.01
    assert chisquare(draws.stream("i").integers(7).bincount().numpy()).pvalue > 0.01
    assert abs(draws.stream("c").chance(0.3).float().mean() - 0.3) < 4 * (0.3 * 0.7 / n) ** 0.5
    orders = (draws.stream("p").permutations(3) * torch.tensor([9, 3, 1])).sum(1)
    counts = orders.bincount()
    assert len(counts[counts > 0]) == 6
    assert chisquare(counts[counts > 0].numpy()).pvalue > 0.01


def test_certain_chances() -> None:
    assert Draws(0, batch=100).chance(1.0).all()
    assert not Draws(0, batch=100).chance(0.0).any()
