"""SwAV against the paper's equations over a short run with a queue, and wrong versions that the same check rejects."""

import math

import pytest
import torch
from crops import crops, gradient_of, mean_over_pairs
from descent import build, descend
from oracles import prototypes as oracle
from torch.nn import functional as F

from selftaught.core import MultiCrop, Step, UserError
from selftaught.methods import SwAV
from selftaught.objectives import cross_crop_entropy
from selftaught.testing import check_method

STEPS, TEMPERATURE, EPSILON, QUEUE, FROZEN, QUEUED_FROM = 6, 0.2, 0.1, 20, 0.2, 0.5
WIDTHS = {"hidden_width": 12, "embedding_width": 6, "prototypes": 5}


def make(encoder, kind=SwAV):
    return kind(
        encoder,
        **WIDTHS,
        temperature=TEMPERATURE,
        epsilon=EPSILON,
        freeze_prototypes=FROZEN,
        queue=QUEUE,
        queue_start=QUEUED_FROM,
    )


def embeddings_of(method, views):
    vectors = torch.cat([method.encoder(torch.cat(views.large)), method.encoder(torch.cat(views.small))])
    return method.projector(vectors).view(4, len(views), -1)


def accepts(kind):
    """Whether a short run has the paper's loss and gradient: codes of the large crops, shared out beside a queue."""
    method = build(lambda encoder: make(encoder, kind))
    queues = [[], []]
    for turn in range(STEPS):
        batch, progress = crops(seed=turn), turn / STEPS
        embeddings = embeddings_of(method, batch)
        weight = method.prototypes.weight
        scores = [oracle.cosines(crop.tolist(), weight.tolist()) for crop in embeddings]
        codes = []
        for place in range(2):
            used = queues[place] if progress >= QUEUED_FROM and len(queues[place]) == QUEUE else []
            past = oracle.cosines(used, weight.tolist()) if used else []
            codes.append(oracle.sinkhorn(scores[place] + past, EPSILON, 3)[: len(batch)])
        step = method.step(batch)
        if abs(step.loss.item() - oracle.swapped(scores, codes, TEMPERATURE)) > 1e-10:
            return False
        directions = F.normalize(weight.detach() if progress < FROZEN else weight, dim=1)
        cosines = F.normalize(embeddings, dim=-1) @ directions.T
        targets = torch.tensor(codes, dtype=torch.float64)
        expected = gradient_of(method, mean_over_pairs(cosines, targets, TEMPERATURE))
        step = method.step(batch)
        if not torch.allclose(gradient_of(method, step.loss), expected, rtol=1e-7, atol=1e-10):
            return False
        descend(method, method.step(batch))
        method.after_step(step, progress=(turn + 1) / STEPS)
        queues = [(old + new.tolist())[-QUEUE:] for old, new in zip(queues, embeddings[:2].detach(), strict=True)]
    return True


class SoftmaxTargets(SwAV):
    def step(self, views):
        _, scores = self._embed(views)
        targets = (scores[:2].detach() / self.codes.epsilon).softmax(-1)
        return Step({"x": cross_crop_entropy(scores, targets, temperature=self.temperature).mean()}, self._large(views))

    def _large(self, views):
        return {"large": self._embed(views)[0][:2].detach()}


class PrototypesNotNormalised(SwAV):
    def _embed(self, views):
        embeddings, _ = super()._embed(views)
        return embeddings, F.normalize(embeddings, dim=-1) @ self.prototypes.weight.T


class CodesNotSwapped(SwAV):
    def step(self, views):
        step, (_, scores) = super().step(views), self._embed(views)
        codes = self.codes(scores[:2].detach(), self.prototypes)
        own = -(codes * (scores[:2] / self.temperature).log_softmax(-1)).sum(-1).mean()
        return Step({"x": own}, step.remember)


class CodesOfBothCropsTogether(SwAV):
    def step(self, views):
        step, (_, scores) = super().step(views), self._embed(views)
        together = self.codes._share_out(scores[:2].detach().flatten(0, 1)).view_as(scores[:2])
        return Step({"x": cross_crop_entropy(scores, together, temperature=self.temperature).mean()}, step.remember)


class SmallCropsLeftOut(SwAV):
    def step(self, views):
        return super().step(MultiCrop(views.index, views.large))


class CodesOfAllCrops(SwAV):
    def step(self, views):
        step, (_, scores) = super().step(views), self._embed(views)
        codes = torch.stack([self.codes._share_out(each.detach()) for each in scores])
        return Step({"x": cross_crop_entropy(scores, codes, temperature=self.temperature).mean()}, step.remember)


class PrototypesNeverFrozen(SwAV):
    def __init__(self, encoder, *, freeze_prototypes, **options):
        super().__init__(encoder, freeze_prototypes=0.0, **options)


