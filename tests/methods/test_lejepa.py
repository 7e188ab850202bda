"""LeJEPA against the paper's equations, and wrong versions that the same check rejects."""

import pytest
import torch
from descent import build, descend, views
from oracles import gaussianity as oracle

from selftaught.core import Step, UserError
from selftaught.methods import LeJEPA
from selftaught.methods.lejepa import _prediction
from selftaught.objectives import sigreg

WEIGHT = 0.3


def make(encoder, kind=LeJEPA):
    return kind(encoder, hidden_width=12, embedding_width=6, directions=5, gaussianity_weight=WEIGHT)


def embeddings(method, batch):
    return [method.projector(method.encoder(view)) for view in batch.pair()]


def gradient_of(method, loss):
    method.zero_grad()
    loss.backward()
    return torch.cat([weight.grad.flatten() for weight in method.parameters() if weight.grad is not None])


def accepts(kind):
    """Whether a short run has the paper's loss, its gradient, and other directions in every step."""
    method = build(lambda encoder: make(encoder, kind))
    seen: list[torch.Tensor] = []
    for turn in range(3):
        batch = views(seed=turn)
        a, b = embeddings(method, batch)
        columns = method.directions.columns.clone()
        if any(torch.equal(columns, earlier) for earlier in seen):
            return False
        seen.append(columns)
        step = method.step(batch)
        expected = oracle.lejepa([a.tolist(), b.tolist()], columns.tolist(), WEIGHT)
        if abs(step.loss.item() - expected) > 1e-10:
            return False
        centre = (a + b) / 2
        prediction = ((a - centre).square().mean() + (b - centre).square().mean()) / 2
        whole = (1 - WEIGHT) * prediction + WEIGHT * (sigreg(a, columns) + sigreg(b, columns)) / 2
        expected, got = gradient_of(method, whole), gradient_of(method, method.step(batch).loss)
        if got.shape != expected.shape or not torch.allclose(got, expected, rtol=1e-8, atol=1e-10):
            return False
        descend(method, step)
        method.after_step(step, progress=0.1)
    return True


class SameDirectionsInEveryStep(LeJEPA):
    def after_step(self, step, progress):
        pass


class WholeDistance(LeJEPA):
    def step(self, views):
        losses = super().step(views).losses
        return Step({"loss": 4 * losses["prediction"] + losses["sigreg"]})


class WeightsExchanged(LeJEPA):
    def step(self, views):
        losses = super().step(views).losses
        exchanged = losses["prediction"] * WEIGHT / (1 - WEIGHT) + losses["sigreg"] * (1 - WEIGHT) / WEIGHT
        return Step({"loss": exchanged})


class PredictionHasWeightOne(LeJEPA):
    def step(self, views):
        losses = super().step(views).losses
        return Step({"loss": losses["prediction"] / (1 - WEIGHT) + losses["sigreg"]})


class ViewsInOneSample(LeJEPA):
    def step(self, views):
        a, b = self._embeddings(views)
        test = sigreg(torch.cat([a, b]), self.directions.columns)
        return Step({"loss": (1 - WEIGHT) * _prediction(a, b).mean() + WEIGHT * test})


class CentresTested(LeJEPA):
    def step(self, views):
        a, b = self._embeddings(views)
        test = sigreg((a + b) / 2, self.directions.columns)
        return Step({"loss": (1 - WEIGHT) * _prediction(a, b).mean() + WEIGHT * test})


def test_it_is_accepted():
    assert accepts(LeJEPA)


@pytest.mark.parametrize(
    "wrong",
    [
        SameDirectionsInEveryStep,
        WholeDistance,
        WeightsExchanged,
        PredictionHasWeightOne,
        ViewsInOneSample,
        CentresTested,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_mean_energy_is_the_prediction():
    method, batch = build(make).eval(), views()
    prediction = method.step(batch).losses["prediction"].item()
    assert (1 - WEIGHT) * method.energy(batch).mean().item() == pytest.approx(prediction, abs=1e-12)


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_a_weight_out_of_range_is_refused(weight):
    with pytest.raises(UserError, match=rf"weight in \[0, 1\], got {weight}"):
        build(lambda encoder: LeJEPA(encoder, gaussianity_weight=weight))
