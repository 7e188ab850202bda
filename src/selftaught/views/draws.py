"""Random numbers for a batch that do not depend on how many processes share it."""

import hashlib
import math
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

__all__ = ["Draws"]


@final
class Draws:
    """Seeded random numbers for every item of the global batch, of which this process keeps its rows.

    Every call draws for the whole batch and returns this process's rows, on the CPU: two processes with half a batch
    each get, to the bit, what one process with the whole batch gets. Calls on one object follow each other in one
    sequence; `stream` gives each purpose a sequence of its own, so that a choice which is left out shifts no other.

    Args:
        seed: where the sequence starts.
        batch: how many items the global batch has.
        rows: which of them are this process's; None for all.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws
        >>> whole, half = Draws(7, batch=4), Draws(7, batch=4, rows=slice(2, 4))
        >>> torch.equal(whole.uniform(0.0, 1.0, 3)[2:], half.uniform(0.0, 1.0, 3))
        True
    """

    def __init__(self, seed: int, *, batch: int, rows: slice | None = None) -> None:
        self.seed = seed
        self.batch = batch
        self.rows = slice(None) if rows is None else rows
        self._generator = torch.Generator().manual_seed(seed)

    @classmethod
    def at(cls, *position: int | str, batch: int, rows: slice | None = None) -> "Draws":
        """The draws at one position of a run, such as (seed, step). Nearby positions share nothing.

        Example:
            >>> from selftaught.views import Draws
            >>> Draws.at(0, 17, batch=4).seed == Draws.at(0, 18, batch=4).seed
            False
        """
        digest = hashlib.blake2b(repr(position).encode(), digest_size=8).digest()
        return cls(int.from_bytes(digest, "little"), batch=batch, rows=rows)

    @classmethod
    def fresh(cls, batch: int, generator: torch.Generator | None = None) -> "Draws":
        """Draws that nobody planned: from a generator, or from torch's default one."""
        return cls.at(int(torch.randint(2**63 - 1, (), generator=generator)), batch=batch)

    def __len__(self) -> int:
        return len(range(*self.rows.indices(self.batch)))

    def stream(self, *purpose: int | str) -> "Draws":
        """The sequence of one purpose; neither its length nor its absence touches another's.

        Example:
            >>> import torch
            >>> from selftaught.views import Draws
            >>> draws = Draws(7, batch=2)
            >>> torch.equal(draws.stream("crop").normal(), draws.stream("flip").normal())
            False
        """
        return Draws.at(self.seed, *purpose, batch=self.batch, rows=self.rows)

    def uniform(self, low: float, high: float, *shape: int) -> Float[Tensor, "n ..."]:
        """Numbers in [low, high), each equally likely."""
        return torch.rand(self.batch, *shape, generator=self._generator)[self.rows] * (high - low) + low

    def log_uniform(self, low: float, high: float, *shape: int) -> Float[Tensor, "n ..."]:
        """Numbers in [low, high) whose logarithms are equally likely: a factor and its inverse are."""
        return self.uniform(math.log(low), math.log(high), *shape).exp_()

    def normal(self, *shape: int) -> Float[Tensor, "n ..."]:
        """Numbers from the standard normal distribution."""
        return torch.randn(self.batch, *shape, generator=self._generator)[self.rows]

    def integers(self, high: int, *shape: int) -> Int[Tensor, "n ..."]:
        """Whole numbers in [0, high), each equally likely."""
        return torch.randint(high, (self.batch, *shape), generator=self._generator)[self.rows]

    def chance(self, probability: float) -> Bool[Tensor, " n"]:
        """Which items a thing happens to that happens with one probability."""
        return torch.rand(self.batch, generator=self._generator)[self.rows] < probability

    def permutations(self, length: int) -> Int[Tensor, "n length"]:
        """An order of `length` things for every item, each order equally likely."""
        return torch.rand(self.batch, length, generator=self._generator)[self.rows].argsort(1)
