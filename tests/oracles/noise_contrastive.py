"""Noise-contrastive estimation with a memory bank, in loops written from Wu et al. 2018 (1805.01978)."""

import math
from collections.abc import Sequence

Vector = Sequence[float]
Vectors = Sequence[Vector]


def unit(vector: Vector) -> list[float]:
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector]


def dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def normaliser(embeddings: Vectors, bank: Vectors, drawn: Sequence[Sequence[int]], temperature: float) -> float:
    """Equation 8, over a batch: Z = n times the mean of exp(v_j f / t) over items and draws."""
    found = [
        math.exp(dot(unit(f), bank[j]) / temperature) for f, mine in zip(embeddings, drawn, strict=True) for j in mine
    ]
    return len(bank) * sum(found) / len(found)


def mean(values: Sequence[float]) -> float:
    """Of the estimates of several batches."""
    return sum(values) / len(values)


def nce(
    embeddings: Vectors,
    bank: Vectors,
    own: Sequence[int],
    drawn: Sequence[Sequence[int]],
    temperature: float,
    z: float,
) -> float:
    """Equation 7 with P of equation 4, h of equation 6, and noise that is uniform over the n rows."""
    total = 0.0
    for f, i, mine in zip(embeddings, own, drawn, strict=True):
        noise = len(mine) / len(bank)  # m P_n
        p = math.exp(dot(unit(f), bank[i]) / temperature) / z
        total -= math.log(p / (p + noise))
        for j in mine:
            p = math.exp(dot(unit(f), bank[j]) / temperature) / z
            total -= math.log(noise / (p + noise))  # log(1 - h)
    return total / len(embeddings)


def softmax(embeddings: Vectors, bank: Vectors, own: Sequence[int], temperature: float) -> float:
    """Equations 2 and 3, over the number of items."""
    total = 0.0
    for f, i in zip(embeddings, own, strict=True):
        every = [math.exp(dot(unit(f), row) / temperature) for row in bank]
        total -= math.log(every[i] / sum(every))
    return total / len(embeddings)


def proximal(embeddings: Vectors, bank: Vectors, own: Sequence[int]) -> float:
    """The second term of equation 10: the squared distance to where the item was."""
    distances = [
        sum((x - y) ** 2 for x, y in zip(unit(f), bank[i], strict=True)) for f, i in zip(embeddings, own, strict=True)
    ]
    return sum(distances) / len(distances)


def moved(bank: Vectors, own: Sequence[int], embeddings: Vectors, momentum: float) -> list[list[float]]:
    """The bank after a batch: an item's row moves once, to the mean of what was seen of it, and is scaled again."""
    rows = [list(row) for row in bank]
    for i in set(own):
        seen = [unit(f) for f, place in zip(embeddings, own, strict=True) if place == i]
        mean_seen = [sum(column) / len(seen) for column in zip(*seen, strict=True)]
        rows[i] = unit([momentum * x + (1 - momentum) * y for x, y in zip(bank[i], mean_seen, strict=True)])
    return rows
