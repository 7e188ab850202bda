"""SimCLRv2's distillation against loops written from the paper, and the wrong versions that quick ones get."""

from typing import final

import pytest
import torch
from oracles import distillation as oracle
from torch import nn
from torch.nn import functional as F

from selftaught.core import Encoder, MultiView, UserError
from selftaught.methods import Distillation
from selftaught.parts import FixedTeacher
from selftaught.testing import ExampleEncoder

CLASSES, N = 5, 8


@final
class Pixels(Encoder):
    """The mean of each channel: three features."""

    width = 3

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        return items.mean((2, 3)) * self.scale


def teacher(seed: int = 0) -> FixedTeacher:
    torch.manual_seed(seed)
    head = nn.Linear(16, CLASSES)
    nn.init.normal_(head.weight, std=3.0)
    return FixedTeacher(nn.Sequential(ExampleEncoder(), head), CLASSES, classes=tuple("abcde"))


def built(labels=None, **settings) -> Distillation:
    torch.manual_seed(1)
    return Distillation(Pixels(), teacher=teacher(), labels=labels, **settings).double()


def views(n: int = N, seed: int = 0) -> MultiView:
    return MultiView.example(n, torch.Generator().manual_seed(seed)).to(torch.device("cpu"), torch.float64)


def answers(method, asked):
    with torch.no_grad():
        return method.teacher(asked.views[0]), method.classifier(method.encoder(asked.views[1]))


def expected(method, asked, temperature, labels=None, alpha=1.0):
    said, logits = answers(method, asked)
    return oracle.distillation_with_labels(
        logits.tolist(), said.tolist(), [None] * len(asked) if labels is None else labels, temperature, alpha
    )


@pytest.mark.parametrize("temperature", [0.1, 1.0, 4.0])
def test_the_loss_is_equation_2(temperature):
    method, asked = built(temperature=temperature), views()
    assert method.step(asked).loss.item() == pytest.approx(expected(method, asked, temperature), abs=1e-10)
    assert set(method.step(asked).losses) == {"soft_labels"}
    torch.testing.assert_close(method.energy(asked).mean(), method.step(asked).loss)


def test_true_labels_are_mixed_in_by_equation_3():
    labels = torch.full((40,), -1)
    labels[[11, 13, 30]] = torch.tensor([2, 0, 4])
    method = built(labels, temperature=2.0, true_label_weight=0.3)
    asked = views()
    asked = MultiView(torch.tensor([11, 12, 13, 14, 15, 30, 31, 32]), asked.views)  # rows of the data, not places
    known = [2, None, 0, None, None, 4, None, None]
    found = method.step(asked)
    assert found.loss.item() == pytest.approx(expected(method, asked, 2.0, known, 0.7), abs=1e-10)
    assert set(found.losses) == {"soft_labels", "true_labels"}


def test_labels_are_no_part_of_the_method():
    """A run is asked about held-out items after training, whose rows mean others."""
    method = built(torch.zeros(40, dtype=torch.int64), true_label_weight=0.5)
    assert "labels" not in method.state_dict()
    plain = built()
    plain.load_state_dict(method.state_dict())
    assert set(plain.step(views()).losses) == {"soft_labels"}


def soft(student, said, temperature):
    return -(F.softmax(said / temperature, 1) * F.log_softmax(student / temperature, 1)).sum(1)


WRONG = {
    "hard labels": lambda s, t, T: F.cross_entropy(s / T, t.argmax(1), reduction="none"),
    "temperature on the teacher only": lambda s, t, T: -(F.softmax(t / T, 1) * F.log_softmax(s, 1)).sum(1),
    "temperature on the student only": lambda s, t, T: -(F.softmax(t, 1) * F.log_softmax(s / T, 1)).sum(1),
    "temperature multiplied": lambda s, t, T: soft(s, t, 1 / T),
    "times the temperature squared": lambda s, t, T: T**2 * soft(s, t, T),
    "Kullback-Leibler": lambda s, t, T: F.kl_div(
        F.log_softmax(s / T, 1), F.log_softmax(t / T, 1), reduction="none", log_target=True
    ).sum(1),
    "student and teacher exchanged": lambda s, t, T: soft(t, s, T),
    "mean over classes": lambda s, t, T: soft(s, t, T) / s.shape[1],
    "logits compared": lambda s, t, T: (s - t).square().mean(1) / T,
    "no stop-gradient": lambda s, t, T: soft(s, t, T),
}


