import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score, mean_absolute_error, r2_score
from sklearn.preprocessing import StandardScaler

from selftaught.core import UserError
from selftaught.evaluation import probe_labels, probe_numbers, regression
from selftaught.evaluation.intervals import resamples
from selftaught.evaluation.regression import average_precisions


def numbers(n: int, *, seed: int, width: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(n, width, generator=generator, dtype=torch.float64) * torch.arange(1, width + 1) + 3
    return vectors, vectors[:, 0] * 5 - vectors[:, 1] + 40 + 2 * torch.randn(n, generator=generator)


@pytest.mark.parametrize(("n", "width"), [(80, 6), (20, 30)])
def test_numbers_equal_sklearn_and_reject_wrong_variants(n: int, width: int):
    (train, y), (test, truth) = numbers(n, seed=0, width=width), numbers(60, seed=1, width=width)
    found = probe_numbers(train, y, test, truth)
    scaler = StandardScaler().fit(train)

    def predicted(penalty: float, *, scaled: bool = True, intercept: bool = True) -> np.ndarray:
        inputs, test_inputs = (scaler.transform(each) if scaled else each.numpy() for each in (train, test))
        return Ridge(alpha=penalty, fit_intercept=intercept).fit(inputs, y).predict(test_inputs)

    expected = predicted(found.penalty)
    assert found.explained == pytest.approx(r2_score(truth, expected), rel=1e-8)
    assert found.error == pytest.approx(mean_absolute_error(truth, expected), rel=1e-8)
    low, high = found.interval
    assert low < found.error < high
    counts = torch.cat(list(resamples(60))).numpy()
    for row in range(0, 2000, 200):
        value = r2_score(truth, expected, sample_weight=counts[row])
        assert found.resampled[row].item() == pytest.approx(value, rel=1e-8)
    low, high = found.as_json()["r2_interval"]
    assert low < found.explained < high
    wrong = {
        "no intercept": predicted(found.penalty, intercept=False),
        "another penalty": predicted(found.penalty * 30),
    }
    for name, other in wrong.items():
        assert mean_absolute_error(truth, other) != pytest.approx(found.error, rel=1e-6), name


def test_the_penalty_is_chosen_without_the_test_items():
    (train, y), (test, truth) = numbers(80, seed=0), numbers(60, seed=1)
    found = probe_numbers(train, y, test, truth)
    assert probe_numbers(train, y, 9 * test, -truth).penalty == found.penalty
    order = torch.randperm(80, generator=torch.Generator().manual_seed(0))
    held, seen = order[:16], order[16:]
    scaler = StandardScaler().fit(train)
    inputs = scaler.transform(train)
    errors = [
        np.square(Ridge(alpha=penalty).fit(inputs[seen], y[seen]).predict(inputs[held]) - y[held].numpy()).mean()
        for penalty in regression.PENALTIES
    ]
    assert found.penalty == regression.PENALTIES[int(np.argmin(errors))]


def test_numbers_nothing_explains():
    train, _ = numbers(50, seed=0)
    assert probe_numbers(train, torch.full((50,), 3.0), train, torch.full((50,), 3.0)).as_json()["r2"] == 0.0
    noise = torch.randn(50, generator=torch.Generator().manual_seed(5))
    assert probe_numbers(train, noise, train + 1, noise.roll(7)).explained < 0.2


@pytest.mark.parametrize(
    ("change", "message"),
    [({"numbers": torch.zeros(3)}, "got 3 for 50"), ({"test_numbers": torch.full((50,), torch.nan)}, "finite numbers")],
)
def test_wrong_numbers(change: dict, message: str):
    train, y = numbers(50, seed=0)
    given = {"train": train, "numbers": y, "test": train, "test_numbers": y, **change}
    with pytest.raises(UserError, match=message):
        probe_numbers(**given)


def labels(n: int, *, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(n, 5, generator=generator, dtype=torch.float64)
    noisy = vectors + 0.8 * torch.randn(n, 5, generator=generator)
    return vectors, noisy[:, :3] > torch.tensor([0.0, 0.7, -0.5])


def test_labels_equal_sklearn():
    (train, has), (test, truth) = labels(300, seed=0), labels(200, seed=1)
    found = probe_labels(train, has, test, truth, ("sky", "sea", "sand"))
    scaler = StandardScaler().fit(train)
    for place, (name, choice) in enumerate(found.inverse_penalties.items()):
        # Softmax of two classes shares the weight between them, so that its penalty counts half.
        peer = LogisticRegression(C=2 * choice, tol=1e-9, max_iter=10_000).fit(scaler.transform(train), has[:, place])
        expected = average_precision_score(truth[:, place], peer.decision_function(scaler.transform(test)))
        assert found.precision[name] == pytest.approx(expected, abs=1e-6)
    assert found.mean == pytest.approx(sum(found.precision.values()) / 3)
    assert found.mean > truth.double().mean() + 0.2


def test_the_precision_of_counted_items_equals_sklearn():
    generator = torch.Generator().manual_seed(2)
    scores = torch.randint(6, (50,), generator=generator).double()  # many are equally sure
    truth = torch.rand(50, generator=generator) < 0.3
    counts = torch.cat(list(resamples(50, seed=1)))[:20]
    counts[0, truth] = 0
    found = average_precisions(scores, truth, counts)
    assert found[0].isnan()
    for row in range(1, 20):
        expected = average_precision_score(truth, scores, sample_weight=counts[row])
        assert found[row].item() == pytest.approx(expected, rel=1e-6)
    surely = average_precisions(scores, truth, torch.ones(1, 50))
    assert surely.item() == pytest.approx(average_precision_score(truth, scores), rel=1e-6)


def test_the_interval_of_the_mean_is_of_the_labels_that_a_resample_holds():
    (train, has), (test, truth) = labels(300, seed=0), labels(40, seed=1)
    truth[:, 2] = False
    truth[0, 2] = True  # a third of the resamples lack the one item
    found = probe_labels(train, has, test, truth, ("sky", "sea", "sand"))
    counts = torch.cat(list(resamples(40)))
    lacking = int((counts[:, 0] == 0).nonzero()[0])
    expected = []
    for place, (_, choice) in enumerate(list(found.inverse_penalties.items())[:2]):
        scaler = StandardScaler().fit(train)
        peer = LogisticRegression(C=2 * choice, tol=1e-9, max_iter=10_000).fit(scaler.transform(train), has[:, place])
        scores = peer.decision_function(scaler.transform(test))
        expected.append(average_precision_score(truth[:, place], scores, sample_weight=counts[lacking]))
    assert found.resampled[lacking].item() == pytest.approx(np.mean(expected), abs=1e-6)
    low, high = found.as_json()["map_interval"]
    assert low < found.mean < high


def test_labels_that_say_nothing_are_passed_over():
    (train, has), (test, truth) = labels(60, seed=0), labels(40, seed=1)
    has[:, 0], truth[:, 1] = True, False
    found = probe_labels(train, has, test, truth, ("a", "b", "c"))
    assert list(found.as_json()["average_precision"]) == ["c"]
    has[:, 2] = False
    found = probe_labels(train, has, test, truth, ("a", "b", "c")).as_json()
    assert found == {"map": None, "map_interval": None, "average_precision": {}}
    with pytest.raises(UserError, match="a row of 2 labels"):
        probe_labels(train, has, test, truth, ("a", "b"))
