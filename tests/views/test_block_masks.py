"""Blocks to be told and a context without them: sizes, places, and the same in every process."""

import pytest
import torch

from selftaught.core import UserError
from selftaught.views import BlockMasks, Draws

IMAGES = torch.randint(256, (16, 1, 28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def made(step: int = 0, **settings):
    return BlockMasks(image_size=28, channels=1, **settings)(IMAGES, draws=Draws.at(0, step, batch=16))


def test_no_patch_of_a_block_is_in_the_context():
    for step in range(20):
        views = made(step)
        assert views.images is views.whole, "it costs the memory of one"
        for context, blocks in zip(views.context.tolist(), views.blocks.flatten(1).tolist(), strict=True):
            assert not set(context) & set(blocks)
            assert len(set(context)) == len(context) >= 6


def test_blocks_are_rectangles_of_the_asked_size():
    shapes = set()
    for step in range(40):
        blocks = made(step).blocks  # (16, 4, size)
        rows, columns = blocks // 7, blocks % 7
        heights = {int(value) for value in (rows.amax(2) - rows.amin(2) + 1).flatten()}
        widths = {int(value) for value in (columns.amax(2) - columns.amin(2) + 1).flatten()}
        assert len(heights) == len(widths) == 1, "one size a batch"
        height, width = heights.pop(), widths.pop()
        assert blocks.shape[2] == height * width
        shapes.add((height, width))
        assert blocks.min() >= 0
        assert blocks.max() < 49
    assert len(shapes) > 1
    assert all(6 <= height * width <= 12 for height, width in shapes)  # 0.15 to 0.2 of 49, rounded to whole sides


def test_every_image_has_its_own_places_and_every_step_others():
    first, second = made(0), made(1)
    assert len({tuple(blocks) for blocks in first.blocks.flatten(1).tolist()}) > 8
    assert first.blocks.shape != second.blocks.shape or not torch.equal(first.blocks, second.blocks)


def test_two_processes_draw_what_one_would():
    maker = BlockMasks(image_size=28, channels=1)
    whole = maker(IMAGES, draws=Draws.at(0, 3, batch=16))
    for rows in (slice(0, 8), slice(8, 16)):
        half = maker(IMAGES[rows], draws=Draws.at(0, 3, batch=16, rows=rows))
        assert torch.equal(half.context, whole.context[rows]), "as many patches as the whole batch may show"
        assert torch.equal(half.blocks, whole.blocks[rows])
        assert torch.equal(half.images, whole.images[rows])


def test_a_context_that_blocks_could_cover_still_shows_something():
    views = made(target_blocks=9, target_scale=(0.1, 0.1), context_scale=(0.05, 0.05))
    assert views.context.shape[1] >= 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"patch_pixels": 5}, "patch_pixels: expected a divisor"),
        ({"target_blocks": 5}, "leave something to be seen"),
        ({"target_blocks": 0}, "at least 1 target block"),
        ({"target_scale": (0.3, 0.2)}, "target_scale"),
        ({"context_scale": (0.0, 1.0)}, "context_scale"),
    ],
)
def test_what_is_refused(settings, said):
    with pytest.raises(UserError, match=said):
        BlockMasks(image_size=28, **settings)
