"""The two-way analysis of variance of Hillis 2007 and Holm's correction as plain loops. No torch, no numpy."""

import math
from collections.abc import Sequence

Table = Sequence[Sequence[float]]


def error_and_freedom(table: Table) -> tuple[float, float]:
    """The standard error of the mean of a table of seeds by items, and its degrees of freedom."""
    seeds, items = len(table), len(table[0])
    grand = math.fsum(value for row in table for value in row) / (seeds * items)
    of_seeds = [math.fsum(row) / items for row in table]
    of_items = [math.fsum(row[item] for row in table) / seeds for item in range(items)]
    between_seeds = items * math.fsum((mean - grand) ** 2 for mean in of_seeds) / (seeds - 1)
    between_items = seeds * math.fsum((mean - grand) ** 2 for mean in of_items) / (items - 1)
    rest = 0.0
    for seed in range(seeds):
        for item in range(items):
            rest += (table[seed][item] - of_seeds[seed] - of_items[item] + grand) ** 2
    rest /= (seeds - 1) * (items - 1)
    denominator = between_seeds + max(between_items - rest, 0.0)
    return math.sqrt(denominator / (seeds * items)), denominator**2 / (between_seeds**2 / (seeds - 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """For each p-value the lowest level at which Holm's stepwise procedure rejects it."""
    ordered = sorted(p_values)
    answer: list[float] = []
    for p_value in p_values:
        place = ordered.index(p_value)
        answer.append(min(1.0, max((len(ordered) - rank) * ordered[rank] for rank in range(place + 1))))
    return answer
