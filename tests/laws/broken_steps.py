"""Methods that break one law each: of `step`, `after_step` and gradients."""

import torch
from sound_method import Sound, plus
from torch import nn

from selftaught.core import Step
from selftaught.objectives import cosine_distance, info_nce, nt_xent

# step is pure


class EnqueuesInStep(Sound):
    def step(self, views):
        step = super().step(views)
        self.queue.push(step.remember["key"])
        return step


class DrawsInStep(Sound):
    def step(self, views):
        return super().step(views.map(lambda view: view + torch.rand(()) if view.is_floating_point() else view))


class CountsCalls(Sound):
    calls = 0

    def step(self, views):
        self.calls += 1
        return plus(super().step(views), torch.tensor(0.1 * self.calls, dtype=views.views[0].dtype))


class WritesIntoViews(Sound):
    def step(self, views):
        views.pair()[0].mul_(2)
        return super().step(views)


class RemembersGraph(Sound):
    def step(self, views):
        return Step(super().step(views).losses, remember={"key": self.embed(views.pair()[0])})


class SwitchesMode(Sound):
    def step(self, views):
        self.teacher.eval()
        return super().step(views)


# after_step moves teachers and queues and nothing else


class DecaysWeights(Sound):
    def after_step(self, step, progress):
        super().after_step(step, progress)
        with torch.no_grad():
            self.projector[0].weight *= 0.99


class AveragesItsOwnStatistics(Sound):
    def after_step(self, step, progress):
        super().after_step(step, progress)
        self.encoder.network[1].running_mean *= 0.5


class ForgetsTheTeacher(Sound):
    def after_step(self, step, progress):
        self.queue.push(step.remember["key"])


class ForgetsTheTeachersHead(Sound):
    def after_step(self, step, progress):
        with torch.no_grad():
            for mine, its in zip(self.teacher.network[0].parameters(), self.encoder.parameters(), strict=True):
                mine.lerp_(its, 0.1)
        self.queue.push(step.remember["key"])


class TrainsTheTeacher(Sound):
    def __init__(self, encoder):
        super().__init__(encoder)
        self.teacher.requires_grad_(True)

    def step(self, views):
        key = self.teacher.network(views.pair()[1])
        return plus(super().step(views), info_nce(key, key.detach(), self.queue.rows, temperature=0.5))


class MovesNothing(Sound):
    def __init__(self, encoder):
        super().__init__(encoder)
        self.teacher = nn.Identity()

    def step(self, views):
        first, second = views.pair()
        return Step({"nt_xent": nt_xent(self.embed(first), self.embed(second), temperature=0.5)})

    def after_step(self, step, progress):
        pass

    def energy(self, views):
        first, second = views.pair()
        return cosine_distance(self.embed(first), self.embed(second))


# gradients


class CutsTheEncoderOff(Sound):
    def embed(self, items):
        return self.projector(self.encoder(items).detach())


class HoldsASpareLayer(Sound):
    def __init__(self, encoder):
        super().__init__(encoder)
        self.spare = nn.Linear(2, 2)


class MultipliesByZero(HoldsASpareLayer):
    def step(self, views):
        return plus(super().step(views), 0 * (self.spare.weight.sum() + self.spare.bias.sum()))


class ForgetsToFreeze(Sound):
    def __init__(self, encoder):
        super().__init__(encoder)
        self.teacher.requires_grad_(True)
