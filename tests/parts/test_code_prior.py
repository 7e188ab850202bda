"""The prior over grids of codes: normalised, causal, sampled as it is scored, and able to learn."""

import math

import pytest
import torch
from oracles import autoregressive as oracle

from selftaught.core import UserError
from selftaught.parts import CodePrior


def build(codes=3, blocks=2, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CodePrior(codes, features=16, blocks=blocks, head_width=16).double()


def is_normalised(prior, codes=3, height=2, width=2):
    grids = torch.tensor(list(oracle.every_image(1, height, width, codes)))[:, 0]
    with torch.no_grad():
        return abs((-prior.nats(grids)).exp().sum().item() - 1) < 1e-10


def is_causal(prior, side=5):
    """Whether changing a code changes no logits at its own place or before, and those right of it and below it."""
    codes = torch.randint(3, (1, side, side), generator=torch.Generator().manual_seed(0))
    before = prior(codes)
    for row in range(side):
        for column in range(side):
            changed = codes.clone()
            changed[0, row, column] = (codes[0, row, column] + 1) % 3
            moved = (prior(changed) - before).abs().amax(1)[0].flatten() > 0
            place = row * side + column
            if moved[: place + 1].any():
                return False
            if (column + 1 < side and not moved[place + 1]) or (row + 1 < side and not moved[place + side]):
                return False
    return True


def sees_itself(prior):
    prior.first.mask[:, :, -1, 3] = True
    return prior


def sees_the_next(prior):
    prior.blocks[0].spread.mask[:, :, -1, 2] = True
    return prior


def sees_no_row_above(prior):
    prior.first.mask[:, :, :-1] = False
    for block in prior.blocks:
        block.spread.mask[:, :, :-1] = False
    return prior


def test_it_is_normalised_and_causal():
    assert is_normalised(build())
    assert is_causal(build())


@pytest.mark.parametrize("wrong", [sees_itself, sees_the_next, sees_no_row_above])
def test_a_wrong_mask_is_rejected(wrong):
    assert not (is_normalised(wrong(build())) and is_causal(wrong(build())))


def test_codes_have_no_order():
    """Renaming the codes, in the table and in the logits, changes nothing."""
    prior, renamed = build(4), build(4)
    order = torch.tensor([2, 0, 3, 1])
    with torch.no_grad():
        renamed.table.weight[order] = prior.table.weight
        renamed.head.logits.weight[order] = prior.head.logits.weight
        renamed.head.logits.bias[order] = prior.head.logits.bias
    codes = torch.randint(4, (3, 4, 5))
    torch.testing.assert_close(renamed.nats(order[codes]), prior.nats(codes))


def test_it_scores_what_it_draws_also_on_grids_with_more_rows_than_it_sees():
    prior = build(blocks=1)
    uniforms = torch.rand(6, 9, 4, generator=torch.Generator().manual_seed(0)).double()
    codes, logs = prior.sample(uniforms)
    assert codes.shape == (6, 9, 4)
    torch.testing.assert_close(-prior.nats(codes).detach(), logs, rtol=0, atol=1e-10)
    prior.rows_above -= 1
    codes, logs = prior.sample(uniforms)
    assert (prior.nats(codes) + logs).abs().max() > 1e-6


def test_it_learns_grids_and_draws_them():
    """All rows count upwards from one code, which is all that is free."""
    prior, generator = build(4).float(), torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(prior.parameters(), 0.01)

    def grids():
        first = torch.randint(4, (32, 1, 1), generator=generator)
        return (first + torch.arange(4)).expand(-1, 4, -1) % 4

    for _ in range(120):
        optimiser.zero_grad()
        prior.nats(grids()).mean().backward()
        optimiser.step()
    assert prior.nats(grids()).mean().item() < math.log(4) + 0.3  # log 4 is all that is free, of 16 log 4
    drawn, _ = prior.sample(torch.rand(32, 4, 4, generator=generator))
    right = ((drawn[:, :, 1:] - drawn[:, :, :-1]) % 4 == 1).float().mean()
    assert right > 0.9


def test_values_out_of_range_are_refused():
    with pytest.raises(UserError, match="an even number of features"):
        CodePrior(8, features=7)
