"""The nearest of many vectors, exactly, in bounded memory."""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import Track, silent
from selftaught.evaluation.exactness import exact_products

__all__ = ["nearest"]

_QUERIES, _BANK = 1024, 16_384  # rows at a time: 64 MiB of similarities
_ROUNDED_QUERIES, _ROUNDED_BANK = 512, 65_536  # in bfloat16: 64 MiB
_FLAT_QUERIES, _SPARE = 4096, 12  # of FAISS: queries at a time, and candidates beyond the k
_GROUP = 64  # scores of which first only the largest is looked at
_COMPARED = 16  # queries whose candidates are compared at a time: they fit a core's cache
_LEAST_BANK, _MOST_NEIGHBOURS = 8192, 256  # beyond, rounding costs more than it saves


@exact_products()
def nearest(
    queries: Float[Tensor, "o d"], bank: Float[Tensor, "n d"], k: int, *, track: Track = silent
) -> tuple[Float[Tensor, "o k"], Int[Tensor, "o k"]]:
    """The k vectors of a bank with the largest product with each query; of unit vectors, the nearest.

    On CPUs float32 vectors are first compared in bfloat16, where the processor multiplies it natively, or in float32 by
    FAISS, where that is installed and the processor has no AMX. The best candidates are compared again, in float64.
    Where the bound on all rounding errors leaves open whether another vector belongs among the k, the query is
    compared with the whole bank in its own precision. So the neighbours are those of a full search.

    Args:
        queries: any number of vectors.
        bank: at least k vectors.
        k: how many, at least 1.
        track: shows progress.

    Returns:
        The products, largest first, and the rows of the bank; of equal products, the row that stands first.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import nearest
        >>> nearest(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0], [2.0, 1.0], [1.0, 1.0]]), 2)[1]
        tensor([[1, 2]])
    """
    values = queries.new_empty(len(queries), k)
    rows = torch.empty(len(queries), k, dtype=torch.int64, device=queries.device)
    finder = _finder(queries, bank, k)
    held = finder.of(bank) if finder else None
    step = finder.at_once() if finder else _QUERIES
    starts = range(0, len(queries), step)
    for start in track(starts, "finding neighbours", len(starts)):
        some = slice(start, start + step)
        if held is None:
            values[some], rows[some] = _search(queries[some], bank, k)
            continue
        values[some], rows[some], open_ones = held.search(queries[some], k)
        if len(open_ones):
            values[start + open_ones], rows[start + open_ones] = _search(queries[start + open_ones], bank, k)
        if 2 * len(open_ones) > len(rows[some]):
            held = None  # vectors so close together are told apart faster without
    return values, rows


def _finder(queries: Tensor, bank: Tensor, k: int) -> "type[_Rounded | _Flat] | None":
    """What finds candidates here; None where a full search costs less."""
    if queries.device.type != "cpu" or queries.dtype != torch.float32:
        return None
    if len(bank) < _LEAST_BANK or len(queries) < _COMPARED or k > _MOST_NEIGHBOURS:
        return None
    from selftaught.training.devices import cpu_flags

    if "amx_bf16" in cpu_flags():
        return _Rounded
    if find_spec("faiss"):
        return _Flat
    return _Rounded if "avx512_bf16" in cpu_flags() else None


