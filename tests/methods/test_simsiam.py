"""SimSiam against the paper's equations, through the driver, and wrong versions that the same check rejects."""

from pathlib import Path

import numpy as np
import pytest
import torch
from descent import build, descend, views
from oracles import distillation as oracle

from selftaught.core import Step
from selftaught.data import open_images
from selftaught.encoders import SmallResNet
from selftaught.methods import SimSiam
from selftaught.objectives import negative_cosine
from selftaught.parts import BatchNorm
from selftaught.training import TrainingSettings, load_checkpoint, train
from selftaught.training.checkpoint import checkpoint_path
from selftaught.views import TwoViews

SIZES = {"hidden_width": 12, "embedding_width": 8, "predictor_width": 4}


def make(encoder, kind=SimSiam):
    return kind(encoder, **SIZES)


def gradient_of(method, loss):
    method.zero_grad()
    loss.backward()
    return torch.cat([weight.grad.flatten() for weight in method.parameters() if weight.grad is not None])


def accepts(kind):
    """Whether a whole short run has the paper's loss, and its gradient, which stops at the target."""
    method = build(lambda encoder: make(encoder, kind))
    for turn in range(4):
        batch = views(seed=turn)
        z1, z2 = (method.projector(method.encoder(view)) for view in batch.pair())
        p1, p2 = method.predictor(z1), method.predictor(z2)
        step = method.step(batch)
        if abs(step.loss.item() - oracle.simsiam(p1.tolist(), z2.tolist(), p2.tolist(), z1.tolist())) > 1e-10:
            return False
        still = [z.detach().clone() for z in (z1, z2)]
        expected = gradient_of(method, (negative_cosine(p1, still[1]) + negative_cosine(p2, still[0])).mean() / 2)
        got = gradient_of(method, method.step(batch).loss)
        if got.shape != expected.shape or not torch.allclose(got, expected, rtol=1e-8, atol=1e-12):
            return False
        descend(method, step)
    return True


def halves(one, other):
    return Step({"negative_cosine": (one.mean() + other.mean()) / 2})


class GradientThroughTheTarget(SimSiam):
    def step(self, views):
        a, b = (self.projector(self.encoder(view)) for view in views.pair())
        return halves(negative_cosine(self.predictor(a), b), negative_cosine(self.predictor(b), a))


class GradientStopsAtThePredictor(SimSiam):
    def step(self, views):
        a, b = (self.projector(self.encoder(view)) for view in views.pair())
        one = negative_cosine(self.predictor(a).detach(), b)
        return halves(one, negative_cosine(self.predictor(b).detach(), a))


class PredictorOnTheTarget(SimSiam):
    def step(self, views):
        a, b = (self.predictor(self.projector(self.encoder(view))) for view in views.pair())
        return halves(negative_cosine(a, b.detach()), negative_cosine(b, a.detach()))


class NoPredictor(SimSiam):
    def step(self, views):
        a, b = (self.projector(self.encoder(view)) for view in views.pair())
        return halves(negative_cosine(a, b.detach()), negative_cosine(b, a.detach()))


class OneDirectionOnly(SimSiam):
    def step(self, views):
        (prediction, target), _ = self._predictions_and_targets(views)
        return Step({"negative_cosine": negative_cosine(prediction, target).mean()})


class SameViewAsTarget(SimSiam):
    def step(self, views):
        (p1, z2), (p2, z1) = self._predictions_and_targets(views)
        return halves(negative_cosine(p1, z1), negative_cosine(p2, z2))


class SumOfBothDirections(SimSiam):
    def step(self, views):
        return Step({"negative_cosine": 2 * super().step(views).loss})


class DotProduct(SimSiam):
    def step(self, views):
        (p1, z2), (p2, z1) = self._predictions_and_targets(views)
        return halves(-(p1 * z2).sum(1), -(p2 * z1).sum(1))


def test_it_is_accepted():
    assert accepts(SimSiam)


@pytest.mark.parametrize(
    "wrong",
    [
        GradientThroughTheTarget,
        GradientStopsAtThePredictor,
        PredictorOnTheTarget,
        NoPredictor,
        OneDirectionOnly,
        SameViewAsTarget,
        SumOfBothDirections,
        DotProduct,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_projector_and_predictor_are_the_papers():
    method = build(make)
    shapes = [tuple(weight.shape) for name, weight in method.named_parameters() if name.endswith("weight")]
    assert shapes[-8:] == [(12, 16), (12,), (12, 12), (12,), (8, 12), (4, 8), (4,), (8, 4)]
    *_, last = method.projector
    assert isinstance(last, BatchNorm)
    assert last.weight is None, "the projector's last batch norm has neither scale nor shift"
    assert last.bias is None
    assert method.predictor[-1].bias is not None, "no batch norm behind the predictor's output takes a bias away"


def test_what_is_predicted_is_centred_and_of_unit_variance():
    method = build(make)
    embeddings = method.projector(method.encoder(views().pair()[0]))
    torch.testing.assert_close(embeddings.mean(0), torch.zeros(8, dtype=torch.float64), rtol=0, atol=1e-12)
    torch.testing.assert_close(embeddings.var(0, unbiased=False), torch.ones(8, dtype=torch.float64), rtol=0.05, atol=0)


def test_the_energy_is_the_loss_of_each_item():
    method = build(make).eval()
    assert method.energy(views()).mean().item() == pytest.approx(method.step(views()).loss.item(), abs=1e-12)


def last_rates(method, folder: Path) -> list[tuple[int, float]]:
    """How many numbers each of the optimiser's groups holds, and its learning rate in the last step of a real run."""
    images = open_images(np.random.default_rng(0).integers(0, 256, (48, 1, 8, 8), dtype=np.uint8)).train
    settings = TrainingSettings(
        epochs=2, batch_size=16, optimiser="sgd", learning_rate=0.05, precision="float32", device="cpu", log_every=1
    )
    train(method, images, TwoViews(image_size=8, channels=1), settings, folder=folder)
    state = load_checkpoint(checkpoint_path(folder)).optimiser
    weights = [weight for group in method.parameter_groups() for weight in group.parameters]
    return [(len(group["params"]), group["lr"]) for group in state["param_groups"] if weights]


def test_the_driver_keeps_the_predictors_rate_and_lowers_the_others(tmp_path: Path):
    torch.manual_seed(0)
    method = SimSiam(SmallResNet(channels=1, image_size=8), **SIZES)
    rates = last_rates(method, tmp_path)
    predictor = len(list(method.predictor.parameters()))
    assert sum(count for count, rate in rates if rate == 0.05) == predictor
    assert all(rate < 0.01 for count, rate in rates[:-2])  # the last of six steps of a cosine


def test_without_groups_of_its_own_the_predictors_rate_falls_too(tmp_path: Path):
    class DecayedPredictor(SimSiam):
        def parameter_groups(self):
            return super(SimSiam, self).parameter_groups()

    torch.manual_seed(0)
    rates = last_rates(DecayedPredictor(SmallResNet(channels=1, image_size=8), **SIZES), tmp_path)
    assert all(rate < 0.01 for _, rate in rates)
