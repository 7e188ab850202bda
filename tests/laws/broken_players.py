"""A game of two players that keeps every law, and games that break the players' law."""

import torch
from torch import nn
from torch.nn import functional as F

from selftaught.core import ImagesWithLatents, Method, Step
from selftaught.parts import frozen


class SoundGame(Method):
    """A critic that tells images from made ones, and a maker."""

    views_type = ImagesWithLatents

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.width, 1)
        self.maker = nn.Sequential(nn.Linear(8, 3 * 16 * 16), nn.Unflatten(1, (3, 16, 16)))

    def judge(self, images):
        return self.head(self.encoder(images)).to(self.head.weight.dtype)  # wide enough for a loss under autocast

    def critic_loss(self, images, made):
        return F.softplus(-self.judge(images)).mean() + F.softplus(self.judge(made.detach())).mean()

    def maker_loss(self, made):
        return F.softplus(-frozen(self.head, frozen(self.encoder, made)).to(self.head.weight.dtype)).mean()

    def step(self, views):
        made = self.maker(views.noise(8))
        return Step({"critic": self.critic_loss(views.images, made), "maker": self.maker_loss(made)})

    def energy(self, views):
        return -self.judge(views.images).squeeze(1)

    def players(self):
        critic = [*self.encoder.parameters(), *self.head.parameters()]
        return {"critic": critic, "maker": list(self.maker.parameters())}


class MakerMovesTheCritic(SoundGame):
    def maker_loss(self, made):
        return F.softplus(-self.judge(made)).mean()


class CriticMovesTheMaker(SoundGame):
    def critic_loss(self, images, made):
        return F.softplus(-self.judge(images)).mean() + F.softplus(self.judge(made)).mean()


class MakerMovesTheCriticsHead(SoundGame):
    def maker_loss(self, made):
        return F.softplus(-self.head(frozen(self.encoder, made)).to(self.head.weight.dtype)).mean()


class LossesHaveOtherNames(SoundGame):
    def step(self, views):
        critic, maker = super().step(views).losses.values()
        return Step({"real_or_fake": critic, "maker": maker})


class OneLossForBoth(SoundGame):
    def step(self, views):
        return Step({"critic": super().step(views).loss})


class HeadOfNobody(SoundGame):
    def players(self):
        return {**super().players(), "critic": list(self.encoder.parameters())}


class HeadOfBoth(SoundGame):
    def players(self):
        return {**super().players(), "maker": [*self.maker.parameters(), *self.head.parameters()]}


class FrozenWeightOfAPlayer(SoundGame):
    def __init__(self, encoder):
        super().__init__(encoder)
        self.fixed = nn.Parameter(torch.ones(()), requires_grad=False)

    def players(self):
        return {**super().players(), "maker": [*self.maker.parameters(), self.fixed]}
