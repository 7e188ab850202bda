"""SimReg against its loss written in loops, and the wrong versions that quick ones get."""

import pytest
import torch
from oracles import distillation as oracle
from torch import nn

from selftaught.core import MultiView
from selftaught.methods import SimReg
from selftaught.objectives import cosine_distance
from selftaught.parts import FixedTeacher
from selftaught.testing import ExampleEncoder


def built(width: int = 12) -> SimReg:
    torch.manual_seed(0)
    trained = nn.Sequential(ExampleEncoder(), nn.Linear(16, width))
    return SimReg(ExampleEncoder(), teacher=FixedTeacher(trained, width)).double()


def views(n: int = 8, seed: int = 0) -> MultiView:
    return MultiView.example(n, torch.Generator().manual_seed(seed)).to(torch.device("cpu"), torch.float64)


def test_the_head_is_the_papers():
    linear = [part for part in built().predictor if isinstance(part, nn.Linear)]
    assert [(part.in_features, part.out_features) for part in linear] == [(16, 32), (32, 16), (16, 32), (32, 12)]
    kinds = [type(part).__name__ for part in built().predictor]
    assert kinds == ["Linear", "BatchNorm", "ReLU", "Linear", "Linear", "BatchNorm", "ReLU", "Linear"]
    assert linear[-1].bias is not None, "the teacher's vectors have a mean"


def expected(method: SimReg, asked: MultiView) -> float:
    first, second = asked.views
    with torch.no_grad():
        predicted, target = method.predictor(method.encoder(second)), method.teacher(first)
    return oracle.byol_one_way(predicted.tolist(), target.tolist())


@pytest.mark.parametrize("mode", [True, False])
def test_the_loss_is_the_squared_distance_of_unit_vectors(mode):
    method, asked = built().train(mode), views()
    assert method.step(asked).loss.item() == pytest.approx(expected(method, asked), abs=1e-10)


WRONG = {
    "without the head": lambda m, a, b: cosine_distance(m.encoder(b), m.teacher(a)),
    "head on the teacher": lambda m, a, b: cosine_distance(m.encoder(b), m.predictor(m.teacher(a))),
    "vectors of any length": lambda m, a, b: (m.predictor(m.encoder(b)) - m.teacher(a)).square().sum(1),
    "views exchanged": lambda m, a, b: cosine_distance(m.predictor(m.encoder(a)), m.teacher(b)),
    "teacher in training mode": lambda m, a, b: cosine_distance(
        m.predictor(m.encoder(b)), m.teacher.network.train()(a).detach()
    ),
}


def agrees(energy) -> bool:
    method, asked = built(16).eval(), views()
    try:
        found = energy(method, *asked.views).mean().item()
    finally:
        method.teacher.network.eval()
    return abs(found - expected(method, asked)) < 1e-10


def test_the_energy_is_accepted():
    assert agrees(lambda m, a, b: m.energy(MultiView(torch.arange(len(a)), (a, b))))


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_energy_is_rejected(wrong):
    assert not agrees(WRONG[wrong])


def test_no_gradient_reaches_the_teacher_and_it_learns():
    method, asked = built().train(), views(32)
    asked = MultiView(asked.index, (asked.views[0], asked.views[0]))
    optimiser = torch.optim.Adam([weight for weight in method.parameters() if weight.requires_grad], lr=0.01)
    first = method.step(asked).loss.item()
    for _ in range(100):
        optimiser.zero_grad()
        loss = method.step(asked).loss
        loss.backward()
        optimiser.step()
    assert loss.item() < first / 4
    assert all(weight.grad is None for weight in method.teacher.parameters())
    method.eval()
    found = method.step(asked).metrics["top_1_accuracy"].item()
    assert found > 4 * method.chance(asked)["top_1_accuracy"]
    assert (method.energy(asked) < method.energy(asked.mismatched()["another item"])).double().mean() > 0.8
