"""Which differences are called real, and what is said of them."""

import numpy as np
import pytest

from selftaught.runs.studies.pairs import Entrant, Pair, conclude_pairs, pair_all

FIGURES = ["kNN accuracy", "linear accuracy with 100 labels"]


def right(share: float, *, seeds: int = 3, items: int = 400, number: int = 0) -> dict[int, dict[str, np.ndarray]]:
    """Items of one hardness for all, so that pairs share what makes them hard."""
    hardness = np.random.default_rng(99).random(items)
    found = {}
    for seed in range(seeds):
        noise = 0.02 * np.random.default_rng((number, seed)).normal(size=(2, items))
        found[seed] = {name: (hardness + noise[place] < share).astype(float) for place, name in enumerate(FIGURES)}
    return found


def entrant(name: str, share: float, *, number: int = 0, **more) -> Entrant:
    start, raw = right(0.5, number=50), right(0.6, number=60, seeds=3)
    return Entrant(name=name, encoder=right(share, number=number, **more), start=start, raw=raw)


def pair(first: str, second: str, figure: str, difference: float, corrected: float) -> Pair:
    return Pair(
        question="between",
        first=first,
        second=second,
        figure=figure,
        difference=difference,
        interval=(None, None),
        p_value=corrected,
        corrected=corrected,
        seeds=3,
    )


def test_a_real_difference_and_none():
    entrants = [entrant("good", 0.9, number=1), entrant("also", 0.9, number=2), entrant("poor", 0.55, number=3)]
    pairs = pair_all(entrants, FIGURES)
    signs = {(each.first, each.second): each.sign for each in pairs if each.figure == FIGURES[0]}
    assert signs["good", "also"] == 0
    assert signs["good", "poor"] == signs["also", "poor"] == 1
    assert signs["good", "random start"] == 1
    assert signs["poor", "raw input"] == -1
    headline, sentences = conclude_pairs(pairs, ["good", "also", "poor"], noun="method")
    assert headline == "No method is better than good or also"
    assert "good is better than poor; it cannot be told apart from also." in sentences
    assert "Worse than raw input: poor." in sentences


def test_p_values_are_corrected_within_a_figure_and_a_question():
    entrants = [entrant(name, 0.9 - 0.002 * place, number=place) for place, name in enumerate("abcd")]
    pairs = pair_all(entrants, FIGURES)
    between = [each for each in pairs if each.question == "between" and each.figure == FIGURES[0]]
    assert len(between) == 6
    assert len(pairs) == 2 * (6 + 4 + 4)
    lowest = min(between, key=lambda each: each.p_value)
    assert lowest.corrected == pytest.approx(min(6 * lowest.p_value, 1.0))
    assert all(each.corrected >= each.p_value for each in pairs)


def test_only_seeds_that_both_have_are_paired():
    one, other = entrant("a", 0.9), entrant("b", 0.9, seeds=2)
    found = next(each for each in pair_all([one, other], FIGURES) if each.question == "between")
    assert found.seeds == 2
    assert found.difference == 0


def test_a_difference_over_items_alone_is_not_read_as_one_over_seeds():
    # One training of three went wrong by 30 points: over 400 items that is certain, over seeds it is not.
    steady, shaky = entrant("steady", 0.9), entrant("shaky", 0.9)
    unlucky = {**shaky.encoder, 2: right(0.6, number=9)[2]}
    shaky = Entrant(name="shaky", encoder=unlucky, start=shaky.start, raw=shaky.raw)
    found = next(each for each in pair_all([steady, shaky], FIGURES) if each.question == "between")
    assert found.difference > 0.09
    assert found.sign == 0


def test_what_is_said():
    a, b = FIGURES
    better = [pair("x", "y", a, 0.1, 0.01), pair("x", "y", b, 0.1, 0.2)]
    assert conclude_pairs(better, ["x", "y"], noun="method")[0] == "x is better than the other method"
    mixed = [pair("x", "y", a, 0.1, 0.01), pair("x", "y", b, -0.1, 0.01)]
    headline, sentences = conclude_pairs(mixed, ["x", "y"], noun="setting")
    assert headline == "No setting is better than another beyond chance"
    assert sentences == ["x is better than y by one figure, and worse by another."]
    start = [pair("x", "random start", a, 0.1, 0.01), pair("x", "random start", b, -0.1, 0.01)]
    told = conclude_pairs(start, ["x"], noun="method")[1]
    assert told == ["Better than random start by one figure, and worse by another: x."]
    assert conclude_pairs([], ["x"], noun="method")[0] == "One method, beside its controls"
    three = [pair("x", "y", a, 0.1, 0.01), pair("x", "z", a, 0.1, 0.01), pair("y", "z", a, 0.1, 0.9)]
    headline, sentences = conclude_pairs(three, ["x", "y", "z"], noun="method")
    assert headline == "x is better than every other method"
    assert sentences == ["x is better than y and z."]
