import numpy as np
import pytest
import torch
from oracles import evaluation_oracle as oracle
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from selftaught.core import UserError
from selftaught.evaluation import INVERSE_PENALTIES, fit_linear, rotation
from selftaught.evaluation.linear import choose_inverse_penalty
from selftaught.evaluation.rotation import ItemSets


def digits():
    images, labels = load_digits(return_X_y=True)
    train, test = torch.from_numpy(images[:1200]).float(), torch.from_numpy(images[1200:]).float()
    return train, torch.from_numpy(labels[:1200]), test, torch.from_numpy(labels[1200:])


def peer_fit(train: torch.Tensor, labels: torch.Tensor, inverse_penalty: float):
    scaler = StandardScaler().fit(train.double().numpy())
    peer = LogisticRegression(C=inverse_penalty, tol=1e-10, max_iter=20_000)
    return scaler, peer.fit(scaler.transform(train.double().numpy()), labels.numpy())


def loss(vectors: np.ndarray, labels: torch.Tensor, weights, bias, inverse_penalty: float) -> float:
    return oracle.penalised_cross_entropy(
        vectors.tolist(), labels.tolist(), np.asarray(weights).tolist(), np.asarray(bias).tolist(), inverse_penalty
    )


@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize("inverse_penalty", [1e-3, 0.1, 10.0])
@pytest.mark.parametrize("n", [40, 300])  # fewer and more items than the 64 pixels
def test_equals_sklearn(n: int, inverse_penalty: float, double: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rotation, "_LARGEST_DOUBLE", 2**20 if double else 0)
    train, labels, test, test_labels = digits()
    train, labels = train[:n], labels[:n]
    probe = fit_linear(train, labels, inverse_penalty=inverse_penalty, tolerance=1e-9 if double else 1e-6)
    scaler, peer = peer_fit(train, labels, inverse_penalty)
    inputs = scaler.transform(train.double().numpy())
    ours = loss(inputs, labels, probe.weights.T, probe.bias, inverse_penalty)
    theirs = loss(inputs, labels, peer.coef_, peer.intercept_, inverse_penalty)
    assert abs(ours / theirs - 1) < 1e-6
    assert ours < loss(inputs, labels, peer.coef_ * 1.01, peer.intercept_, inverse_penalty)
    np.testing.assert_allclose(probe.weights.T, peer.coef_, atol=3e-3 if not double else 1e-4)
    theirs_right = (peer.predict(scaler.transform(test.double().numpy())) == test_labels.numpy()).sum()
    assert int((probe.predict(test) == test_labels).sum()) == theirs_right
    assert probe.converged


def test_penalising_the_intercept_would_differ():
    train, labels = torch.tensor([[0.1], [-0.1], [0.0], [0.2]]), torch.tensor([0, 0, 0, 1])
    probe = fit_linear(train, labels, inverse_penalty=1e-6)
    chances = probe.logits(train).softmax(1)
    torch.testing.assert_close(chances, torch.tensor([[0.75, 0.25]]).double().expand(4, 2), atol=1e-4, rtol=0)


def test_units_of_the_features_do_not_matter():
    train, labels, test, _ = digits()
    factors, shifts = torch.logspace(-2, 2, 64), torch.linspace(-5, 5, 64)
    plain = fit_linear(train[:300], labels[:300], inverse_penalty=0.1).logits(test)
    changed = fit_linear(train[:300] * factors + shifts, labels[:300], inverse_penalty=0.1)
    torch.testing.assert_close(changed.logits(test * factors + shifts), plain, atol=1e-3, rtol=1e-3)


def test_constant_features_are_ignored():
    train, labels, _, _ = digits()
    more = torch.cat([train, torch.full((len(train), 2), 7.0)], 1)
    plain = fit_linear(train[:200], labels[:200], tolerance=1e-9)
    wider = fit_linear(more[:200], labels[:200], tolerance=1e-9)
    torch.testing.assert_close(wider.weights[:64], plain.weights, atol=1e-5, rtol=1e-4)
    assert (wider.weights[64:] == 0).all()


def test_choice_is_the_likeliest_of_a_plain_search():
    """scikit-learn, fold by fold over the whole grid, finds the same penalty."""
    train, labels, _, _ = digits()
    labels = labels[:100]
    train = train[:100] + 12 * torch.randn(100, 64, generator=torch.Generator().manual_seed(0))
    standardised = torch.from_numpy(StandardScaler().fit_transform(train.double().numpy()))
    fold = torch.arange(100) % 5
    held_out = fold == torch.arange(5)[:, None]
    choice, _ = choose_inverse_penalty(
        ItemSets.of(standardised, torch.arange(100)[None]), labels[None], held_out[None], classes=10
    )
    nats = []
    for inverse_penalty in INVERSE_PENALTIES:
        total = 0.0
        for held in held_out:
            peer = LogisticRegression(C=inverse_penalty, tol=1e-8, max_iter=5000)
            peer.fit(standardised[~held].numpy(), labels[~held].numpy())
            chances = peer.predict_proba(standardised[held].numpy())
            total -= np.log(chances[range(20), labels[held].numpy()]).sum()
        nats.append(total)
    assert choice.item() == INVERSE_PENALTIES[int(np.argmin(nats))]
    assert 0 < int(np.argmin(nats)) < len(INVERSE_PENALTIES) - 1, "the grid holds the minimum inside"


def test_nothing_held_out_gives_the_fixed_choice():
    sets = ItemSets.of(torch.eye(3, dtype=torch.float64), torch.arange(3)[None])
    held_out = torch.zeros(1, 5, 3, dtype=torch.bool)
    choice, start = choose_inverse_penalty(sets, torch.arange(3)[None], held_out, classes=3)
    assert choice.tolist() == [0.01]
    assert not start.any()


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        ([0, 1, 1], {}, "one label a vector"),
        ([0, 0, 0, 0], {}, "every class of at least 2"),
        ([0, 2, 2, 0], {}, r"got \[0, 2\]"),
        ([0, 1, 1, 0], {"classes": 3}, r"0\.\.2"),
        ([0, 1, 1, 0], {"inverse_penalty": 0.0}, "inverse_penalty > 0"),
    ],
)
def test_wrong_inputs(labels: list[int], options: dict, message: str):
    with pytest.raises(UserError, match=message):
        fit_linear(torch.randn(4, 2), torch.tensor(labels), **options)
