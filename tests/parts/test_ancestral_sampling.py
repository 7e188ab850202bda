"""Levels are drawn as often as they are likely, and counted as they come."""

import pytest
import torch
from oracles import autoregressive as oracle

from selftaught.parts import LevelHistograms, draw_level, sample_in_order, sample_levels, uniform_of


def frequencies(draw, count=20_000):
    logits = torch.tensor([0.0, 1.0, -1.0, 0.5])
    uniforms = torch.rand(count, generator=torch.Generator().manual_seed(0))
    chosen, _ = draw(logits.expand(count, -1), uniforms)
    return (chosen.bincount(minlength=4) / count - logits.softmax(0)).abs().max()


def test_levels_are_drawn_as_often_as_they_are_likely():
    assert frequencies(draw_level) < 0.01
    assert frequencies(lambda logits, uniforms: (logits.argmax(1), None)) > 0.1, "the likeliest"
    assert frequencies(lambda logits, uniforms: ((4 * uniforms).long(), None)) > 0.1, "any"
    assert frequencies(lambda logits, uniforms: draw_level(2 * logits, uniforms)) > 0.05, "half the temperature"


def test_extremes_of_chance_draw_a_level_that_is_there():
    chosen, logs = draw_level(torch.zeros(2, 5), torch.tensor([0.0, 1.0]))
    assert 0 <= chosen.min() <= chosen.max() <= 4
    assert logs.exp().tolist() == pytest.approx([0.2, 0.2])


def test_uniform_numbers_are_the_ranks_of_normal_ones():
    shares = uniform_of(torch.randn(20_000, generator=torch.Generator().manual_seed(0)))
    assert (shares.histc(10, 0, 1) / 20_000 - 0.1).abs().max() < 0.01


def test_all_that_stands_before_and_no_more_is_given():
    """A chain: each value repeats the one before it, in the order of reading."""
    asked = []

    def repeat(before):
        asked.append(before.shape[2])
        last = before[:, :, -1].movedim(1, -1).flatten(1)  # columns, in each the channels
        shifted = torch.cat([torch.ones_like(last[:, :1]), last[:, :-1]], 1)
        logits = 50.0 * torch.nn.functional.one_hot(shifted, 3)
        return logits.unflatten(1, (before.shape[3], before.shape[1])).permute(0, 2, 3, 1).float()

    numbers, logs = sample_levels(repeat, torch.rand(2, 2, 3, 4), rows_above=1)
    assert (numbers == 1).all()
    assert logs.abs().max() < 1e-5
    assert asked == [1] * 8 + [2] * 16


def test_any_order_is_followed():
    order = torch.tensor([3, 0, 2, 1])

    def count_up(before):
        known = (before > 0).sum((1, 2, 3))
        return (50.0 * torch.nn.functional.one_hot(known + 1, 6))[:, None, :, None, None].expand(-1, 1, -1, 2, 2)

    numbers, _ = sample_in_order(count_up, torch.rand(3, 1, 2, 2), order)
    assert numbers.flatten(1).tolist() == [(order + 1).tolist()] * 3


def test_histograms_are_the_oracles():
    histograms, seen = LevelHistograms(18, levels=4), []
    for seed in range(3):
        numbers = torch.randint(4, (5, 2, 3, 3), generator=torch.Generator().manual_seed(seed))
        found = histograms.bits_per_dimension(numbers).item()
        assert found == pytest.approx(oracle.histogram_bits(seen, numbers.flatten(1).tolist(), 4), abs=1e-6)
        histograms.see(numbers)
        seen += numbers.flatten(1).tolist()
