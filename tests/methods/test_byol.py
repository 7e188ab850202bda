"""BYOL against the paper's equations, and wrong versions that the same check rejects."""

import pytest
import torch
from descent import build, descend, flat, views
from oracles import distillation as oracle

from selftaught.core import Step, UserError
from selftaught.methods import BYOL
from selftaught.objectives import cosine_distance

STEPS, START = 5, 0.9


def make(encoder, kind=BYOL):
    return kind(encoder, hidden_width=12, embedding_width=6, teacher_momentum=START)


def gradient_of(method, loss):
    method.zero_grad()
    loss.backward()
    return torch.cat([weight.grad.flatten() for weight in method.parameters() if weight.grad is not None])


def accepts(kind):
    """Whether a whole short run has the paper's loss, gradient and teacher."""
    method = build(lambda encoder: make(encoder, kind))
    for turn in range(1, STEPS + 1):
        batch = views(seed=turn)
        predictions = [method.predictor(method.projector(method.encoder(view))) for view in batch.pair()]
        targets = [method.teacher(view) for view in batch.pair()]
        step = method.step(batch)
        (q1, q2), (z1, z2) = ([vectors.tolist() for vectors in side] for side in (predictions, targets))
        if abs(step.loss.item() - oracle.byol(q1, z2, q2, z1)) > 1e-10:
            return False
        there = cosine_distance(predictions[0], targets[1].detach()).mean()
        back = cosine_distance(predictions[1], targets[0].detach()).mean()
        expected = gradient_of(method, there + back)
        got = gradient_of(method, method.step(batch).loss)
        if got.shape != expected.shape or not torch.allclose(got, expected, rtol=1e-8, atol=1e-10):
            return False
        descend(method, step)
        before, student = flat(method.teacher).tolist(), flat(method.encoder, method.projector).tolist()
        method.after_step(step, progress=turn / STEPS)
        momentum = oracle.momentum_at(START, turn, STEPS)
        expected = torch.tensor(oracle.moving_average(before, student, momentum), dtype=torch.float64)
        if not torch.allclose(flat(method.teacher), expected, rtol=0, atol=1e-12):
            return False
    return True


class PredictorOnTheTeacher(BYOL):
    def step(self, views):
        first, second = views.pair()
        one = cosine_distance(self._predict(first), self.predictor(self.teacher(second)).detach()).mean()
        other = cosine_distance(self._predict(second), self.predictor(self.teacher(first)).detach()).mean()
        return Step({"cosine_distance": one + other})


class NoPredictor(BYOL):
    def _predict(self, items):
        return self.projector(self.encoder(items))


class OneDirectionOnly(BYOL):
    def step(self, views):
        first, second = views.pair()
        return Step({"cosine_distance": 2 * cosine_distance(self._predict(first), self.teacher(second)).mean()})


class HalfTheLoss(BYOL):
    def step(self, views):
        return Step({"cosine_distance": super().step(views).loss / 2})


class SameViewAsTarget(BYOL):
    def step(self, views):
        losses = [cosine_distance(self._predict(view), self.teacher(view)).mean() for view in views.pair()]
        return Step({"cosine_distance": losses[0] + losses[1]})


class GradientThroughTheTarget(BYOL):
    def step(self, views):
        first, second = (self._predict(view) for view in views.pair())
        targets = [self.projector(self.encoder(view)) for view in views.pair()]
        targets = [
            target + (self.teacher(view) - target).detach() for target, view in zip(targets, views.pair(), strict=True)
        ]
        one, other = cosine_distance(first, targets[1]).mean(), cosine_distance(second, targets[0]).mean()
        return Step({"cosine_distance": one + other})


class ConstantMomentum(BYOL):
    def momentum(self, progress):
        return self.teacher.momentum


class LinearMomentum(BYOL):
    def momentum(self, progress):
        return self.teacher.momentum + (1 - self.teacher.momentum) * progress


class TeacherInEvalMode(BYOL):
    def step(self, views):
        self.teacher.eval()
        return super().step(views)


def test_it_is_accepted():
    assert accepts(BYOL)


@pytest.mark.parametrize(
    "wrong",
    [
        PredictorOnTheTeacher,
        NoPredictor,
        OneDirectionOnly,
        HalfTheLoss,
        SameViewAsTarget,
        GradientThroughTheTarget,
        ConstantMomentum,
        LinearMomentum,
        TeacherInEvalMode,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_teacher_normalises_by_its_own_batches():
    method = build(make)
    batch = views()
    by_batch = method.step(batch).loss
    method.teacher.eval()
    assert abs(method.step(batch).loss - by_batch) > 1e-3


def test_the_teacher_has_no_predictor():
    method = build(make)
    assert flat(method.teacher).shape == flat(method.encoder, method.projector).shape


def test_the_momentum_rises_from_its_start_to_one():
    method = build(make)
    momenta = [method.momentum(progress / 10) for progress in range(11)]
    assert momenta == pytest.approx([oracle.momentum_at(START, k, 10) for k in range(11)], abs=1e-15)
    assert (momenta[0], momenta[-1]) == (START, 1.0)


def test_the_energy_is_the_loss_of_each_item():
    method = build(make).eval()
    assert method.energy(views()).mean().item() == pytest.approx(method.step(views()).loss.item(), abs=1e-12)


@pytest.mark.parametrize("momentum", [-0.1, 1.1])
def test_a_momentum_out_of_range_is_refused(momentum):
    with pytest.raises(UserError, match=rf"momentum in \[0, 1\], got {momentum}"):
        build(lambda encoder: BYOL(encoder, teacher_momentum=momentum))
