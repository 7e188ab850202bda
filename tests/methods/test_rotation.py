"""Rotation against the paper's loss over all four turns, and wrong versions that the check rejects."""

import math

import pytest
import torch
from descent import build, descend
from oracles import answers as oracle
from torch.nn import functional as F

from selftaught.core import Step, TurnedImages
from selftaught.methods import Rotation
from selftaught.objectives import answer_surprise


def views(count=6, seed=0):
    example = TurnedImages.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def accepts(kind):
    """Whether three steps have the paper's loss over all copies of the batch, and energies are each image's own."""
    method = build(kind)
    for turn in range(3):
        asked = views(seed=turn)
        vectors = method.encoder(torch.cat(list(asked.images)))  # all four copies of an image behind each other
        scores = F.linear(vectors, method.classifier.weight, method.classifier.bias).tolist()
        said = [turns for item in asked.turns.tolist() for turns in item]
        costs = [oracle.surprise(row, right) for row, right in zip(scores, said, strict=True)]
        hits = [oracle.credit(row, right) for row, right in zip(scores, said, strict=True)]
        step = method.step(asked)
        if abs(step.loss.item() - oracle.mean(costs)) > 1e-10:
            return False
        if abs(step.metrics["accuracy"].item() - oracle.mean(hits)) > 1e-10:
            return False
        each = torch.tensor([oracle.mean(costs[place : place + 4]) for place in range(0, len(costs), 4)])
        if (method.energy(asked) - each).abs().max() > 1e-6:
            return False
        descend(method, step)
    return True


class OneRotationAnImage(Rotation):
    def step(self, asked):
        chosen = asked.index % 4
        rows = torch.arange(len(asked))
        scores, said = self.classifier(self.encoder(asked.images[rows, chosen])), asked.turns[rows, chosen]
        return Step({"turn": answer_surprise(scores, said).mean()}, metrics={"accuracy": torch.tensor(0.25)})


class ATurnAtATime(Rotation):
    """The four turns in four batches, of which each batch norm sees one."""

    def _scores(self, asked):
        each = [self.classifier(self.encoder(asked.images[:, place])) for place in range(4)]
        return torch.stack(each, 1).flatten(0, 1)


class TurnsOfAnotherImage(Rotation):
    def _scores(self, asked):
        return super()._scores(asked).roll(1, 0)


class SumOverTurns(Rotation):
    def step(self, asked):
        step = super().step(asked)
        return Step({"turn": 4 * step.losses["turn"]}, metrics=step.metrics)


class EnergyOfTheUprightAlone(Rotation):
    def energy(self, asked):
        return answer_surprise(self._scores(asked), asked.turns.flatten()).view(-1, 4)[:, 0]


def test_it_is_accepted():
    assert accepts(Rotation)


@pytest.mark.parametrize(
    "wrong", [OneRotationAnImage, ATurnAtATime, TurnsOfAnotherImage, SumOverTurns, EnergyOfTheUprightAlone]
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_equal_scores_are_chance():
    method = build(Rotation).eval()
    for weight in method.classifier.parameters():
        torch.nn.init.zeros_(weight)
    step = method.step(views())
    found = {name: value.item() for name, value in {**step.losses, **step.metrics}.items()}
    assert found == pytest.approx(method.chance(views()))
    assert method.chance(views()) == {"accuracy": 0.25, "turn": math.log(4)}


def test_a_wrong_turn_has_a_higher_energy_once_turns_are_known():
    """Images that are bright at the top have an upright."""
    method = build(Rotation)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(80, 3, 16, 16, generator=generator, dtype=torch.float64)
    upright = noise + torch.linspace(2, -2, 16, dtype=torch.float64)[:, None]
    optimiser = torch.optim.Adam(method.parameters(), lr=0.01)
    for turn in range(60):
        rows = torch.arange(16) + turn % 4 * 16
        optimiser.zero_grad()
        method.step(TurnedImages.of(rows, upright[rows])).loss.backward()
        optimiser.step()
    held_out = TurnedImages.of(torch.arange(64, 80), upright[64:])
    method.eval()
    assert method.step(held_out).metrics["accuracy"] > 0.9
    for other in held_out.mismatched().values():
        assert (method.energy(other) > method.energy(held_out)).all()
