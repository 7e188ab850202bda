"""Methods that break one law each: of order, state, precision, views, energy, groups and processes."""

import torch
from sound_method import Sound, plus
from torch.nn import functional as F

from selftaught.core import MultiView, ParameterGroup, Step, gather
from selftaught.objectives import cosine_distance, nt_xent

# item order, reload, storage, precision


class WeighsByPosition(Sound):
    def step(self, views):
        distance = F.mse_loss(*(self.embed(view) for view in views.pair()), reduction="none").mean(1)
        return plus(super().step(views), (distance * torch.arange(len(distance))).sum())


class PairsTheNextItem(Sound):
    def step(self, views):
        first, second = views.pair()
        return plus(super().step(views), nt_xent(self.embed(first), self.embed(second.roll(1, 0)), temperature=0.5))


class KeepsStateInAnAttribute(Sound):
    weight = 1.0

    def step(self, views):
        first, second = views.pair()
        return plus(super().step(views), self.weight * F.mse_loss(self.embed(first), self.embed(second)))

    def after_step(self, step, progress):
        super().after_step(step, progress)
        self.weight *= 0.5


class KeepsAQueueOutOfTheState(Sound):
    def __init__(self, encoder):
        super().__init__(encoder)
        rows = self.queue.rows
        del self.queue.rows
        self.queue.register_buffer("rows", rows, persistent=False)


class Note:
    pass


class PicklesObjects(Sound):
    def get_extra_state(self):
        return Note()

    def set_extra_state(self, state):
        pass


class RegistersTwice(Sound):
    def __init__(self, encoder):
        super().__init__(encoder)
        self.backbone = self.encoder


class NeedsFloat32(Sound):
    def embed(self, items):
        return super().embed(items) @ torch.eye(4)


class NarrowsTheLoss(Sound):
    def step(self, views):
        first, second = (self.embed(view).float() for view in views.pair())
        return Step({"nt_xent": nt_xent(first, second, temperature=0.5)}, {"key": self.teacher(views.pair()[1])})


class StaysInBfloat16(Sound):
    def step(self, views):
        first, second = (self.embed(view) for view in views.pair())
        return plus(super().step(views), (first * second).sum() / first.numel())


class Overflows(Sound):
    def step(self, views):
        a, b = (F.normalize(self.embed(view), dim=-1) for view in views.pair())
        return plus(super().step(views), (a @ b.T / 0.005).exp().sum().log() * 1e-6)


# views, energy, groups


class TakesAnyViews(Sound):
    def step(self, views):
        return super().step(MultiView(views.index, (views.views[0], views.views[-1])))


class IndexesViews(Sound):
    def energy(self, views):
        return super().energy(MultiView(views.index, (views.views[0], views.views[1])))


class AveragesEnergy(Sound):
    def energy(self, views):
        return super().energy(views).mean()


class CentresEnergy(Sound):
    def energy(self, views):
        energy = super().energy(views)
        return energy - energy.mean()


class EnqueuesInEnergy(Sound):
    def energy(self, views):
        self.queue.push(self.teacher(views.pair()[1]))
        return super().energy(views)


class TrainsInEnergy(Sound):
    def energy(self, views):
        energy = super().energy(views)
        self.train()
        return energy


class FeelsOneViewOnly(Sound):
    def energy(self, views):
        embedding = self.embed(views.pair()[0])
        return cosine_distance(embedding, torch.ones_like(embedding))


class ForgetsAGroup(Sound):
    def parameter_groups(self):
        return [ParameterGroup("encoder", list(self.encoder.parameters()))]


class GroupsTwice(Sound):
    def parameter_groups(self):
        return [*super().parameter_groups(), ParameterGroup("head", list(self.projector.parameters()))]


class GroupsTheTeacher(Sound):
    def parameter_groups(self):
        return [ParameterGroup("all", list(self.parameters()))]


# processes


class SeesItsOwnProcessOnly(Sound):
    def step(self, views):
        first, second = views.pair()
        a, b = F.normalize(self.embed(first), dim=-1), F.normalize(self.embed(second), dim=-1)
        return plus(super().step(views), F.cross_entropy(a @ b.T, torch.arange(len(a))))


class GathersWithoutGradient(Sound):
    def step(self, views):
        first, second = views.pair()
        a, b = F.normalize(self.embed(first), dim=-1), F.normalize(self.embed(second), dim=-1)
        everyone = gather(b.detach())
        own = (everyone @ b.T).argmax(0)
        everyone = everyone.clone()
        everyone[own] = b  # the usual repair: gradient for this process's own rows
        return plus(super().step(views), F.cross_entropy(a @ everyone.T, own))


class EnqueuesItsOwnKeysOnly(Sound):
    def after_step(self, step, progress):
        self.teacher.follow(self.encoder, self.projector)
        key = F.normalize(step.remember["key"], dim=-1)
        self.queue.rows.copy_(torch.cat([key, self.queue.rows])[: len(self.queue.rows)])
