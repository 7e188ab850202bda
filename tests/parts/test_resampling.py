import pytest
import torch
import torchvision.transforms.v2.functional as oracle

from selftaught.core import UserError
from selftaught.parts.resampling import (
    _weighted_rows_by_tap,
    as_floats,
    centre_boxes,
    resample,
    weighted_rows,
    whole_boxes,
)

BOXES = torch.tensor(
    [[0, 0, 40, 56], [3, 5, 20, 9], [39, 55, 1, 1], [10, 0, 7, 56], [0, 13, 40, 3], [1, 2, 28, 28]], dtype=torch.float32
)
SIZES = [(28, 28), (7, 90), (64, 5), (40, 56), (1, 1), (200, 200)]


def images(seed: int = 0, channels: int = 3, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.rand(len(BOXES), channels, 40, 56, generator=torch.Generator().manual_seed(seed)).to(dtype)


def one_by_one(pixels: torch.Tensor, boxes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    crops = zip(pixels, boxes.int().tolist(), strict=True)
    return torch.stack([oracle.resized_crop(image, *box, size=list(size), antialias=True) for image, box in crops])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_equals_torchvision_for_each_image(size: tuple[int, int], channels: int) -> None:
    pixels = images(channels=channels)
    torch.testing.assert_close(resample(pixels, BOXES, size), one_by_one(pixels, BOXES, size), rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_equals_torchvision_in_float64(size: tuple[int, int]) -> None:
    pixels = images(dtype=torch.float64)
    found = resample(pixels, BOXES, size)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, one_by_one(pixels, BOXES, size), rtol=0, atol=1e-5)


def test_bytes_become_numbers_from_0_to_1() -> None:
    pixels = (images() * 255).to(torch.uint8)
    found = resample(pixels, BOXES, (28, 28))
    torch.testing.assert_close(found, one_by_one(pixels.float() / 255, BOXES, (28, 28)), rtol=0, atol=1e-5)
    assert found.is_contiguous()


def test_bfloat16_stays_near_float32() -> None:
    pixels = images().bfloat16()
    found = resample(pixels, BOXES, (28, 28))
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), one_by_one(pixels.float(), BOXES, (28, 28)), rtol=0, atol=2e-2)


def test_interpolation_without_antialiasing_is_another_thing() -> None:
    crop = oracle.resized_crop(images()[0], 0, 0, 40, 56, size=[7, 9], antialias=False)
    assert (resample(images(), BOXES, (7, 9))[0] - crop).abs().max() > 0.05


def test_resizing_before_cropping_is_another_thing() -> None:
    """Then the pixels around the box would show at its border."""
    found = resample(images(), BOXES, (28, 28))[1]
    resized = oracle.resize(images()[1], [56, 174], antialias=True)  # 20 of 40 rows become 28, 9 of 56 columns 28
    assert (found - resized[:, 4:32, 16:44]).abs().max() > 0.05


def test_flipped_images_are_mirrored() -> None:
    flipped = torch.tensor([True, False, True, False, True, True])
    plain, found = resample(images(), BOXES, (9, 11)), resample(images(), BOXES, (9, 11), flipped=flipped)
    assert torch.equal(found, torch.where(flipped.view(-1, 1, 1, 1), plain.flip(3), plain))


@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8])
@pytest.mark.parametrize("size", [(28, 28), (3, 5)])
def test_nothing_outside_a_box_is_read(dtype: torch.dtype, size: tuple[int, int]) -> None:
    pixels = images() if dtype == torch.float32 else (images() * 255).to(dtype)
    spoilt = torch.full_like(pixels, float("nan") if dtype == torch.float32 else 255)
    for new, old, (top, left, height, width) in zip(spoilt, pixels, BOXES.int().tolist(), strict=True):
        part = (slice(None), slice(top, top + height), slice(left, left + width))
        new[part] = old[part]
    assert torch.equal(resample(spoilt, BOXES, size), resample(pixels, BOXES, size))


def test_fractional_boxes_of_a_ramp() -> None:
    """On a ramp the interpolation is exact away from the border, wherever the box begins."""
    ramp = torch.arange(16.0).expand(1, 1, 16, 16)
    found = resample(ramp, torch.tensor([[3.25, 2.5, 8.0, 8.0]]), (8, 8))
    torch.testing.assert_close(found[0, 0, 0, 1:-1], torch.arange(8.0)[1:-1] + 2.5, rtol=0, atol=1e-5)


def test_memory_order_does_not_matter() -> None:
    pixels = images()
    found = resample(pixels.contiguous(memory_format=torch.channels_last), BOXES, (9, 9))
    assert torch.equal(found, resample(pixels, BOXES, (9, 9)))


def test_floats_are_copied_once_at_most() -> None:
    once = as_floats((images() * 255).to(torch.uint8))
    assert as_floats(once).data_ptr() == once.data_ptr()


def test_integers_of_unknown_range_are_refused() -> None:
    with pytest.raises(UserError, match=r"uint8 in 0\.\.255 or floating point in 0\.\.1, got torch\.int16"):
        as_floats(torch.zeros(1, 1, 2, 2, dtype=torch.int16))


def test_sums_by_tap_are_those_of_the_cpu() -> None:
    """What accelerators compute, on the CPU."""
    generator = torch.Generator().manual_seed(0)
    table, weights = torch.rand(20, 7, generator=generator), torch.rand(30, 5, generator=generator)
    places = torch.randint(20, (30, 5), generator=generator, dtype=torch.int32)
    expected = (table[places] * weights[:, :, None]).sum(1)
    torch.testing.assert_close(weighted_rows(table, places, weights), expected)
    torch.testing.assert_close(_weighted_rows_by_tap(table, places, weights), expected)


def test_whole_boxes_squeeze() -> None:
    sizes = torch.tensor([[40, 56], [20, 30]])
    found = resample(images()[:2], whole_boxes(sizes), (9, 9))
    for image, result, (height, width) in zip(images(), found, sizes.tolist(), strict=False):
        expected = oracle.resize(image[:, :height, :width], [9, 9], antialias=True)
        torch.testing.assert_close(result, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("aspect", [0.5, 1.0, 2.0])
def test_centre_boxes_are_central_and_as_large_as_can_be(aspect: float) -> None:
    sizes = torch.tensor([[40, 56], [100, 20], [32, 32]])
    boxes = centre_boxes(sizes, 0.875, aspect)
    torch.testing.assert_close(boxes[:, 3] / boxes[:, 2], torch.full((3,), aspect))
    torch.testing.assert_close(boxes[:, :2] + boxes[:, 2:] / 2, sizes / 2)
    torch.testing.assert_close((boxes[:, 2:] / sizes).amax(1), torch.full((3,), 0.875))
