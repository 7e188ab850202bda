"""The area under the ROC curve of an energy."""

from dataclasses import dataclass
from typing import final

import numpy as np
import pytest
import torch

from selftaught.core import ImageBatch, Method, MultiView, Step
from selftaught.encoders import SmallResNet
from selftaught.evaluation import energy_areas


class Items:
    """Items that are their own numbers, in order."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def batch(self, rows):
        return ImageBatch.of(torch.as_tensor(np.asarray(rows), dtype=torch.float32).view(-1, 1, 1, 1))


@dataclass(frozen=True)
class Twice:
    """Each item and itself."""

    def __call__(self, items, *, index=None, draws=None):
        return MultiView(index, (items.pixels, items.pixels))


@final
class Distance(Method):
    """How far apart two numbers are; or minus that; or nothing at all."""

    views_type, view_maker, default_encoder, kinds = MultiView, Twice, "small_resnet", ("images",)

    def __init__(self, sign: float) -> None:
        super().__init__()
        self.encoder, self.sign = SmallResNet(channels=1), sign

    def step(self, views):
        return Step({"nothing": torch.zeros(())})

    def energy(self, views):
        assert not self.training
        a, b = views.pair()
        return self.sign * (a - b).abs().flatten(1).sum(1)


@pytest.mark.parametrize(("sign", "area"), [(1.0, 1.0), (-1.0, 0.0), (0.0, 0.5)])
def test_true_pairs_below_mismatched_ones(sign, area):
    assert energy_areas(Distance(sign), Twice(), Items(100)) == {"another item": area}


def test_a_last_batch_of_one_item_is_left_out_and_the_mode_comes_back():
    method = Distance(1.0).train()
    assert energy_areas(method, Twice(), Items(65)) == {"another item": 1.0}
    assert method.training
