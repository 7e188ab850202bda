import numpy as np
import pytest
import torch
import torch.nn.functional as F
from oracles import evaluation_oracle as oracle
from sklearn.neighbors import KNeighborsClassifier

from selftaught.core import UserError
from selftaught.evaluation import exact_search, weighted_knn


def vectors(n: int, d: int = 16, classes: int = 5, *, seed: int = 0, dtype: torch.dtype = torch.float32):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (n,), generator=generator)
    centres = torch.randn(classes, d, generator=torch.Generator().manual_seed(99))
    return (centres[labels] + 1.5 * torch.randn(n, d, generator=generator)).to(dtype), labels


def test_equals_plain_loops():
    (train, labels), (test, _) = vectors(40, dtype=torch.float64), vectors(9, seed=1, dtype=torch.float64)
    scores = weighted_knn(train, labels, test, k=7, temperature=0.1, classes=5)
    expected = [oracle.weighted_knn(train.tolist(), labels.tolist(), query, 7, 0.1, 5) for query in test.tolist()]
    torch.testing.assert_close(scores, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-10)


@pytest.mark.parametrize("k", [1, 20, 200])
def test_equals_sklearn(k: int):
    (train, labels), (test, _) = vectors(900), vectors(400, seed=1)
    peer = KNeighborsClassifier(k, metric="cosine", weights=lambda distance: np.exp((1 - distance) / 0.07))
    peer.fit(train.double().numpy(), labels.numpy())
    scores = weighted_knn(train, labels, test, k=k)
    np.testing.assert_allclose(scores.numpy(), peer.predict_proba(test.double().numpy()), atol=2e-5)
    assert (scores.argmax(1).numpy() == peer.predict(test.double().numpy())).all()


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_equals_lightly(temperature: float):
    knn_predict = pytest.importorskip("lightly.utils.benchmarking.knn").knn_predict
    (train, labels), (test, _) = vectors(900), vectors(400, seed=1)
    peer = knn_predict(F.normalize(test), F.normalize(train).T, labels, 5, knn_k=20, knn_t=temperature)
    assert (weighted_knn(train, labels, test, temperature=temperature).argmax(1) == peer[:, 0]).all()


def test_unweighted_votes_would_differ():
    train = torch.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 1.1]])
    scores = weighted_knn(train, torch.tensor([0, 1, 1]), torch.tensor([[1.0, 0.01]]), k=3)
    assert scores.argmax() == 0, "one very near neighbour outweighs two far ones"


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch):
    (train, labels), (test, _) = vectors(500), vectors(90, seed=1)
    train = torch.cat([train, train[:100]])  # exact ties across chunks
    labels = torch.cat([labels, (labels[:100] + 1) % 5])
    whole = weighted_knn(train, labels, test)
    monkeypatch.setattr(exact_search, "_QUERIES", 7)
    monkeypatch.setattr(exact_search, "_BANK", 64)
    torch.testing.assert_close(weighted_knn(train, labels, test), whole, rtol=0, atol=1e-5)


def test_the_first_of_equals_counts(monkeypatch: pytest.MonkeyPatch):
    train = torch.ones(50, 4)
    labels = torch.tensor([2] * 3 + [1] * 47)
    for bank in (1000, 7, 2):
        monkeypatch.setattr(exact_search, "_BANK", bank)
        assert weighted_knn(train, labels, torch.ones(2, 4), k=3, classes=3).tolist() == [[0, 0, 1]] * 2
        assert weighted_knn(train, labels, torch.ones(1, 4), k=6, classes=3).argmax() == 1, "class 1, before 2"


def test_fewer_vectors_than_neighbours():
    train, labels = vectors(6)
    torch.testing.assert_close(
        weighted_knn(train, labels, train, k=20, classes=5), weighted_knn(train, labels, train, k=6, classes=5)
    )


def test_low_temperature_does_not_overflow():
    train, labels = vectors(50)
    scores = weighted_knn(train, labels, train, temperature=1e-3, classes=5)
    torch.testing.assert_close(scores, F.one_hot(labels, 5).double(), atol=1e-5, rtol=0)


def test_collapsed_vectors_fall_back_on_the_order():
    scores = weighted_knn(torch.zeros(4, 3), torch.tensor([0, 1, 1, 1]), torch.zeros(1, 3), k=1)
    assert scores.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 0}, "k >= 1"),
        ({"temperature": 0.0}, "temperature > 0"),
        ({"classes": 2}, "labels in 0..1"),
        ({"train_labels": torch.tensor([0])}, "one label a training vector"),
        ({"train_labels": torch.tensor([-1, 0, 1])}, "got -1..1"),
    ],
)
def test_wrong_inputs(change: dict, message: str):
    given = {"train": torch.ones(3, 2), "train_labels": torch.tensor([0, 1, 2]), "test": torch.ones(1, 2)}
    with pytest.raises(UserError, match=message):
        weighted_knn(**{**given, **change})
