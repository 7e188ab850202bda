"""Views are cut, moved and mismatched item by item."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from selftaught.core import MultiView, UserError, Views


@dataclass(frozen=True)
class Nested(Views):
    """Tensors at two depths, and a setting that is none."""

    parts: tuple[tuple[Tensor, ...], Tensor]
    kind: str

    def mismatched(self):
        return {}

    @classmethod
    def example(cls, n, generator):
        rows = torch.arange(n)
        return cls(rows, ((rows + 10.0, rows + 20.0), rows + 30), "nested")


def numbered(n=5):
    rows = torch.arange(n)
    return MultiView(rows + 100, (rows[:, None] + torch.zeros(n, 2), rows[:, None] + torch.full((n, 2), 0.5)))


def test_take_keeps_every_part_of_an_item_together():
    taken = numbered().take(torch.tensor([3, 1]))
    assert taken.index.tolist() == [103, 101]
    assert taken.views[0][:, 0].tolist() == [3, 1]
    assert taken.views[1][:, 0].tolist() == [3.5, 1.5]
    assert len(numbered().take(slice(1, 4))) == 3
    assert numbered().take(slice(1, 4)).index.tolist() == [101, 102, 103]


def test_map_reaches_every_depth_and_leaves_settings():
    nested = Nested.example(2, torch.Generator()).map(lambda tensor: tensor * 2)
    assert nested.index.tolist() == [0, 2]
    assert nested.parts[0][1].tolist() == [40, 42]
    assert nested.parts[1].tolist() == [60, 62]
    assert nested.kind == "nested"
    assert type(nested) is Nested


def test_to_changes_the_dtype_of_floating_point_only():
    nested = Nested.example(2, torch.Generator()).to(torch.device("cpu"), torch.float64)
    assert nested.parts[0][0].dtype == torch.float64
    assert nested.parts[1].dtype == nested.index.dtype == torch.int64


def test_pair_gives_the_two_views_in_order():
    first, second = numbered().pair()
    assert (second - first).unique().tolist() == [0.5]


@pytest.mark.parametrize("count", [1, 3])
def test_pair_refuses_another_number(count):
    views = MultiView(torch.arange(2), (torch.zeros(2, 1),) * count)
    with pytest.raises(UserError, match=f"expected exactly 2 views of every item, got {count}"):
        views.pair()


def test_mismatched_pairs_no_item_with_itself_and_uses_each_once():
    views = numbered()
    (wrong,) = views.mismatched().values()
    first, second = wrong.pair()
    partners = (second[:, 0] - 0.5).long()
    assert torch.equal(first, views.views[0])
    assert (partners != torch.arange(5)).all()
    assert sorted(partners.tolist()) == list(range(5))


def test_mismatched_keeps_the_other_views_of_an_item_together():
    rows = torch.arange(4.0)[:, None]
    (wrong,) = MultiView(torch.arange(4), (rows, rows + 10, rows + 20)).mismatched().values()
    assert torch.equal(wrong.views[2] - wrong.views[1], torch.full((4, 1), 10.0))


def test_examples_are_two_views_of_the_same_random_images():
    views = MultiView.example(6, torch.Generator().manual_seed(0))
    again = MultiView.example(6, torch.Generator().manual_seed(0))
    other = MultiView.example(6, torch.Generator().manual_seed(1))
    first, second = views.pair()
    assert first.shape == (6, 3, 16, 16)
    assert torch.equal(first, again.views[0])
    assert not torch.equal(first, other.views[0])
    distance = torch.cdist(first.flatten(1), second.flatten(1))  # (6, 6): an item is nearest to itself
    assert distance.argmin(1).tolist() == list(range(6))
