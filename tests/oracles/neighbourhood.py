"""Local Aggregation as plain loops, written from the paper. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

Vectors = Sequence[Sequence[float]]


def unit(row: Sequence[float]) -> list[float]:
    """The row over its length."""
    length = math.sqrt(math.fsum(x * x for x in row))
    return [x / length for x in row]


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """The dot product."""
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def close(clusterings: Sequence[Sequence[int]], own: int) -> set[int]:
    """Section 3.2: the union, over clusterings, of the rows in the cluster of an item's own."""
    return {row for one in clusterings for row, cluster in enumerate(one) if cluster == one[own]}


def background(embedding: Sequence[float], bank: Vectors, own: int, count: int) -> set[int]:
    """Section 3.2: the rows nearest to the embedding; here the item's own row first."""
    z = unit(embedding)
    order = sorted(range(len(bank)), key=lambda row: (row != own, -dot(z, bank[row])))
    return set(order[:count])


def local_aggregation(
    embedding: Sequence[float],
    bank: Vectors,
    own: int,
    clusterings: Sequence[Sequence[int]],
    count: int,
    temperature: float,
) -> float:
    """1903.12355, eq. 2 to 4: -log P(C and B | v) / P(B | v); the normaliser of P cancels."""
    z = unit(embedding)
    near = background(embedding, bank, own, count)
    weights = {row: math.exp(dot(z, bank[row]) / temperature) for row in near}
    together = math.fsum(weights[row] for row in near & close(clusterings, own))
    return math.log(math.fsum(weights.values())) - math.log(together)
