"""Barlow Twins against the paper's equations, and wrong versions that the same check rejects."""

import pytest
import torch
from descent import build, descend, views
from oracles import redundancy as oracle

from selftaught.core import Step, UserError
from selftaught.methods import BarlowTwins
from selftaught.objectives import barlow_twins
from selftaught.parts import BatchNorm

WEIGHT = 0.02


def make(encoder, kind=BarlowTwins):
    return kind(encoder, hidden_width=12, embedding_width=8, redundancy_weight=WEIGHT)


def raw(method, view):
    """The projection before the layer that standardises it."""
    return method.projector[:-1](method.encoder(view))


def gradient_of(method, loss):
    method.zero_grad()
    loss.backward()
    return torch.cat([weight.grad.flatten() for weight in method.parameters() if weight.grad is not None])


def accepts(kind):
    """Whether a short run has the paper's loss of the raw projections, and its gradient."""
    method = build(lambda encoder: make(encoder, kind))
    for turn in range(3):
        batch = views(seed=turn)
        a, b = (raw(method, view) for view in batch.pair())
        a, b = (1e3 * side for side in (a, b))  # correlation has no scale; batch norm's 1e-5, twice, is out of sight
        step = method.step(batch)
        if abs(step.loss.item() - oracle.barlow_twins(a.tolist(), b.tolist(), WEIGHT)) > 2e-3 * step.loss.item():
            return False
        expected = gradient_of(method, barlow_twins(a, b, redundancy_weight=WEIGHT))
        got = gradient_of(method, method.step(batch).loss)
        if got.shape != expected.shape or (got - expected).norm() > 5e-3 * expected.norm():
            return False
        descend(method, step)
    return True


class CovarianceInsteadOfCorrelation(BarlowTwins):
    def step(self, views):
        a, b = (raw(self, view) for view in views.pair())
        covariance = (a - a.mean(0)).T @ (b - b.mean(0)) / len(a)
        off = covariance.square().sum() - covariance.diagonal().square().sum()
        return Step({"loss": (1 - covariance.diagonal()).square().sum() + self.redundancy_weight * off})


class GradientStopsAtOneSide(BarlowTwins):
    def step(self, views):
        a, b = (self.projector(self.encoder(view)) for view in views.pair())
        return Step({"loss": barlow_twins(a, b.detach(), redundancy_weight=self.redundancy_weight)})


class OfTheEncodersVectors(BarlowTwins):
    def step(self, views):
        a, b = (self.encoder(view) for view in views.pair())
        return Step({"loss": barlow_twins(a, b, redundancy_weight=self.redundancy_weight)})


class OneViewWithItself(BarlowTwins):
    def step(self, views):
        a = self.projector(self.encoder(views.pair()[0]))
        return Step({"loss": barlow_twins(a, a, redundancy_weight=self.redundancy_weight)})


class WeightForgotten(BarlowTwins):
    def step(self, views):
        a, b = (self.projector(self.encoder(view)) for view in views.pair())
        return Step({"loss": barlow_twins(a, b, redundancy_weight=1.0)})


class NotDivided(BarlowTwins):
    def step(self, views):
        return Step({"loss": len(views) * super().step(views).loss})


def test_it_is_accepted():
    assert accepts(BarlowTwins)


@pytest.mark.parametrize(
    "wrong",
    [
        CovarianceInsteadOfCorrelation,
        GradientStopsAtOneSide,
        OfTheEncodersVectors,
        OneViewWithItself,
        WeightForgotten,
        NotDivided,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_projector_is_the_papers():
    method = build(make)
    shapes = [tuple(weight.shape) for name, weight in method.projector.named_parameters() if name.endswith("weight")]
    assert shapes == [(12, 16), (12,), (12, 12), (12,), (8, 12)]
    assert isinstance(method.projector[-1], BatchNorm)
    assert method.projector[-1].weight is None


def test_the_mean_energy_is_how_far_the_diagonal_is_from_one():
    method, batch = build(make), views()
    a, b = (method.projector(method.encoder(view)) for view in batch.pair())  # both standardised by their own batch
    expected = sum(1 - oracle.correlation(a.tolist(), b.tolist(), i, i) for i in range(8)) / 8
    assert method.energy(batch).mean().item() == pytest.approx(expected, abs=1e-3)


def test_a_negative_weight_is_refused():
    with pytest.raises(UserError, match="weight of at least 0, got -1"):
        build(lambda encoder: BarlowTwins(encoder, redundancy_weight=-1.0))