class PrototypesFrozenForGood(SwAV):
    def after_step(self, step, progress):
        super().after_step(step, 0.0)


class NoQueue(SwAV):
    def __init__(self, encoder, *, queue, **options):
        super().__init__(encoder, queue=None, **options)


class QueueFromTheFirstStep(SwAV):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.codes.queued.fill_(10**6)
        self.codes.queue_start = 0.0


class QueueOfTheOtherCrop(SwAV):
    def after_step(self, step, progress):
        super().after_step(Step(step.losses, {"large": step.remember["large"].flip(0)}), progress)


def test_it_is_accepted():
    assert accepts(SwAV)


@pytest.mark.parametrize(
    "wrong",
    [
        SoftmaxTargets,
        PrototypesNotNormalised,
        CodesNotSwapped,
        CodesOfBothCropsTogether,
        SmallCropsLeftOut,
        CodesOfAllCrops,
        PrototypesNeverFrozen,
        PrototypesFrozenForGood,
        NoQueue,
        QueueFromTheFirstStep,
        QueueOfTheOtherCrop,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def make_with_queue(encoder):
    return SwAV(encoder, **WIDTHS, queue=16, queue_start=0.0)


def test_a_queue_keeps_the_laws_too():
    """In several processes it is shared out once, not once by every process."""
    check_method(make_with_queue)


def test_without_small_crops_two_views_are_swapped():
    method, views = build(lambda encoder: SwAV(encoder, **WIDTHS)), crops()
    pair = MultiCrop(views.index, views.large)
    vectors = method.projector(method.encoder(torch.cat(pair.large))).view(2, len(pair), -1)
    scores = [oracle.cosines(crop.tolist(), method.prototypes.weight.tolist()) for crop in vectors]
    codes = [oracle.sinkhorn(each, 0.05, 3) for each in scores]
    assert method.step(pair).loss.item() == pytest.approx(oracle.swapped(scores, codes, 0.1), abs=1e-10)


def test_the_energy_is_the_swapped_cross_entropy_of_an_item_s_own_codes():
    method, views = build(lambda encoder: SwAV(encoder, **WIDTHS)).eval(), crops()
    with torch.no_grad():
        energy = method.energy(views)
        vectors = [method.projector(method.encoder(crop)) for crop in views.large]
    scores = [oracle.cosines(crop.tolist(), method.prototypes.weight.tolist()) for crop in vectors]
    for item, found in enumerate(energy.tolist()):
        own = [[each[item]] for each in scores]
        codes = [[oracle.softmax(row, 0.05) for row in crop] for crop in own]
        assert found == pytest.approx(oracle.swapped(own, codes, 0.1), abs=1e-10)


def test_collapse_costs_log_k():
    """Items that are all the same are shared out evenly, and a prediction that fits them all is log k, no less."""
    method = build(lambda encoder: SwAV(encoder, **WIDTHS))
    method.projector.forward = lambda vectors: torch.ones(len(vectors), 6, dtype=torch.float64)
    assert method.step(crops()).loss.item() >= math.log(5) - 1e-12


def test_a_guess_scores_chance():
    method, views = build(lambda encoder: SwAV(encoder, **WIDTHS)).eval(), crops()
    torch.nn.init.ones_(method.prototypes.weight)
    method.projector.forward = lambda vectors: torch.ones(len(vectors), 6, dtype=torch.float64)
    with torch.no_grad():
        step = method.step(views)
    found = {name: float(value) for name, value in {**step.losses, **step.metrics}.items()}
    assert found.pop("clusters_in_use") == pytest.approx(1 / 5)
    assert (
        found
        == pytest.approx(method.chance(views), abs=1e-12)
        == {
            "swapped_prediction": math.log(5),
            "top_1_accuracy": 1 / 15,
        }
    )


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_large_crops_is_refused(count):
    method = build(lambda encoder: SwAV(encoder, **WIDTHS))
    wrong = MultiCrop(torch.arange(4), (torch.zeros(4, 3, 16, 16, dtype=torch.float64),) * count)
    for ask in (method.step, method.energy):
        with pytest.raises(UserError, match=f"expected exactly 2 large crops of every item, got {count}"):
            ask(wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": 0.0}, "expected a temperature above 0, got 0.0"),
        ({"epsilon": 0.0}, "expected an epsilon above 0"),
        ({"sinkhorn_iterations": 0}, "at least 1 Sinkhorn iteration"),
        ({"queue_start": 1.5}, r"a queue_start in \[0, 1\]"),
        ({"queue": 0}, "expected a queue of at least 1 row, got 0"),
        ({"prototypes": 1}, "expected at least 2 prototypes"),
        ({"freeze_prototypes": 1.0}, r"frozen for a share of the run in \[0, 1\)"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, message):
    with pytest.raises(UserError, match=message):
        build(lambda encoder: SwAV(encoder, **wrong))
