import pytest
import torch
import torch.nn.functional as F
from oracles import evaluation_oracle as oracle
from sklearn.metrics import average_precision_score

from selftaught.core import UserError
from selftaught.evaluation import retrieval, retrieve


def items(n: int, *, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(4, (n,), generator=generator)
    return torch.eye(6, dtype=torch.float64)[labels] + torch.randn(n, 6, generator=generator).double(), labels


@pytest.mark.parametrize("together", [1, 2**23])
def test_equals_plain_loops_and_sklearn(together: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retrieval, "_TOGETHER", together)
    (train, labels), (test, test_labels) = items(60, seed=0), items(20, seed=1)
    found = retrieve(train, labels, test, test_labels)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(0))
    near = F.normalize(test[order]) @ F.normalize(train).T
    same = labels == test_labels[order, None]
    for row, precision in enumerate(found.precision.tolist()):
        expected = oracle.average_precision(near[row].tolist(), same[row].tolist())
        assert precision == pytest.approx(expected, rel=1e-10)
        assert precision == pytest.approx(average_precision_score(same[row], near[row]), rel=1e-10)
    for k in (1, 5, 10):
        top = near.topk(k).indices
        assert found.as_json()[f"recall@{k}"] == pytest.approx(float(same.gather(1, top).any(1).double().mean()))
    wrong = {
        "distances, not similarities": average_precision_score(same[0], -near[0]),
        "precision at k, not averaged": float(same[0].gather(0, near[0].topk(10).indices).double().mean()),
        "without unit length": average_precision_score(same[0], test[order[0]] @ train.T),
    }
    for name, value in wrong.items():
        assert value != pytest.approx(float(found.precision[0]), rel=1e-3), name


def test_ties_bring_no_luck():
    """Sorted by class as data sets are: a collapsed encoder gets the share of the class for every query."""
    labels = torch.arange(40) // 10
    found = retrieve(torch.ones(40, 3), labels, torch.ones(4, 3), torch.arange(4))
    torch.testing.assert_close(found.precision, torch.full((4,), 0.25, dtype=torch.float64))


def test_a_class_that_nobody_has():
    train, labels = items(30, seed=0)
    found = retrieve(train, labels, train[:5], torch.full((5,), 9))
    assert found.as_json() == {"recall@1": 0.0, "recall@5": 0.0, "recall@10": 0.0, "map": 0.0, "queries": 5}


def test_many_queries_are_sampled(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retrieval, "_MOST_QUERIES", 7)
    train, labels = items(30, seed=0)
    assert retrieve(train, labels, train, labels).as_json()["queries"] == 7
    assert retrieve(train, labels, train, labels).as_json()["recall@1"] == 1


def test_sizes_must_agree():
    with pytest.raises(UserError, match="got 2 for 3 and 3 for 3"):
        retrieve(torch.eye(3), torch.tensor([0, 1]), torch.eye(3), torch.arange(3))
