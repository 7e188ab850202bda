"""A method's own task, of methods that know everything, nothing, and half."""

from dataclasses import dataclass
from typing import final

import numpy as np
import pytest
import torch

from selftaught.core import ImageBatch, Method, MultiView, Step, UserError
from selftaught.encoders import SmallResNet
from selftaught.evaluation import TaskFigure, own_task
from selftaught.objectives import key_accuracy


class Items:
    """Items that are their own numbers, in order; they keep which were asked for."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[list[int]] = []

    def __len__(self) -> int:
        return self.count

    def batch(self, rows):
        self.asked.append(list(rows))
        return ImageBatch.of(torch.as_tensor(np.asarray(rows), dtype=torch.float32).view(-1, 1, 1, 1))


@dataclass(frozen=True)
class Twice:
    """Each item and itself."""

    def __call__(self, items, *, index=None, draws=None):
        return MultiView(index, (items.pixels, items.pixels))


@final
class Recognise(Method):
    """Finds the other view by the item's number, or by directions that have nothing to do with it."""

    views_type, view_maker, default_encoder, kinds = MultiView, Twice, "small_resnet", ("images",)

    def __init__(self, knows: bool, chance_of: str = "right") -> None:
        super().__init__()
        self.encoder, self.knows, self.chance_of = SmallResNet(channels=1), knows, chance_of
        self.generator = torch.Generator().manual_seed(0)

    def step(self, views):
        assert not self.training
        assert not torch.is_grad_enabled()
        return Step({"nothing": torch.zeros(())}, metrics={"right": key_accuracy(*map(self.embed, views.pair()))})

    def embed(self, pixels):
        angle = pixels.flatten() if self.knows else 100 * torch.rand(len(pixels), generator=self.generator)
        return torch.stack([angle.cos(), angle.sin()], 1)

    def energy(self, views):
        return torch.zeros(len(views))

    def chance(self, views):
        return {self.chance_of: 1 / len(views)}


def test_one_who_knows_and_one_who_guesses():
    found = own_task(Recognise(True), Twice(), Items(600), start=Recognise(False))
    assert list(found) == ["right"]  # the loss has no chance, and is not shown
    assert found["right"].value == 1
    assert found["right"].chance == 1 / 64
    assert found["right"].at_start == pytest.approx(1 / 64, abs=0.03)
    assert own_task(Recognise(True), Twice(), Items(600))["right"] == TaskFigure(value=1.0, chance=1 / 64)


def test_batches_are_as_large_as_each_other_and_drawn():
    items = Items(600)
    own_task(Recognise(True), Twice(), items)
    assert [len(rows) for rows in items.asked] == [64] * 8
    assert len({row for rows in items.asked for row in rows}) == 512
    assert all(max(rows) - min(rows) > 300 for rows in items.asked)  # not neighbours, which may be of one class
    again, other = Items(600), Items(600)
    own_task(Recognise(True), Twice(), again)
    own_task(Recognise(True), Twice(), other, seed=1)
    assert again.asked == items.asked != other.asked


def test_few_items_are_one_batch():
    found = own_task(Recognise(True), Twice(), Items(10))
    assert found["right"] == TaskFigure(value=1.0, chance=0.1)
    assert own_task(Recognise(True), Twice(), Items(100))["right"].chance == 1 / 64  # 36 are left out
    with pytest.raises(UserError, match="at least 2 items"):
        own_task(Recognise(True), Twice(), Items(1))


def test_the_mode_comes_back_and_a_wrong_name_is_refused():
    method = Recognise(True).train()
    own_task(method, Twice(), Items(10))
    assert method.training
    with pytest.raises(UserError, match="unknown loss or metric 'rihgt': did you mean 'right'"):
        own_task(Recognise(True, chance_of="rihgt"), Twice(), Items(10))
