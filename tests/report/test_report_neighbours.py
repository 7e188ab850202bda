import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from selftaught.core import UserError
from selftaught.report import all_neighbours, choose_queries, nearest_neighbours


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_agrees_with_scikit_learn(dtype):
    vectors = np.random.default_rng(0).normal(size=(200, 16)).astype(dtype)
    queries = np.array([3, 150, 7])
    brute = NearestNeighbors(n_neighbors=9, metric="cosine", algorithm="brute").fit(vectors)
    wanted = brute.kneighbors(vectors[queries], return_distance=False)[:, 1:]  # the first is the item itself
    assert np.array_equal(nearest_neighbours(vectors, queries, 8), wanted)


def test_length_does_not_matter():
    vectors = np.random.default_rng(0).normal(size=(50, 4))
    longer = vectors * np.random.default_rng(1).uniform(0.1, 9, size=(50, 1))
    queries = np.arange(50)
    assert np.array_equal(nearest_neighbours(vectors, queries, 5), nearest_neighbours(longer, queries, 5))


def test_never_itself_even_among_copies():
    found = nearest_neighbours(np.ones((5, 3)), np.array([0, 3]), 4)
    assert found.tolist() == [[1, 2, 3, 4], [0, 1, 2, 4]]


def test_a_vector_of_zeros_has_neighbours():
    vectors = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.5, 0.1]])
    assert nearest_neighbours(vectors, np.array([1]), 3).tolist() == [[3, 0, 2]]


def test_too_many_asked_for():
    with pytest.raises(UserError, match="expected 1 to 3 neighbours among 4 items, got 4"):
        nearest_neighbours(np.eye(4), np.array([0]), 4)


def test_queries_spread_over_classes():
    labels = np.repeat([0, 1, 2, 3], [90, 5, 4, 1])
    for seed in range(5):
        chosen = choose_queries(100, 6, labels=labels, seed=seed)
        counts = np.bincount(labels[chosen], minlength=4)
        assert len(set(chosen.tolist())) == 6
        assert counts.min() == 1
        assert counts.max() == 2
    assert not np.array_equal(choose_queries(100, 6, seed=0), choose_queries(100, 6, seed=1))
    assert np.array_equal(choose_queries(100, 6, seed=3), choose_queries(100, 6, seed=3))
    assert len(choose_queries(4, 6)) == 4


def test_all_at_once_are_those_of_each():
    vectors = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    assert np.array_equal(all_neighbours(vectors, 5), nearest_neighbours(vectors, np.arange(300), 5))


def test_copies_are_neighbours_of_each_other_and_never_of_themselves():
    found = all_neighbours(np.ones((6, 3), dtype=np.float32), 3)
    assert (found != np.arange(6)[:, None]).all()
    assert all(len(set(rows)) == 3 for rows in found.tolist())
    with pytest.raises(UserError, match="expected 1 to 5 neighbours among 6 items, got 6"):
        all_neighbours(np.ones((6, 3), dtype=np.float32), 6)
