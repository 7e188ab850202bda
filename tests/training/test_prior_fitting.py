"""The prior over codes learns grids, keeps its best epoch, and counts bits as a formula does."""

import pytest
import torch

from selftaught.core import UserError
from selftaught.parts import CodePrior
from selftaught.training import bits_per_code, fit_code_prior

CODES, SIDE = 4, 3


def grids(count: int, seed: int) -> torch.Tensor:
    """The first code is free, every row counts upwards from it: 2 bits a grid."""
    first = torch.randint(CODES, (count, 1, 1), generator=torch.Generator().manual_seed(seed))
    return (first + torch.arange(SIDE)).expand(-1, SIDE, -1) % CODES


def build() -> CodePrior:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return CodePrior(CODES, features=8, blocks=2, head_width=8)


def test_it_comes_near_the_entropy_of_what_is_free() -> None:
    prior = build()
    bits = fit_code_prior(prior, grids(512, 0), grids(64, 1), epochs=12, learning_rate=0.01)
    assert bits_per_code(prior, grids(128, 2)) < 2 / SIDE**2 + 0.1
    assert len(bits) == 12


def test_the_epoch_that_is_best_on_grids_held_out_is_kept() -> None:
    """Grids held out that count downwards get the less likely the longer it trains."""
    prior, other = build(), grids(64, 1).flip(2)
    bits = fit_code_prior(prior, grids(256, 0), other, epochs=6, learning_rate=0.01)
    assert bits[-1] > min(bits) + 0.1  # or the last epoch were as good as the best
    assert bits_per_code(prior, other) == pytest.approx(min(bits), abs=1e-6)


def test_the_same_seed_fits_the_same_prior() -> None:
    one, two, other = build(), build(), build()
    for prior, seed in ((one, 0), (two, 0), (other, 1)):
        fit_code_prior(prior, grids(100, 0), grids(20, 1), epochs=2, seed=seed)
    weights = [prior.head.logits.weight for prior in (one, two, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UserError, match="at least 1 epoch"):
        fit_code_prior(build(), grids(4, 0), grids(4, 1), **wrong)


def test_no_grids_are_refused() -> None:
    with pytest.raises(UserError, match="grids to learn and grids held out, got 4 and 0"):
        fit_code_prior(build(), grids(4, 0), grids(0, 1))
