"""A codebook as plain loops, written from the paper. No torch, no numpy."""

import math
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def distance(a: Sequence[float], b: Sequence[float]) -> float:
    """Squared."""
    return math.fsum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def nearest(vectors: Rows, rows: Rows) -> list[int]:
    """VQ-VAE (1711.00937), equation 1."""
    return [min(range(len(rows)), key=lambda number: distance(vector, rows[number])) for vector in vectors]


def vector_distance(vectors: Rows, codes: Rows) -> float:
    """Mean over vectors and features."""
    return math.fsum(distance(*pair) for pair in zip(vectors, codes, strict=True)) / len(vectors) / len(vectors[0])


def perplexity(numbers: Sequence[int]) -> float:
    """Exponential of the entropy of how often each code is used."""
    shares = [numbers.count(number) / len(numbers) for number in set(numbers)]
    return math.exp(-math.fsum(share * math.log(share) for share in shares))


class MovingMeans:
    """Appendix A.1, equations 6 to 8, with counts smoothed as in the authors' code."""

    def __init__(self, rows: Rows, decay: float) -> None:
        self.rows = [list(row) for row in rows]
        self.counts = [1.0 for _ in rows]
        self.sums = [list(row) for row in rows]
        self.decay = decay

    def follow(self, vectors: Rows, smoothing: float = 1e-5) -> None:
        """By a batch, each vector counted for its nearest row."""
        numbers = nearest(vectors, self.rows)
        for number in range(len(self.rows)):
            mine = [vector for vector, chosen in zip(vectors, numbers, strict=True) if chosen == number]
            self.counts[number] = self.decay * self.counts[number] + (1 - self.decay) * len(mine)
            for place in range(len(self.sums[number])):
                total = math.fsum(vector[place] for vector in mine)
                self.sums[number][place] = self.decay * self.sums[number][place] + (1 - self.decay) * total
        everything = math.fsum(self.counts)
        for number, (count, sums) in enumerate(zip(self.counts, self.sums, strict=True)):
            smoothed = (count + smoothing) / (everything + len(self.rows) * smoothing) * everything
            self.rows[number] = [each / smoothed for each in sums]
