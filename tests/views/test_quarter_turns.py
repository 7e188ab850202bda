"""Turned crops: exact, all four of every image, and nothing in them but the picture says by how much."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F
from view_samples import images

from selftaught.core import ImageBatch, TurnedImages, UserError
from selftaught.views import Draws, QuarterTurns
from selftaught.views.made_of import made_of
from selftaught.views.random_crops import RandomCrops

N, SIZE = 24, 16
WHOLE = {"crop_scale": (1.0, 1.0), "flip_probability": 0.0}


def make(**options):
    return QuarterTurns(image_size=SIZE, **options)


def turned_by_interpolation(crops, *, degrees):
    """Each crop turned about its centre, what comes from outside being black."""
    angles = torch.tensor([degrees * step for step in range(4)]).deg2rad()
    rows = torch.stack([angles.cos(), -angles.sin(), 0 * angles, angles.sin(), angles.cos(), 0 * angles], 1)
    several = crops[:, None].expand(-1, 4, -1, -1, -1).flatten(0, 1)
    grid = F.affine_grid(rows.view(4, 2, 3).repeat(len(crops), 1, 1), list(several.shape), align_corners=True)
    turned = F.grid_sample(several, grid, align_corners=True, mode="bilinear").unflatten(0, (len(crops), 4))
    return TurnedImages(torch.arange(len(crops)), turned, torch.arange(4).expand(len(crops), 4))


def black_corners(items, *, draws):
    crops = made_of(RandomCrops, make())(items, draws)
    return turned_by_interpolation(crops, degrees=45)


def bars_where_a_wide_image_was_padded(items, *, draws):
    crops = made_of(RandomCrops, make())(items, draws)
    crops = F.pad(F.interpolate(crops, (SIZE - 4, SIZE)), (0, 0, 2, 2))
    return TurnedImages.of(torch.arange(len(crops)), crops)


def one_rotation_an_image(items, *, draws):
    views = make()(items, draws=draws)
    chosen = draws.stream("turn").integers(4)[:, None]
    turned = views.images[torch.arange(len(views))[:, None], chosen]
    return TurnedImages(views.index, turned.expand_as(views.images), chosen.expand_as(views.turns))


def accepts(maker):
    """Whether there are all four turns of one crop of each image, in which each pixel of the crop is found again."""
    views = maker(images(), draws=Draws.at(0, batch=N))
    if not torch.equal(views.turns.sort(1).values, torch.arange(4).expand(N, 4)):
        return False
    back = [views.images[:, place].rot90(-int(views.turns[0, place]), (2, 3)) for place in range(4)]
    return all(torch.equal(each, back[0]) for each in back[1:]) and bool((back[0] != back[0].rot90(2, (2, 3))).any())


def told_by_the_frame(maker):
    """How often a linear model says the turn of pictures of noise from the mean of every edge and of every corner."""
    noise = torch.rand(400, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    turned = maker(noise.expand(-1, 3, -1, -1), draws=Draws.at(1, batch=400))
    pixels, said = turned.images[:, :, 0].flatten(0, 1), turned.turns.flatten().numpy()
    edges = [pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1]]
    corners = [pixels[:, down, across, None] for down in (0, -1) for across in (0, -1)]
    found = torch.stack([each.mean(1) for each in edges + corners], 1).numpy()
    half = len(found) // 2
    return LogisticRegression(max_iter=2000).fit(found[:half], said[:half]).score(found[half:], said[half:])


def test_it_is_accepted():
    assert accepts(make())


@pytest.mark.parametrize(
    "wrong",
    [
        one_rotation_an_image,
        black_corners,
        lambda items, draws: turned_by_interpolation(made_of(RandomCrops, make())(items, draws), degrees=90),
    ],
    ids=["one_rotation_an_image", "black_corners", "quarter_turns_by_interpolation"],
)
def test_wrong_turns_are_rejected(wrong):
    assert not accepts(wrong)


def test_a_frame_does_not_tell_the_turn_where_there_is_no_picture():
    assert told_by_the_frame(make()) < 0.30  # of 800 answers a guess gets 0.25, give or take 0.015
    assert told_by_the_frame(black_corners) > 0.45
    assert told_by_the_frame(bars_where_a_wide_image_was_padded) > 0.45


def test_images_of_any_shape_are_cropped_before_they_are_turned():
    pixels = torch.zeros(2, 3, 30, 40, dtype=torch.uint8)
    pixels[0, :, :20, :40], pixels[1, :, :30, :24] = 200, 200  # what is behind each image's size is padding
    batch = ImageBatch(pixels, torch.tensor([[20, 40], [30, 24]]))
    views = make(crop_scale=(0.3, 1.0))(batch, draws=Draws.at(0, batch=2))
    assert views.images.shape == (2, 4, 3, SIZE, SIZE)
    torch.testing.assert_close(views.images, torch.full_like(views.images, 200 / 255))


def test_the_crop_is_that_of_random_crops_and_its_statistics_too():
    settings = {"crop_scale": (0.3, 0.9), "mean": (0.1, 0.2, 0.3), "standard_deviation": (0.5,) * 3}
    views = make(**settings)(images(), index=torch.arange(N) + 7, draws=Draws.at(3, batch=N))
    crops = RandomCrops(image_size=SIZE, crop_ratio=(1.0, 1.0), **settings)(images(), Draws.at(3, batch=N))
    assert torch.equal(views.images[:, 0], crops)
    assert torch.equal(views.index, torch.arange(N) + 7)


def test_processes_turn_what_one_would():
    whole = make()(images(), draws=Draws.at(5, batch=N))
    part = make()(images()[8:16], draws=Draws.at(5, batch=N, rows=slice(8, 16)))
    assert torch.equal(whole.images[8:16], part.images)


def test_crops_of_whole_images_are_the_images():
    views = make(**WHOLE)(images(size=(SIZE, SIZE)), draws=Draws.at(0, batch=N))
    assert np.array_equal((views.images[:, 0] * 255).round().byte().numpy(), images(size=(SIZE, SIZE)).numpy())


@pytest.mark.parametrize("options", [{"crop_scale": (1.0, 0.2)}, {"flip_probability": 2.0}, {"mean": (0.5,)}])
def test_what_makes_no_sense_is_refused(options):
    with pytest.raises(UserError):
        make(**options)
    assert make().describe() == []
    with pytest.raises(UserError, match="expected images with 3 channels, got 1"):
        partial(make(), draws=Draws.at(0, batch=2))(images(2, channels=1))
