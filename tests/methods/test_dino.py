"""DINO against the paper's algorithm over a short run, and wrong versions that the same check rejects."""

import math

import pytest
import torch
from crops import crops, gradient_of, mean_over_pairs
from descent import build, descend, flat
from oracles import prototypes as oracle
from oracles.distillation import momentum_at, moving_average
from torch.nn import functional as F

from selftaught.core import MultiCrop, Step, UserError
from selftaught.methods import DINO
from selftaught.objectives import cross_crop_entropy
from selftaught.parts import BatchNorm

STEPS, START, TEMPERATURE, FROZEN = 5, 0.9, 0.2, 0.2
FIRST, LAST, WARMUP = 0.04, 0.1, 0.6
WIDTHS = {"hidden_width": 12, "bottleneck_width": 6, "outputs": 5}


def make(encoder, kind=DINO):
    return kind(
        encoder,
        **WIDTHS,
        temperature=TEMPERATURE,
        teacher_temperature=(FIRST, LAST),
        teacher_temperature_warmup=WARMUP,
        teacher_momentum=START,
        freeze_last_layer=FROZEN,
    )


def outputs_of(encoder, projector, weight, groups, items):
    """Cosines of the head's embeddings with every direction, crop by crop."""
    embeddings = projector(torch.cat([encoder(torch.cat(group)) for group in groups if group]))
    return (F.normalize(embeddings, dim=-1) @ F.normalize(weight, dim=1).T).view(-1, items, len(weight))


def accepts(kind):
    """Whether a whole short run has the paper's loss, gradient, teacher and centre."""
    method = build(lambda encoder: make(encoder, kind))
    centre = [0.0] * 5
    for turn in range(STEPS):
        batch, progress = crops(seed=turn), turn / STEPS
        weight = method.last_layer.weight
        weight = weight.detach() if progress < FROZEN else weight
        scores = outputs_of(method.encoder, method.projector, weight, (batch.large, batch.small), len(batch))
        encoder, projector, last_layer = method.teacher.network
        taught = outputs_of(encoder, projector, last_layer.weight, (batch.large,), len(batch)).detach().tolist()
        sharpness = oracle.temperature_at(FIRST, LAST, WARMUP, progress)
        targets = [oracle.sharpened(crop, centre, sharpness) for crop in taught]
        step = method.step(batch)
        if abs(step.loss.item() - oracle.swapped(scores.tolist(), targets, TEMPERATURE)) > 1e-10:
            return False
        constant = torch.tensor(targets, dtype=torch.float64)
        expected = gradient_of(method, mean_over_pairs(scores, constant, TEMPERATURE))
        if not torch.allclose(gradient_of(method, method.step(batch).loss), expected, rtol=1e-7, atol=1e-10):
            return False
        step = method.step(batch)
        descend(method, step)
        before = flat(method.teacher).tolist()
        student = flat(method.encoder, method.projector, method.last_layer).tolist()
        method.after_step(step, progress=(turn + 1) / STEPS)
        moved = moving_average(before, student, momentum_at(START, turn + 1, STEPS))
        if not torch.allclose(flat(method.teacher), torch.tensor(moved, dtype=torch.float64), rtol=0, atol=1e-12):
            return False
        centre = oracle.moved_centre(centre, taught, 0.9)
        if not torch.allclose(method.targets.centre, torch.tensor(centre, dtype=torch.float64), rtol=0, atol=1e-12):
            return False
    return True


class CentreMissing(DINO):
    def _ask(self, views):
        scores, taught, _ = super()._ask(views)
        centre = self.targets.centre.clone()
        self.targets.centre.zero_()
        targets = self.targets(taught, self.last_layer.progress)
        self.targets.centre.copy_(centre)
        return scores, taught, targets


class CentreUpdatedBeforeUse(DINO):
    def _ask(self, views):
        scores, taught, _ = super()._ask(views)
        centre = self.targets.centre.clone()
        self.targets.follow(taught.mean((0, 1)))
        targets = self.targets(taught, self.last_layer.progress)
        self.targets.centre.copy_(centre)
        return scores, taught, targets


class CentreOfTheTargets(DINO):
    def step(self, views):
        _, _, targets = self._ask(views)
        return Step(super().step(views).losses, {"mean": targets.mean((0, 1))})


class CentreOfOneCrop(DINO):
    def step(self, views):
        _, taught, _ = self._ask(views)
        return Step(super().step(views).losses, {"mean": taught[0].mean(0)})


class SameCropPairsIncluded(DINO):
    def step(self, views):
        step, (scores, _, targets) = super().step(views), self._ask(views)
        logs = (scores / self.temperature).log_softmax(-1)
        pairs = [-(target * log).sum(-1).mean() for target in targets for log in logs]
        return Step({"x": torch.stack(pairs).mean()}, step.remember)


class TeacherSeesSmallCrops(DINO):
    def step(self, views):
        step, (scores, _, _) = super().step(views), self._ask(views)
        taught = torch.stack([self.teacher(crop) for crop in views.views])
        targets = self.targets(taught, self.last_layer.progress)
        return Step({"x": cross_crop_entropy(scores, targets, temperature=self.temperature).mean()}, step.remember)


