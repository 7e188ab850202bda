"""The nearest vectors by way of bfloat16 are those of a full search, and the full search is scikit-learn's."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from sklearn.neighbors import NearestNeighbors

from selftaught.evaluation import exact_search, nearest


@pytest.fixture(params=["bfloat16", "FAISS"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Find candidates one way first, whatever the machine multiplies natively, in small pieces."""
    if request.param == "FAISS":
        pytest.importorskip("faiss", reason="faiss is not installed")
    finder = exact_search._Flat if request.param == "FAISS" else exact_search._Rounded
    in_pieces(monkeypatch, finder)
    return finder


@pytest.fixture
def rounding(monkeypatch: pytest.MonkeyPatch):
    in_pieces(monkeypatch, exact_search._Rounded)


def in_pieces(monkeypatch: pytest.MonkeyPatch, finder: type) -> None:
    monkeypatch.setattr(
        exact_search, "_finder", lambda queries, bank, k: finder if queries.dtype == torch.float32 else None
    )
    monkeypatch.setattr(exact_search, "_FLAT_QUERIES", 50)
    monkeypatch.setattr(exact_search, "_ROUNDED_QUERIES", 50)
    monkeypatch.setattr(exact_search, "_ROUNDED_BANK", 7000)
    monkeypatch.setattr(exact_search, "_BANK", 3000)


def unit(n: int, d: int = 48, seed: int = 0, shift: float = 0.0) -> torch.Tensor:
    return F.normalize(torch.randn(n, d, generator=torch.Generator().manual_seed(seed)) + shift, dim=1)


