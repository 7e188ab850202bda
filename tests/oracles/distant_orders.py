"""The choice of permutations (1603.09246, algorithm 1) as plain loops. No torch, no numpy."""

from collections.abc import Sequence
from itertools import permutations

Order = tuple[int, ...]


def distance(one: Sequence[int], other: Sequence[int]) -> int:
    """In how many places two orders differ."""
    return sum(a != b for a, b in zip(one, other, strict=True))


def chosen_next(chosen: Sequence[Order]) -> Order:
    """Of all other orders that with the largest sum of distances; of these the first that is farthest from its nearest.

    The paper says how the sum is used, and leaves open the choice among equal ones.
    """
    others = [order for order in permutations(range(len(chosen[0]))) if order not in chosen]

    def merit(order: Order) -> tuple[int, int]:
        away = [distance(order, one) for one in chosen]
        return sum(away), min(away)

    best = max(merit(order) for order in others)
    return next(order for order in others if merit(order) == best)
