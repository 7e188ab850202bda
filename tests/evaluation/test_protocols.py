import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from selftaught.core import UserError
from selftaught.evaluation import PROTOCOLS, evaluate_vectors, fit_linear, plan_budgets, protocols
from selftaught.evaluation.budgets import plan_curve


def vectors(n: int, *, seed: int = 0, width: int = 12, classes: int = 5):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (n,), generator=generator)
    centres = torch.randn(classes, width, generator=torch.Generator().manual_seed(99))
    return centres[labels] + 1.5 * torch.randn(n, width, generator=generator), labels


def test_equals_sklearn_on_the_same_draws():
    (train, labels), (test, test_labels) = vectors(1100), vectors(500, seed=1)
    found = evaluate_vectors(train, labels, test, test_labels, seed=3)
    scaler = StandardScaler().fit(train.double().numpy())
    inputs, test_inputs = scaler.transform(train.double().numpy()), scaler.transform(test.double().numpy())
    budgets, _ = plan_budgets(labels.numpy(), seed=3)
    assert set(found.linear) == {budget.name for budget in budgets} == {"100", "1%", "10%", "all"}
    for budget in budgets:
        score = found.linear[budget.name]
        for rows, choice, accuracy in zip(budget.rows, score.inverse_penalties, score.accuracies, strict=True):
            peer = LogisticRegression(C=choice, tol=1e-9, max_iter=10_000).fit(inputs[rows], labels[rows].numpy())
            assert accuracy == pytest.approx((peer.predict(test_inputs) == test_labels.numpy()).mean(), abs=1e-12)


def test_all_labels_equal_the_public_fit():
    (train, labels), (test, test_labels) = vectors(300), vectors(200, seed=1)
    score = evaluate_vectors(train, labels, test, test_labels).linear["all"]
    probe = fit_linear(train, labels, inverse_penalty=score.inverse_penalties[0])
    assert (probe.predict(test) == score.predictions[0]).all()
    assert score.deviation is None


def test_test_labels_choose_nothing():
    (train, labels), (test, test_labels) = vectors(300), vectors(200, seed=1)
    found = evaluate_vectors(train, labels, test, test_labels)
    permuted = evaluate_vectors(train, labels, test, test_labels[torch.randperm(200)])
    for name, score in found.linear.items():
        assert permuted.linear[name].inverse_penalties == score.inverse_penalties
        assert (permuted.linear[name].predictions == score.predictions).all()
    assert (permuted.knn_predictions == found.knn_predictions).all()
    assert permuted.knn_accuracy < 0.5 < found.knn_accuracy


def test_test_items_choose_nothing():
    (train, labels), (test, test_labels) = vectors(300), vectors(200, seed=1)
    found = evaluate_vectors(train, labels, test, test_labels)
    half = evaluate_vectors(train, labels, 9 * test[:100], test_labels[:100])
    few = evaluate_vectors(train, labels, test[:100], test_labels[:100])
    for name, score in found.linear.items():
        assert half.linear[name].inverse_penalties == score.inverse_penalties
        assert (few.linear[name].predictions == score.predictions[:, :100]).all()


def test_json_has_the_promised_shape():
    (train, labels), (test, test_labels) = vectors(120), vectors(60, seed=1)
    answer = evaluate_vectors(train, labels, test, test_labels).as_json()
    assert list(answer) == ["knn", "linear"]
    assert list(answer["linear"]) == ["100", "1%", "10%", "all"]
    assert answer["linear"]["1%"] == {"mean": None, "std": None, "interval": None}
    assert answer["linear"]["all"]["std"] is None
    score = evaluate_vectors(train, labels, test, test_labels).linear["100"]
    assert answer["linear"]["100"]["mean"] == pytest.approx(np.mean(score.accuracies))
    assert answer["linear"]["100"]["std"] == pytest.approx(np.std(score.accuracies, ddof=1))


def test_draws_fitted_together_or_alone_agree(monkeypatch: pytest.MonkeyPatch):
    (train, labels), (test, test_labels) = vectors(300), vectors(200, seed=1)
    together = evaluate_vectors(train, labels, test, test_labels)
    monkeypatch.setattr(protocols, "_TOGETHER", 1)
    alone = evaluate_vectors(train, labels, test, test_labels)
    for name, score in together.linear.items():
        assert alone.linear[name].inverse_penalties == score.inverse_penalties
        assert (alone.linear[name].predictions == score.predictions).all()


def test_any_integers_are_classes():
    (train, labels), (test, test_labels) = vectors(200), vectors(100, seed=1)
    plain = evaluate_vectors(train, labels, test, test_labels)
    named = evaluate_vectors(train, 10 * labels + 7, test, 10 * test_labels + 7)
    assert named.as_json() == plain.as_json()


def test_unknown_test_classes_are_wrong():
    (train, labels), (test, test_labels) = vectors(200), vectors(100, seed=1)
    known = evaluate_vectors(train, labels, test, test_labels)
    half = torch.arange(100) < 50
    found = evaluate_vectors(train, labels, test, torch.where(half, test_labels, 17))
    right = known.knn_predictions == known.truth
    assert found.knn_accuracy == pytest.approx(float(right[:50].sum()) / 100)
    assert (found.truth[50:] == -1).all()


@pytest.mark.parametrize("n", [2, 3, 5])
def test_very_few_labels(n: int):
    train = torch.eye(n)
    found = evaluate_vectors(train, torch.arange(n) % 2, train, torch.arange(n) % 2)
    assert list(found.linear) == ["all"]
    assert found.linear["all"].mean >= (n + 1) // 2 / n, "at least the larger class"
    assert set(found.missing) == {"100", "1%", "10%"}