class GradientThroughTheTeacher(DINO):
    """The targets' values are right; they carry the student's gradient."""

    def step(self, views):
        step, (scores, _, targets) = super().step(views), self._ask(views)
        own = (scores[:2] / self.targets.temperature[1]).softmax(-1)
        targets = own + (targets - own).detach()
        return Step({"x": cross_crop_entropy(scores, targets, temperature=self.temperature).mean()}, step.remember)


class NotSharpened(DINO):
    def __init__(self, encoder, *, teacher_temperature, temperature, **options):
        super().__init__(encoder, teacher_temperature=(temperature,) * 2, temperature=temperature, **options)


class NoWarmUp(DINO):
    def __init__(self, encoder, *, teacher_temperature_warmup, **options):
        super().__init__(encoder, teacher_temperature_warmup=0.0, **options)


class LastLayerNotNormalised(DINO):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.last_layer.forward = lambda embeddings: F.normalize(embeddings, dim=-1) @ self.last_layer.weight.T


class LastLayerNeverFrozen(DINO):
    def __init__(self, encoder, *, freeze_last_layer, **options):
        super().__init__(encoder, freeze_last_layer=0.0, **options)


class TeacherStaysWhereItWas(DINO):
    def momentum(self, progress):
        return 1.0


class ConstantMomentum(DINO):
    def momentum(self, progress):
        return self.teacher.momentum


def test_it_is_accepted():
    assert accepts(DINO)


@pytest.mark.parametrize(
    "wrong",
    [
        CentreMissing,
        CentreUpdatedBeforeUse,
        CentreOfTheTargets,
        CentreOfOneCrop,
        SameCropPairsIncluded,
        TeacherSeesSmallCrops,
        GradientThroughTheTeacher,
        NotSharpened,
        NoWarmUp,
        LastLayerNotNormalised,
        LastLayerNeverFrozen,
        TeacherStaysWhereItWas,
        ConstantMomentum,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_energy_is_the_loss_of_each_item_s_large_crops():
    method, views = build(make).eval(), crops()
    pair = MultiCrop(views.index, views.large)
    assert method.energy(views).mean().item() == pytest.approx(method.step(pair).loss.item(), abs=1e-12)
    assert torch.equal(method.energy(views), method.energy(pair))


def test_the_entropy_of_targets_tells_both_collapses():
    """Uniform targets, and the same output for everything."""
    method, views = build(make).eval(), crops()
    method.teacher.forward = lambda items: torch.zeros(len(items), 5, dtype=torch.float64)
    assert method.step(views).metrics["target_entropy_nats"].item() == pytest.approx(math.log(5), abs=1e-12)
    method.targets.centre.copy_(torch.tensor([0.0, 9.0, 9.0, 9.0, 9.0]))
    assert method.step(views).metrics["target_entropy_nats"].item() == pytest.approx(0, abs=1e-12)


def test_a_guess_scores_chance():
    method, views = build(make).eval(), crops()
    torch.nn.init.ones_(method.last_layer.weight)
    method.teacher.forward = lambda items: torch.ones(len(items), 5, dtype=torch.float64)
    with torch.no_grad():
        step = method.step(views)
    found = {name: float({**step.losses, **step.metrics}[name]) for name in method.chance(views)}
    assert (
        found
        == pytest.approx(method.chance(views), abs=1e-9)
        == {
            "cross_entropy": math.log(5),
            "top_1_accuracy": 1 / 8,
        }
    )


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_large_crops_is_refused(count):
    wrong = MultiCrop(torch.arange(4), (torch.zeros(4, 3, 16, 16, dtype=torch.float64),) * count)
    method = build(make)
    for ask in (method.step, method.energy):
        with pytest.raises(UserError, match=f"expected exactly 2 large crops of every item, got {count}"):
            ask(wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": 0.0}, "expected a temperature above 0, got 0.0"),
        ({"teacher_temperature": (0.0, 0.1)}, "expected a teacher's temperatures above 0"),
        ({"teacher_temperature_warmup": 1.5}, r"their warm-up and the centre's momentum in \[0, 1\]"),
        ({"teacher_momentum": 1.1}, r"expected a teacher momentum in \[0, 1\]"),
        ({"freeze_last_layer": 1.0}, r"frozen for a share of the run in \[0, 1\)"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, message):
    with pytest.raises(UserError, match=message):
        build(lambda encoder: DINO(encoder, **{"outputs": 5, **wrong}))


def test_norms_in_the_head_stand_before_every_activation_where_they_are_asked_for():
    for asked, expected in ((False, 0), (True, 2)):
        head = build(lambda encoder, asked=asked: DINO(encoder, **WIDTHS, head_norm=asked)).projector
        norms = [place for place, part in enumerate(head) if isinstance(part, BatchNorm)]
        assert len(norms) == expected
        assert all(isinstance(head[place + 1], torch.nn.GELU) for place in norms)
        assert isinstance(head[-1], torch.nn.Linear)
        assert head[-1].out_features == WIDTHS["bottleneck_width"]