def accepts(objective) -> bool:
    """Value of every item, gradient of the student, and none of the teacher."""
    method, asked = built(), views()
    said, logits = answers(method, asked)
    said, logits = said.requires_grad_(), logits.requires_grad_()
    found = objective(logits, said, 2.0)
    rows = zip(logits.tolist(), said.tolist(), strict=True)
    right = torch.tensor([oracle.soft_cross_entropy(s, t, 2.0) for s, t in rows], dtype=torch.float64)
    if found.shape != right.shape or (found - right).abs().max() > 1e-10:
        return False
    by_student, by_teacher = torch.autograd.grad(found.sum(), (logits, said), allow_unused=True)
    difference = (F.softmax(logits / 2, 1) - F.softmax(said / 2, 1)) / 2  # closed form
    return by_teacher is None and torch.allclose(by_student, difference, atol=1e-10)


def test_the_objective_is_accepted():
    from selftaught.objectives import soft_cross_entropy

    assert accepts(lambda s, t, T: soft_cross_entropy(s, t, temperature=T))
    assert accepts(lambda s, t, T: soft(s, t.detach(), T))


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_objective_is_rejected(wrong):
    assert not accepts(WRONG[wrong])


def test_the_teacher_stays_as_it_is():
    method, asked = built().train(), views()
    before = {name: tensor.clone() for name, tensor in method.teacher.state_dict().items()}
    optimiser = torch.optim.SGD([w for w in method.parameters() if w.requires_grad], lr=0.1)
    first = method.step(asked).loss
    for _ in range(5):
        optimiser.zero_grad()
        loss = method.step(asked).loss
        loss.backward()
        optimiser.step()
    assert loss < first
    assert all(torch.equal(tensor, before[name]) for name, tensor in method.teacher.state_dict().items())
    assert not any(module.training for module in method.teacher.modules())
    assert method.classifier.training


def test_an_answer_is_the_items_own():
    """In eval mode the teacher's batch norms look at no other item."""
    method, asked = built().train(), views()
    torch.testing.assert_close(method.energy(asked.take(slice(0, 3))), method.energy(asked)[:3])


def test_a_student_that_knows_nothing_scores_chance():
    method, asked = built(true_label_weight=0.25).eval(), views()
    nn.init.zeros_(method.classifier.weight)
    nn.init.zeros_(method.classifier.bias)
    found = method.step(asked)
    assert found.losses["soft_labels"].item() == pytest.approx(method.chance(asked)["soft_labels"], abs=1e-12)
    assert method.chance(asked)["accuracy_on_teacher"] == 1 / CLASSES


def test_wrong_pairs_cost_more_once_it_has_learned():
    torch.manual_seed(0)
    method = Distillation(ExampleEncoder(), teacher=teacher()).double()
    asked = views(32)
    asked = MultiView(asked.index, (asked.views[0], asked.views[0]))
    optimiser = torch.optim.Adam([w for w in method.parameters() if w.requires_grad], lr=0.02)
    for _ in range(150):
        optimiser.zero_grad()
        method.step(asked).loss.backward()
        optimiser.step()
    method.eval()
    right, wrong = method.energy(asked), method.energy(asked.mismatched()["another item"])
    assert (right < wrong).double().mean() > 0.7


@pytest.mark.parametrize("settings", [{"temperature": 0.0}, {"true_label_weight": 1.5}, {"true_label_weight": -0.1}])
def test_what_is_refused(settings):
    with pytest.raises(UserError, match="expected a temperature above 0 and a weight"):
        built(**settings)