def test_progress_counts_every_fit():
    (train, labels), (test, test_labels) = vectors(200), vectors(100, seed=1)
    seen: list[tuple[str, int | None, int]] = []

    def track(items, what, total=None):
        items = list(items)
        seen.append((what, total, len(items)))
        return items

    evaluate_vectors(train, labels, test, test_labels, what="the pixels", track=track)
    assert [what for what, _, _ in seen] == ["finding neighbours", "fitting probes to the pixels"]
    assert all(total == count for _, total, count in seen)


def test_reduced_precision_elsewhere_does_not_reach_here():
    (train, labels), (test, test_labels) = vectors(300), vectors(200, seed=1)
    expected = evaluate_vectors(train, labels, test, test_labels)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        found = evaluate_vectors(train, labels, test, test_labels)
        assert torch.get_float32_matmul_precision() == "medium", "restored"
    finally:
        torch.set_float32_matmul_precision(before)
    assert found.as_json() == expected.as_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_labels": torch.zeros(4, dtype=torch.int64)}, "at least 2 classes"),
        ({"train_labels": torch.tensor([0, 1])}, "got 2 for 4 and 4 for 4"),
        ({"test": torch.empty(0, 4), "test_labels": torch.empty(0, dtype=torch.int64)}, "at least one of each"),
        ({"train": torch.full((4, 4), torch.nan)}, "finite training vectors, got inf or nan in 4 of 4"),
        ({"test": torch.full((4, 4), torch.inf)}, "finite test vectors"),
    ],
)
def test_wrong_inputs(change: dict, message: str):
    labels = torch.tensor([0, 1, 0, 1])
    given = {"train": torch.eye(4), "train_labels": labels, "test": torch.eye(4), "test_labels": labels}
    with pytest.raises(UserError, match=message):
        evaluate_vectors(**{**given, **change})


def test_only_what_is_asked_for_is_measured():
    (train, labels), (test, test_labels) = vectors(300), vectors(200, seed=1)
    few = evaluate_vectors(train, labels, test, test_labels, protocols=["knn"])
    assert (few.linear, few.curve, few.clusters, few.retrieval, few.missing) == ({}, {}, None, None, {})
    every = evaluate_vectors(train, labels, test, test_labels, protocols=list(PROTOCOLS))
    plain = evaluate_vectors(train, labels, test, test_labels)
    assert {name: every.as_json()[name] for name in ("knn", "linear")} == plain.as_json()
    assert list(every.as_json()) == ["knn", "linear", "label_curve", "clustering", "retrieval"]
    without = evaluate_vectors(train, labels, test, test_labels, protocols=["clustering"])
    assert without.as_json()["knn"] == {"accuracy": None, "interval": None}
    assert without.as_json()["clustering"] == every.as_json()["clustering"]


def test_the_curve_has_so_many_labels_of_every_class():
    labels = vectors(600)[1].numpy()
    budgets, missing = plan_curve(labels, seed=4)
    assert [budget.name for budget in budgets] == ["1", "5", "10", "100"]
    for budget in budgets:
        counts = [np.bincount(labels[rows], minlength=5) for rows in budget.rows.numpy()]
        assert (np.array(counts) == int(budget.name)).all()
        assert len({tuple(rows) for rows in budget.rows.tolist()}) == 5
        assert bool(budget.held_out.any()) == (budget.name != "1"), "a single label cannot be held out"
    assert not missing
    short, missing = plan_curve(np.arange(40) % 5, seed=4)
    assert [budget.name for budget in short] == ["1", "5"]
    assert set(missing) == {"10", "100"}


def test_the_curve_rises_and_equals_sklearn():
    (train, labels), (test, test_labels) = vectors(1100), vectors(500, seed=1)
    found = evaluate_vectors(train, labels, test, test_labels, seed=3, protocols=["label_curve"])
    means = [score.mean for score in found.curve.values()]
    assert means == sorted(means)
    scaler = StandardScaler().fit(train.double().numpy())
    inputs, test_inputs = scaler.transform(train.double().numpy()), scaler.transform(test.double().numpy())
    for budget in plan_curve(labels.numpy(), seed=3)[0][:3]:
        score = found.curve[budget.name]
        for rows, choice, accuracy in zip(budget.rows, score.inverse_penalties, score.accuracies, strict=True):
            peer = LogisticRegression(C=choice, tol=1e-9, max_iter=10_000).fit(inputs[rows], labels[rows].numpy())
            assert accuracy == pytest.approx((peer.predict(test_inputs) == test_labels.numpy()).mean(), abs=1e-12)


def test_every_accuracy_has_its_interval():
    (train, labels), (test, test_labels) = vectors(300), vectors(200, seed=1)
    found = evaluate_vectors(train, labels, test, test_labels, seed=2, protocols=list(PROTOCOLS))
    answer = found.as_json()
    for figure in (answer["knn"], answer["clustering"], *answer["linear"].values(), *answer["label_curve"].values()):
        mean = figure.get("accuracy", figure.get("mean"))
        if mean is None:
            assert figure["interval"] is None
            continue
        low, high = figure["interval"]
        assert low < mean < high
        width = 2 * 1.96 * (mean * (1 - mean) / 200) ** 0.5
        assert high - low < 1.2 * width, "draws share their items, and narrow it"
        if figure.get("std") is None:
            assert high - low == pytest.approx(width, rel=0.2)
    assert set(answer["retrieval"]["intervals"]) == {"recall@1", "recall@5", "recall@10", "map"}