def full_search(queries: torch.Tensor, bank: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    values, rows = (queries.double() @ bank.double().T).sort(dim=1, descending=True, stable=True)
    return values[:, :k], rows[:, :k]


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("shift", [0.0, 3.0], ids=["spread out", "in a cone"])
@pytest.mark.parametrize("k", [1, 20])
def test_candidates_change_no_neighbour(k: int, shift: float):
    queries, bank = unit(120, seed=1, shift=shift), unit(9000, shift=shift)
    values, rows = nearest(queries, bank, k)
    expected, expected_rows = full_search(queries, bank, k)
    assert torch.equal(rows, expected_rows)
    torch.testing.assert_close(values.double(), expected, rtol=0, atol=1e-6)


@pytest.mark.usefixtures("either")
def test_vectors_closer_than_rounding_tells_apart_are_searched_again(monkeypatch: pytest.MonkeyPatch):
    searched: list[int] = []
    search = exact_search._search
    monkeypatch.setattr(
        exact_search, "_search", lambda queries, bank, k: searched.append(len(queries)) or search(queries, bank, k)
    )
    bank = unit(9000)
    bank[:4000] = F.normalize(bank[0] + 1e-4 * bank[:4000], dim=1)  # too many in too small a place
    queries = torch.cat([unit(40, seed=1), bank[:5]])
    rows = nearest(queries, bank, 5)[1]
    assert searched == [5]
    assert torch.equal(rows[:40], full_search(queries[:40], bank, 5)[1])
    assert torch.equal(rows[40:], search(queries[40:], bank, 5)[1])


@pytest.mark.usefixtures("rounding")
def test_without_the_bound_neighbours_would_be_missed(monkeypatch: pytest.MonkeyPatch):
    bank = unit(9000)
    bank[:4000] = F.normalize(bank[0] + 3e-2 * bank[:4000], dim=1)
    queries = bank[:45]
    expected = full_search(queries, bank, 5)[1]
    assert (nearest(queries, bank, 5)[1] == expected).float().mean() > 0.99
    certain = exact_search._Rounded.search
    nothing = torch.empty(0, dtype=torch.int64)
    monkeypatch.setattr(exact_search._Rounded, "search", lambda *given: (*certain(*given)[:2], nothing))
    assert (nearest(queries, bank, 5)[1] == expected).float().mean() < 0.9


@pytest.mark.usefixtures("rounding")
def test_the_bound_holds_where_rounding_is_nearly_as_bad_as_it_can_be():
    """The nearest vector's product with the query is 2.5 e, e just below half a step of bfloat16, and 0 when rounded.

    Its rounding error points along the query, so that the product errs by 98 % of the bound on it. Enough other
    vectors round to more than 0 that it is no candidate, and one of these is nearly as near.
    """
    half_a_step = 2**-8 - 2**-14
    query = torch.tensor([[1.5, -1.0]])
    hidden = torch.tensor([[1 + half_a_step, 1.5 - half_a_step]])
    rival = torch.tensor([[0.97 * 2.5 / 1.5 * half_a_step, 0.0]])
    bank = torch.cat([torch.tensor([[2**-16, 0.0]]).expand(40, 2), rival, hidden])
    bank = torch.cat([bank, -bank])  # its mean is 0
    assert full_search(query, bank, 1)[1].item() == 41
    assert (query.bfloat16() @ bank[41].bfloat16()).item() == 0
    assert nearest(query, bank, 1)[1].item() == 41
    held = exact_search._Rounded.of(bank)
    for error, open_ones, row in ((held.error, [0], 40), (0.9 * held.error, [], 40), (0.0, [], 40)):  # wrong: 0.9 and 0
        found = dataclasses.replace(held, error=error).search(query, 1)
        assert (found[1].item(), found[2].tolist()) == (row, open_ones)


@pytest.mark.usefixtures("either")
def test_of_equals_the_first_counts():
    bank = unit(9000)
    bank[8000:8010] = bank[3]
    values, rows = nearest(bank[3].expand(20, -1), bank, 4)
    assert rows.tolist() == [[3, 8000, 8001, 8002]] * 20
    assert (values[:, 0] == values[:, 3]).all()


def test_what_is_not_a_number_is_never_certain(either: type[exact_search._Rounded | exact_search._Flat]):
    bank = unit(9000)
    bank[7] = torch.nan
    assert len(either.of(bank).search(unit(4, seed=1), 3)[2]) == 4


@pytest.mark.parametrize(
    ("flags", "installed", "expected"),
    [
        ({"amx_bf16"}, True, "_Rounded"),
        ({"avx512_bf16"}, True, "_Flat"),
        ({"avx512_bf16"}, False, "_Rounded"),
        (set(), True, "_Flat"),
        (set(), False, None),
    ],
)
def test_who_finds_candidates(
    flags: set[str], installed: bool, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selftaught.training.devices.cpu_flags", lambda: frozenset(flags))
    monkeypatch.setattr(exact_search, "find_spec", lambda name: installed)
    finder = exact_search._finder(unit(16), unit(9000), 20)
    assert (finder.__name__ if finder else None) == expected
    assert exact_search._finder(unit(16).double(), unit(9000), 20) is None


def test_groups_give_what_topk_gives():
    scores = torch.randn(30, 2000, generator=torch.Generator().manual_seed(0)).bfloat16()
    values, columns = exact_search._largest_by_groups(scores, 25)
    assert torch.equal(values, scores.topk(25, dim=1).values)
    assert torch.equal(scores.gather(1, columns), values)
    assert all(len(set(row)) == 25 for row in columns.tolist())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_neighbours_are_sklearns(dtype: torch.dtype):
    queries, bank = unit(60, seed=1).to(dtype), unit(2000).to(dtype)
    peer = NearestNeighbors(n_neighbors=12, algorithm="brute", metric="cosine").fit(bank.double().numpy())
    assert nearest(queries, bank, 12)[1].tolist() == peer.kneighbors(queries.double().numpy())[1].tolist()


def test_similarities_are_never_held_at_once(monkeypatch: pytest.MonkeyPatch):
    queries, bank = unit(90), unit(500, seed=1)
    held: list[int] = []
    largest = exact_search._largest
    monkeypatch.setattr(exact_search, "_QUERIES", 8)
    monkeypatch.setattr(exact_search, "_BANK", 50)
    monkeypatch.setattr(exact_search, "_largest", lambda values, k: held.append(values.numel()) or largest(values, k))
    nearest(queries, bank, 20)
    assert max(held) == 400
    assert sum(held) == 500 * 90
