"""Crops of two sizes stay together item by item."""

import pytest
import torch

from selftaught.core import MultiCrop, UserError


def numbered(n=5):
    rows = torch.arange(n, dtype=torch.float32).view(n, 1, 1, 1)
    large = tuple(rows + step + torch.zeros(n, 1, 4, 4) for step in (0.0, 0.25))
    return MultiCrop(torch.arange(n) + 100, large, tuple(rows + step + torch.zeros(n, 1, 2, 2) for step in (0.5, 0.75)))


def test_crops_of_one_size_stand_behind_each_other_crop_by_crop():
    large, small = numbered().by_size()
    assert large[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 4, 0.25, 1.25, 2.25, 3.25, 4.25]
    assert small.shape == (10, 1, 2, 2)
    (alone,) = MultiCrop(torch.arange(5), numbered().large).by_size()
    assert torch.equal(alone, large)


def test_take_keeps_every_crop_of_an_item_together():
    taken = numbered().take(torch.tensor([3, 1]))
    assert taken.index.tolist() == [103, 101]
    assert [view[:, 0, 0, 0].tolist() for view in taken.views] == [[3, 1], [3.25, 1.25], [3.5, 1.5], [3.75, 1.75]]


def test_mismatched_moves_all_crops_but_the_first_together():
    (wrong,) = numbered().mismatched().values()
    first, *others = (view[:, 0, 0, 0] for view in wrong.views)
    assert first.tolist() == [0, 1, 2, 3, 4]
    assert [(other - place * 0.25).tolist() for place, other in enumerate(others, 1)] == [[1, 2, 3, 4, 0]] * 3


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_large_crops_is_refused(count):
    with pytest.raises(UserError, match=f"expected exactly 2 large crops of every item, got {count}"):
        MultiCrop(torch.arange(2), (torch.zeros(2, 1, 4, 4),) * count).pair()


def test_examples_are_crops_of_the_same_random_images():
    crops, again = (MultiCrop.example(6, torch.Generator().manual_seed(0)) for _ in range(2))
    assert [view.shape[2] for view in crops.views] == [16, 16, 8, 8]
    assert all(torch.equal(a, b) for a, b in zip(crops.views, again.views, strict=True))
    small = crops.small[0].flatten(1)
    assert torch.cdist(crops.large[0][:, :, :8, :8].flatten(1), small).argmin(1).tolist() == list(range(6))
