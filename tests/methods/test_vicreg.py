"""VICReg against the paper's equations, and wrong versions that the same check rejects."""

import pytest
import torch
from descent import build, descend, views
from oracles import redundancy as oracle
from torch.nn import functional as F

from selftaught.core import Step, UserError
from selftaught.methods import VICReg
from selftaught.objectives import covariance_penalty, mean_squared_distance, variance_hinge

WEIGHTS = {"invariance_weight": 5.0, "variance_weight": 3.0, "covariance_weight": 2.0}


def make(encoder, kind=VICReg):
    return kind(encoder, hidden_width=12, embedding_width=8, **WEIGHTS)


def vicreg(a, b):
    variance, covariance = variance_hinge(a) + variance_hinge(b), covariance_penalty(a) + covariance_penalty(b)
    return 5 * mean_squared_distance(a, b).mean() + 3 * variance + 2 * covariance


def gradient_of(method, loss):
    method.zero_grad()
    loss.backward()
    return torch.cat([weight.grad.flatten() for weight in method.parameters() if weight.grad is not None])


def accepts(kind):
    """Whether a short run has the paper's loss, and its gradient."""
    method = build(lambda encoder: make(encoder, kind))
    for turn in range(3):
        batch = views(seed=turn)
        a, b = (method.projector(method.encoder(view)) for view in batch.pair())
        step = method.step(batch)
        if abs(step.loss.item() - oracle.vicreg(a.tolist(), b.tolist(), (5, 3, 2))) > 1e-10:
            return False
        expected = gradient_of(method, vicreg(a, b))
        got = gradient_of(method, method.step(batch).loss)
        if got.shape != expected.shape or not torch.allclose(got, expected, rtol=1e-8, atol=1e-10):
            return False
        descend(method, step)
    return True


class Normalised(VICReg):
    def _embeddings(self, views):
        a, b = super()._embeddings(views)
        return F.normalize(a), F.normalize(b)


class GradientStopsAtOneSide(VICReg):
    def _embeddings(self, views):
        a, b = super()._embeddings(views)
        return a, b.detach()


class OneViewRegularised(VICReg):
    def step(self, views):
        a, b = self._embeddings(views)
        return Step(
            {"loss": 5 * mean_squared_distance(a, b).mean() + 6 * variance_hinge(a) + 4 * covariance_penalty(a)}
        )


class ViewsInOneBatch(VICReg):
    def step(self, views):
        a, b = self._embeddings(views)
        both = torch.cat([a, b])
        rest = 6 * variance_hinge(both) + 4 * covariance_penalty(both)
        return Step({"loss": 5 * mean_squared_distance(a, b).mean() + rest})


class SumOverFeatures(VICReg):
    def step(self, views):
        losses = dict(super().step(views).losses)
        return Step(losses | {"invariance": 8 * losses["invariance"]})


class HalfTheVariance(VICReg):
    def step(self, views):
        losses = dict(super().step(views).losses)
        return Step(losses | {"variance": losses["variance"] / 2})


class NoCovariance(VICReg):
    def step(self, views):
        losses = dict(super().step(views).losses)
        return Step({name: loss for name, loss in losses.items() if name != "covariance"})


class WeightsExchanged(VICReg):
    def step(self, views):
        losses = super().step(views).losses
        return Step({"loss": losses["invariance"] * 3 / 5 + losses["variance"] * 5 / 3 + losses["covariance"]})


def test_it_is_accepted():
    assert accepts(VICReg)


@pytest.mark.parametrize(
    "wrong",
    [
        Normalised,
        GradientStopsAtOneSide,
        OneViewRegularised,
        ViewsInOneBatch,
        SumOverFeatures,
        HalfTheVariance,
        NoCovariance,
        WeightsExchanged,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_projector_is_the_papers():
    shapes = [tuple(weight.shape) for weight in build(make).projector.parameters() if weight.dim() == 2]
    assert shapes == [(12, 16), (12, 12), (8, 12)]


def test_the_mean_energy_is_the_invariance():
    method, batch = build(make).eval(), views()
    invariance = method.step(batch).losses["invariance"].item()
    assert 5 * method.energy(batch).mean().item() == pytest.approx(invariance, abs=1e-12)


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_negative_weight_is_refused(name):
    with pytest.raises(UserError, match=f"{name}: expected at least 0, got -1"):
        build(lambda encoder: VICReg(encoder, **{name: -1.0}))
