"""Masks have a fixed count and each its own places; crops are those of the two-view maker."""

import dataclasses

import pytest
import torch
from view_samples import QUIET, N, images

from selftaught.core import UserError
from selftaught.views import AssignedCrops, Draws, MaskedPatches, TwoViews

COMMON = {"crop_scale": (0.2, 1.0), "mean": (0.1, 0.5, 0.3), "standard_deviation": (0.5, 0.25, 2.0)}


def accepts(mask):
    """Whether mask(seed, count) hides equally many of 16 patches everywhere, each equally likely, drawn per image."""
    drawn = [mask(seed, 64) for seed in range(30)]
    if any(len(keep) != 4 or len(hidden) != 12 for batch in drawn for keep, hidden in batch):
        return False
    if any(sorted([*keep, *hidden]) != list(range(16)) for batch in drawn for keep, hidden in batch):
        return False
    if any(len({tuple(sorted(keep)) for keep, _ in batch}) < 50 for batch in drawn):
        return False
    chosen = torch.zeros(16, 16)  # how often two patches are seen together; on the diagonal, each
    for batch in drawn:
        for keep, _ in batch:
            chosen[torch.tensor(keep)[:, None], torch.tensor(keep)] += 1
    shares, pairs = chosen.diag() / (30 * 64), chosen[~torch.eye(16, dtype=torch.bool)] / (30 * 64)
    near = (pairs - 4 / 16 * 3 / 15).abs().max() < 0.035
    return bool(near) and bool((shares - 0.25).abs().max() < 0.05)


def ours(seed, count):
    pixels = torch.zeros(count, 1, 16, 16, dtype=torch.uint8)
    views = MaskedPatches(image_size=16, channels=1, patch_pixels=4)(pixels, draws=Draws.at(seed, batch=count))
    return list(zip(views.keep.tolist(), views.hidden.tolist(), strict=True))


def split(hidden_rows):
    return [([p for p in range(16) if p not in hidden], hidden) for hidden in hidden_rows]


def bernoulli(seed, count):
    hidden = torch.rand(count, 16, generator=torch.Generator().manual_seed(seed)) < 0.75
    return split([row.nonzero().flatten().tolist() for row in hidden])


def one_mask_for_all(seed, count):
    order = torch.randperm(16, generator=torch.Generator().manual_seed(seed))
    return split([order[:12].tolist()] * count)


def one_block_is_seen(seed, count):
    generator = torch.Generator().manual_seed(seed)
    corners = torch.randint(3, (count, 2), generator=generator).tolist()
    kept = [{4 * (y + dy) + x + dx for dy in (0, 1) for dx in (0, 1)} for y, x in corners]
    return split([[p for p in range(16) if p not in keep] for keep in kept])


def swapped(seed, count):
    return [(hidden, keep) for keep, hidden in ours(seed, count)]


def with_repeats(seed, count):
    draws = torch.randint(16, (count, 16), generator=torch.Generator().manual_seed(seed)).tolist()
    return [(row[:4], row[4:]) for row in draws]


def test_the_mask_is_accepted():
    assert accepts(ours)


@pytest.mark.parametrize(
    "wrong",
    [bernoulli, one_mask_for_all, one_block_is_seen, swapped, with_repeats],
    ids=lambda wrong: wrong.__name__,
)
def test_a_wrong_mask_is_rejected(wrong):
    assert not accepts(wrong)


@pytest.mark.parametrize(("share", "hidden"), [(0.75, 48), (0.5, 32), (0.61, 39)])
def test_the_share_decides_how_many_are_hidden(share, hidden):
    views = MaskedPatches(image_size=32, masked_share=share)(images())
    assert views.hidden.shape == (N, hidden)
    assert views.keep.shape == (N, 64 - hidden)
    assert views.patch_pixels == 4


@pytest.mark.parametrize("kind", ["masked", "assigned"])
@pytest.mark.parametrize("sobel", [0.0, 1.0])
def test_crops_are_drawn_and_made_as_those_of_two_views(kind, sobel):
    if kind == "masked" and sobel:
        return
    draws, items = Draws.at(3, batch=N), images()
    quiet = {**QUIET, **COMMON, "crop_ratio": (3 / 4, 4 / 3), "flip_probability": 0.5, "sobel_probability": sobel}
    expected = dataclasses.replace(TwoViews(image_size=16), **quiet)(items, draws=nested(draws)).views[0]
    if kind == "masked":
        got = MaskedPatches(image_size=16, **COMMON)(items, draws=draws.stream("view", 0)).images
    else:
        got = AssignedCrops(image_size=16, sobel_probability=sobel, **COMMON)(items, draws=draws.stream("view", 0)).view
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-6)
    assert got.is_contiguous(memory_format=torch.channels_last)


def nested(draws):
    return Draws(draws.seed, batch=draws.batch)


@pytest.mark.parametrize("maker", [MaskedPatches(image_size=16), AssignedCrops(image_size=16, sobel_probability=0.5)])
def test_two_halves_are_the_whole_to_the_bit(maker, monkeypatch):
    items = images()
    whole = maker(items, draws=Draws.at(5, 6, batch=N))
    monkeypatch.setattr("selftaught.views.changes._CHUNK_NUMBERS", 5 * 3 * 20 * 20)
    parts = [
        maker(items[rows], index=torch.arange(N)[rows], draws=Draws.at(5, 6, batch=N, rows=rows))
        for rows in (slice(0, N // 2), slice(N // 2, N))
    ]
    for field in dataclasses.fields(whole):
        assert torch.equal(torch.cat([getattr(part, field.name) for part in parts]), getattr(whole, field.name))


def test_the_mask_does_not_move_the_crop():
    items = images()
    few, many = (MaskedPatches(image_size=16, masked_share=share) for share in (0.25, 0.9))
    assert torch.equal(few(items, draws=Draws(0, batch=N)).images, many(items, draws=Draws(0, batch=N)).images)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"patch_pixels": 5}, "patch_pixels: expected a divisor of the image size, 16, got 5"),
        ({"patch_pixels": 0}, "patch_pixels: expected a divisor"),
        ({"masked_share": 0.0}, "masked_share: expected a number in"),
        ({"masked_share": 0.999}, "masked_share: expected a number in"),
        ({"crop_scale": (0.0, 1.0)}, "crop_scale"),
        ({"mean": (0.5,)}, "mean: expected one number for each of 3 channels"),
    ],
)
def test_wrong_options_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        MaskedPatches(image_size=16, **options)


@pytest.mark.parametrize("maker", [MaskedPatches(image_size=16), AssignedCrops(image_size=16)])
def test_wrong_batches_are_refused(maker):
    with pytest.raises(UserError, match="expected images with 3 channels, got 1"):
        maker(torch.zeros(2, 1, 16, 16))
    with pytest.raises(UserError, match="expected as many images as the draws are for, 5, got 2"):
        maker(torch.zeros(2, 3, 16, 16), draws=Draws(0, batch=5))


def test_sobel_in_the_views_only_is_said():
    assert AssignedCrops(image_size=16).describe() == []
    assert "in the views only" in AssignedCrops(image_size=16, sobel_probability=1.0).describe()[0]
