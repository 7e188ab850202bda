"""The teacher is the moving average of its students."""

import pytest
import torch
from oracles.distillation import moving_average
from torch import nn

from selftaught.parts import Teacher


def networks():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).double(), nn.Linear(4, 2).double()


def flat(module):
    return torch.cat([weight.detach().flatten() for weight in module.parameters()]).tolist()


def move(*modules):
    with torch.no_grad():
        for module in modules:
            for weight in module.parameters():
                weight += torch.randn(weight.shape, dtype=weight.dtype)


def test_it_starts_equal_and_apart():
    body, head = networks()
    teacher = Teacher(body, head, momentum=0.9)
    rows = torch.randn(5, 3, dtype=torch.float64)
    assert torch.equal(teacher(rows), head(body(rows)))
    move(body, head)
    assert not torch.allclose(teacher(rows), head(body(rows)))


def test_it_follows_as_the_paper_says():
    body, head = networks()
    teacher = Teacher(body, head, momentum=0.9)
    expected = flat(teacher)
    for momentum in (None, 0.5, 0.996):
        move(body, head)
        student = flat(body) + flat(head)
        teacher.follow(body, head, momentum=momentum)
        expected = moving_average(expected, student, 0.9 if momentum is None else momentum)
        assert flat(teacher) == pytest.approx(expected, abs=1e-14)
        assert flat(body) + flat(head) == student


@pytest.mark.parametrize(("momentum", "who"), [(1.0, "teacher"), (0.0, "student")])
def test_the_ends_of_the_momentum(momentum, who):
    body, head = networks()
    teacher = Teacher(body, head, momentum=momentum)
    before = flat(teacher)
    move(body, head)
    teacher.follow(body, head)
    assert flat(teacher) == pytest.approx(before if who == "teacher" else flat(body) + flat(head), abs=1e-15)


def test_it_gives_and_takes_no_gradient():
    body, head = networks()
    teacher = Teacher(body, head, momentum=0.9)
    rows = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    assert not teacher(rows).requires_grad
    assert not any(weight.requires_grad for weight in teacher.parameters())
    assert all(weight.requires_grad for weight in body.parameters())
    move(body)
    teacher.follow(body, head)
    assert not any(weight.requires_grad for weight in teacher.parameters())


def test_its_batch_norm_sees_its_own_batches_in_train_mode():
    body, head = networks()
    teacher = Teacher(body, head, momentum=0.9)
    rows = torch.randn(64, 3, dtype=torch.float64) + 2
    teacher(rows)
    teacher.follow(body, head)
    seen = teacher.network[0][0](rows).mean(0)
    torch.testing.assert_close(teacher.network[0][1].running_mean, 0.1 * seen)
    assert body[1].running_mean.eq(0).all()


def test_a_checkpoint_holds_it():
    body, head = networks()
    teacher = Teacher(body, head, momentum=0.9)
    move(body, head)
    other = Teacher(body, head, momentum=0.9)
    other.load_state_dict(teacher.state_dict())
    assert flat(other) == flat(teacher)
