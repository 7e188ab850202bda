import numpy as np
import pytest

from selftaught.report import project


@pytest.fixture(scope="module")
def clusters():
    random = np.random.default_rng(0)
    centres = 6 * random.normal(size=(3, 64))
    labels = np.repeat(np.arange(3), 40)
    return (centres[labels] + random.normal(size=(120, 64))).astype(np.float32), labels


def test_keeps_neighbours(clusters):
    vectors, labels = clusters
    places = project(vectors, seed=0)
    distances = np.linalg.norm(places[:, None] - places[None], axis=2) + np.diag(np.full(len(places), np.inf))
    assert (labels[distances.argmin(axis=1)] == labels).all()


def test_seed_decides(clusters):
    vectors, _ = clusters
    assert np.array_equal(project(vectors, seed=4), project(vectors, seed=4))


@pytest.mark.parametrize(("items", "width"), [(1, 5), (2, 5), (9, 3), (12, 1), (12, 2), (40, 200)])
def test_any_size(items, width):
    vectors = np.random.default_rng(0).normal(size=(items, width))
    places = project(vectors, seed=0)
    assert places.shape == (items, 2)
    assert np.isfinite(places).all()


def test_few_items_stand_on_their_principal_components():
    line = np.outer(np.arange(5.0), [3.0, 4.0])  # 5 apart, along one direction
    places = project(line, seed=0)
    assert np.allclose(np.abs(np.diff(places[:, 0])), 5)
    assert np.allclose(places[:, 1], 0, atol=1e-5)


def test_equal_vectors():
    assert np.isfinite(project(np.ones((30, 8)), seed=0)).all()


def test_a_second_map_lies_as_the_first():
    random = np.random.default_rng(0)
    groups = np.arange(120) % 4
    vectors = (8 * np.eye(4)[groups] + random.normal(size=(120, 4))).astype(np.float32)
    first = project(vectors, seed=0).astype(np.float64)
    turned = first @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    second = project(vectors, seed=0, beside=turned)
    middles = np.stack([[each[groups == group].mean(0) for group in range(4)] for each in (turned, second)])
    centred = middles - middles.mean(1, keepdims=True)
    unit = centred / np.linalg.norm(centred, axis=2, keepdims=True)
    assert (unit[0] * unit[1]).sum(1).min() > 0.8  # each group lies in its direction
