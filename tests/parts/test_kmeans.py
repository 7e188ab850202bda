"""k-means and whitening: scikit-learn's numbers, no empty cluster, and choices that a seed decides."""

import math
import sys
import warnings

import pytest
import torch
from oracles import clustering as oracle
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from selftaught.core import UserError
from selftaught.parts import kmeans, whitened


def points(n=200, d=5, groups=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    centres = 4 * torch.randn(groups, d, generator=generator, dtype=torch.float64)
    rows = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return rows + centres[torch.randint(groups, (n,), generator=generator)]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("iterations", [1, 3, 50])
@pytest.mark.parametrize("clusters", [2, 4, 9])
def test_scikit_learn_finds_the_same(iterations, clusters):
    rows = points()
    start = rows[torch.randperm(len(rows), generator=seeded())[:clusters]]
    found = kmeans(rows, clusters, iterations=iterations, start=start)
    theirs = KMeans(clusters, init=start.numpy(), n_init=1, max_iter=iterations, tol=0, algorithm="lloyd")
    with warnings.catch_warnings(action="ignore"):  # that so few iterations are no end
        theirs.fit(rows.numpy())
    assert found.assignments.tolist() == theirs.labels_.tolist()
    assert found.inertia == pytest.approx(theirs.inertia_, rel=1e-9)


def test_the_oracle_finds_the_same():
    rows = points(40, 3, 3)
    start = rows[:3]
    assert kmeans(rows, 3, iterations=4, start=start).assignments.tolist() == oracle.lloyd(
        rows.tolist(), start.tolist(), 4
    )


def test_pieces_change_nothing(monkeypatch):
    rows = points()
    whole = kmeans(rows, 5, generator=seeded())
    monkeypatch.setattr(sys.modules["selftaught.parts.kmeans"], "_ROWS_AT_ONCE", 35)
    assert torch.equal(kmeans(rows, 5, generator=seeded()).assignments, whole.assignments)


def test_a_seed_decides_and_the_default_generator_serves():
    rows = points(groups=30)
    first, again, other = (kmeans(rows, 20, iterations=2, generator=seeded(s)).assignments for s in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        one = kmeans(rows, 20, iterations=2).assignments
        torch.manual_seed(5)
        assert torch.equal(one, kmeans(rows, 20, iterations=2).assignments)


@pytest.mark.parametrize("iterations", [1, 2, 10])
def test_empty_clusters_share_the_points_of_a_full_one(iterations):
    rows = points(groups=2)
    start = torch.cat([rows[:2], torch.full((6, 5), 1e3, dtype=torch.float64)])  # six centres far from all points
    found = kmeans(rows, 8, iterations=iterations, start=start, generator=seeded())
    assert found.assignments.bincount(minlength=8).min() > 0
    if iterations == 10:
        assert found.centres.abs().max() < 100  # all have come to where points are
        assert found.assignments.bincount(minlength=8).min() >= 3


def test_equal_points_and_as_many_clusters_as_points_leave_none_empty():
    for rows in (torch.ones(12, 3), torch.ones(12, 3).double(), points(12)):
        assert kmeans(rows, 12, generator=seeded()).assignments.sort().values.tolist() == list(range(12))
        assert kmeans(rows, 5, generator=seeded()).assignments.bincount(minlength=5).min() > 0


@pytest.mark.parametrize("clusters", [0, 201])
def test_a_number_that_cannot_be_is_refused(clusters):
    with pytest.raises(UserError, match="expected between 1 and 200 clusters"):
        kmeans(points(), clusters)


@pytest.mark.parametrize("width", [2, 5, 30])
def test_whitening_is_scikit_learns_but_for_signs(width):
    rows = points() * torch.tensor([100.0, 10, 1, 0.1, 0.5], dtype=torch.float64) + 7
    ours = whitened(rows, width)
    theirs = torch.from_numpy(PCA(min(width, 5), whiten=True, svd_solver="full").fit_transform(rows.numpy()))
    theirs = theirs / theirs.norm(dim=1, keepdim=True)
    torch.testing.assert_close(ours @ ours.T, theirs @ theirs.T, rtol=1e-8, atol=1e-8)


def test_directions_without_variance_are_left_out():
    rows = torch.cat([points(), points()[:, :2] * 2, torch.zeros(200, 3, dtype=torch.float64)], 1)  # of rank 5
    assert whitened(rows, 256).shape == (200, 5)
    assert whitened(rows.float(), 256).shape == (200, 5)
    assert whitened(rows.float(), 256).dtype == torch.float32
    assert whitened(torch.ones(4, 3), 2).isfinite().all()


def sculley(rows, start, batches):
    """Algorithm 1 of Sculley 2010: each point moves the centre that was nearest when its batch began."""
    centres, came = [list(centre) for centre in start], [0] * len(start)
    for batch in batches:
        near = [min(range(len(centres)), key=lambda c: math.dist(rows[row], centres[c])) for row in batch]
        for row, centre in zip(batch, near, strict=True):
            came[centre] += 1
            centres[centre] = [
                old + (new - old) / came[centre] for old, new in zip(centres[centre], rows[row], strict=True)
            ]
    return centres


def test_batches_move_centres_as_sculley_says():
    rows, generator = points(300), seeded(3)
    start = rows[:2]
    batches = [torch.randint(300, (40,), generator=generator).tolist() for _ in range(5)]
    found = kmeans(rows, 2, iterations=5, start=start, batch=40, generator=seeded(3))
    expected = sculley(rows.tolist(), start.tolist(), batches)
    assert torch.allclose(found.centres, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-10)
    assert torch.equal(found.assignments, torch.cdist(rows, found.centres).argmin(1))


def test_batches_lose_little():
    rows = points(20_000, 16, groups=30)
    start = rows[torch.randperm(len(rows), generator=seeded())[:20]]
    whole, parts = (kmeans(rows, 20, start=start, batch=batch, generator=seeded()) for batch in (None, 2000))
    assert parts.inertia < 1.05 * whole.inertia
    assert not torch.equal(whole.assignments, parts.assignments)


def test_a_centre_that_no_batch_comes_to_takes_the_place_of_another():
    rows = points(500)
    start = torch.cat([rows[:3], torch.full((2, 5), 1e6, dtype=torch.float64)])
    found = kmeans(rows, 5, start=start, batch=50, generator=seeded())
    assert found.assignments.bincount(minlength=5).min() >= 1
    assert found.centres.abs().max() < 100


def test_many_points_are_looked_at_in_batches(monkeypatch):
    rows = points(400)
    whole = kmeans(rows, 6, generator=seeded())
    module = sys.modules["selftaught.parts.kmeans"]
    monkeypatch.setattr(module, "_BATCH", 200)  # twice as many: not more
    assert torch.equal(kmeans(rows, 6, generator=seeded()).assignments, whole.assignments)
    monkeypatch.setattr(module, "_BATCH", 199)
    parts = kmeans(rows, 6, batch=199, generator=seeded())
    assert torch.equal(kmeans(rows, 6, generator=seeded()).centres, parts.centres)
    with pytest.raises(UserError, match="batch: expected at least 1 point, got 0"):
        kmeans(rows, 6, batch=0)