@dataclass(frozen=True, kw_only=True)
class _Rounded:
    """A bank in bfloat16, less its mean: a constant to the scores of a query, and less to round."""

    bank: Tensor
    mean: Tensor
    rounded: Tensor
    longest: float  # of the rounded vectors
    error: float  # the longest difference between a vector and its rounding

    @classmethod
    def of(cls, bank: Tensor) -> "_Rounded":
        mean = bank.mean(0)
        rounded, longest, error = torch.empty_like(bank, dtype=torch.bfloat16), 0.0, 0.0
        for start in range(0, len(bank), _BANK):
            centred = bank[start : start + _BANK] - mean
            part = centred.bfloat16()
            rounded[start : start + _BANK] = part
            longest = max(longest, part.float().norm(dim=1).max().item())
            error = max(error, (centred - part.float()).norm(dim=1).max().item())
        return cls(bank=bank, mean=mean, rounded=rounded, longest=longest, error=error)

    @staticmethod
    def at_once() -> int:
        """Queries."""
        return _ROUNDED_QUERIES

    def search(self, queries: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
        """As `nearest`, and the queries whose neighbours remain open."""
        rounded_queries = queries.bfloat16()
        best, rows = self._candidates(rounded_queries, 2 * k + 24)
        # |q·b - q'·b'| <= |q - q'| |b'| + |q| |b - b'|; sums in float32 and their rounding to bfloat16 err besides
        lengths, width = queries.norm(dim=1), queries.shape[1]
        rounding = (queries - rounded_queries.float()).norm(dim=1) * self.longest + lengths * self.error
        summing = 2**-23 * width * lengths * (self.longest + self.error + self.mean.norm())
        last = best[:, -1].float()
        highest_outside = queries.double() @ self.mean.double() + last + last.abs() / 2**8 + 1.01 * rounding + summing
        return _decided(queries, self.bank, rows, highest_outside, k)

    def _candidates(self, queries: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """The largest rounded scores and their rows."""
        best = queries.new_empty(len(queries), 0)
        rows = torch.empty(len(queries), 0, dtype=torch.int64)
        for start in range(0, len(self.rounded), _ROUNDED_BANK):
            found, columns = _largest_by_groups(queries @ self.rounded[start : start + _ROUNDED_BANK].T, count)
            best, rows = torch.cat([best, found], 1), torch.cat([rows, columns + start], 1)
        best, order = best.topk(count, dim=1)
        return best, rows.gather(1, order)


@dataclass(frozen=True, kw_only=True)
class _Flat:
    """A bank that FAISS searches, without an index: its sums of float32 products err less than any rounding."""

    bank: Tensor
    longest: float

    @classmethod
    def of(cls, bank: Tensor) -> "_Flat":
        return cls(bank=bank.contiguous(), longest=bank.norm(dim=1).max().item())

    @staticmethod
    def at_once() -> int:
        """Queries."""
        return _FLAT_QUERIES

    def search(self, queries: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
        """As `nearest`, and the queries whose neighbours remain open."""
        faiss: Any = import_module("faiss")
        asked, bank = queries.contiguous().numpy(), self.bank.numpy()
        best, rows = faiss.knn(asked, bank, k + _SPARE, metric=faiss.METRIC_INNER_PRODUCT)
        summing = 2**-23 * queries.shape[1] * queries.norm(dim=1) * self.longest
        highest_outside = torch.from_numpy(best)[:, -1].double() + summing
        return _decided(queries, self.bank, torch.from_numpy(rows).clamp_(min=0), highest_outside, k)


def _decided(
    queries: Tensor, bank: Tensor, rows: Tensor, highest_outside: Tensor, k: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The best of some candidates by their float64 products, and the queries for which one outside may be better."""
    rows = rows.sort(dim=1).values  # so that a stable sort by product leaves equals in order
    product, order = _products(queries, rows, bank).sort(dim=1, descending=True, stable=True)
    is_open = ~(product[:, k - 1] > highest_outside)
    return product[:, :k].to(queries.dtype), rows.gather(1, order)[:, :k], is_open.nonzero()[:, 0]


def _largest_by_groups(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """`topk`: the largest of all stand in the groups whose largest are largest."""
    groups = scores.shape[1] // _GROUP
    if groups <= count:
        return scores.topk(min(count, scores.shape[1]), dim=1)
    grouped = scores[:, : groups * _GROUP].unflatten(1, (_GROUP, groups))
    chosen = grouped.amax(1).topk(count, dim=1, sorted=False).indices  # (o, count)
    inside = grouped.gather(2, chosen[:, None].expand(-1, _GROUP, -1)).flatten(1)  # (o, _GROUP * count)
    left = scores[:, groups * _GROUP :]
    best, places = torch.cat([inside, left], 1).topk(count, dim=1)
    within = places < inside.shape[1]
    columns = chosen.gather(1, places % count) + places // count * groups
    return best, torch.where(within, columns, places - inside.shape[1] + groups * _GROUP)


def _products(queries: Tensor, rows: Tensor, bank: Tensor) -> Tensor:
    """Of each query with its rows of the bank, in float64; equal rows have equal products."""
    pieces = zip(queries.split(_COMPARED), rows.split(_COMPARED), strict=True)
    return torch.cat([bank[several].double().mul_(some[:, None]).sum(-1) for some, several in pieces])


def _search(queries: Tensor, bank: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The `k` largest products and their rows, largest first and then in the order of the rows."""
    best = queries.new_empty(len(queries), 0)
    rows = torch.empty(len(queries), 0, dtype=torch.int64, device=queries.device)
    for start in range(0, len(bank), _BANK):
        near, index = _largest(queries @ bank[start : start + _BANK].T, k)
        best, order = torch.cat([best, near], 1).sort(dim=1, descending=True, stable=True)
        rows = torch.cat([rows, index + start], 1).gather(1, order)[:, :k]
        best = best[:, :k]
    return best, rows


def _largest(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """`topk`, with ties in the order of the columns."""
    if values.shape[1] <= k:
        return values.sort(dim=1, descending=True, stable=True)
    top, index = values.topk(k + 1, dim=1)
    tied = (top[:, k - 1] == top[:, k]).nonzero()[:, 0]  # rows whose last place is disputed
    top, index = top[:, :k], index[:, :k]
    if len(tied):
        in_order, columns = values[tied].sort(dim=1, descending=True, stable=True)
        top[tied], index[tied] = in_order[:, :k], columns[:, :k]
    index, order = index.sort(dim=1)
    top, order = top.gather(1, order).sort(dim=1, descending=True, stable=True)
    return top, index.gather(1, order)
