import pytest
import torch
import torchvision.transforms.v2.functional as oracle

from selftaught.views.photometric import (
    add_noise,
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    grey,
    solarise,
)

FACTORS = torch.tensor([0.0, 0.2, 0.7, 1.0, 1.3, 1.8, 3.0, 0.95])
SHIFTS = torch.tensor([-0.5, -0.31, -0.1, 0.0, 0.05, 0.2, 0.4, 0.5])


def images(channels: int = 3, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    found = torch.rand(8, channels, 12, 17, generator=generator, dtype=dtype)
    found[1] = (found[1] * 3).round() / 3  # many equal channels
    found[2, :, :6] = 0.0
    found[2, :, 6:] = 1.0
    found[3] = found[3, :1]  # grey
    return found


def each(function, pixels: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    return torch.stack([function(image, number) for image, number in zip(pixels, numbers.tolist(), strict=True)])


FACTOR_OPERATIONS = [
    (adjust_brightness, oracle.adjust_brightness),
    (adjust_contrast, oracle.adjust_contrast),
    (adjust_saturation, oracle.adjust_saturation),
]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("ours", "theirs"), FACTOR_OPERATIONS)
def test_factors_equal_torchvision(ours, theirs, dtype: torch.dtype) -> None:
    pixels = images(dtype=dtype)
    torch.testing.assert_close(ours(pixels, FACTORS.to(dtype)), each(theirs, pixels, FACTORS), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("ours", "theirs"), FACTOR_OPERATIONS[:2])
def test_grey_images_equal_torchvision(ours, theirs) -> None:
    pixels = images(channels=1)
    torch.testing.assert_close(ours(pixels, FACTORS), each(theirs, pixels, FACTORS), rtol=0, atol=1e-6)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_hue_equals_torchvision(dtype: torch.dtype, memory_format: torch.memory_format) -> None:
    pixels = images(dtype=dtype).contiguous(memory_format=memory_format)
    found = adjust_hue(pixels, SHIFTS.to(dtype))
    expected = each(oracle.adjust_hue, pixels.float(), SHIFTS).to(dtype)  # torchvision computes hue in float32
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("channels", [2, 4, 7])
def test_any_number_of_channels(channels: int) -> None:
    pixels = images(channels)
    torch.testing.assert_close(
        adjust_brightness(pixels, FACTORS), (pixels * FACTORS.view(-1, 1, 1, 1)).clamp(0, 1), rtol=0, atol=1e-6
    )
    flat = adjust_contrast(pixels, torch.zeros(8))
    torch.testing.assert_close(flat, pixels.mean((1, 2, 3), keepdim=True).expand_as(flat), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("ours", "theirs"), FACTOR_OPERATIONS)
def test_one_factor_for_the_whole_batch_is_rejected(ours, theirs) -> None:
    pixels = images()
    shared = ours(pixels, FACTORS[:1].expand(8))
    assert (shared - each(theirs, pixels, FACTORS)).abs().max() > 0.1


def test_one_mean_for_the_whole_batch_is_rejected() -> None:
    pixels = images() * torch.linspace(0.2, 1, 8).view(-1, 1, 1, 1)
    factors = FACTORS.view(-1, 1, 1, 1)
    wrong = (pixels * factors + grey(pixels).mean() * (1 - factors)).clamp(0, 1)
    assert (wrong - adjust_contrast(pixels, FACTORS)).abs().max() > 0.05


def test_results_stay_in_0_to_1() -> None:
    for operation, numbers in [
        (adjust_brightness, FACTORS * 3),
        (adjust_contrast, FACTORS * 3),
        (adjust_saturation, FACTORS * 3),
        (adjust_hue, SHIFTS),
    ]:
        found = operation(images(), numbers)
        assert found.min() >= 0
        assert found.max() <= 1


def test_grey_equals_torchvision() -> None:
    expected = oracle.rgb_to_grayscale(images(), num_output_channels=3)
    torch.testing.assert_close(grey(images()), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
def test_solarise_equals_torchvision(threshold: float) -> None:
    assert torch.equal(solarise(images(), threshold), oracle.solarize(images(), threshold))


def test_noise_has_its_deviation_and_is_clamped() -> None:
    noise = torch.randn(8, 3, 12, 17, generator=torch.Generator().manual_seed(1))
    pixels = images()
    expected = (pixels + 0.1 * noise).clamp(0, 1)
    torch.testing.assert_close(add_noise(pixels, noise, 0.1), expected, rtol=0, atol=1e-6)


def test_inputs_are_left_alone() -> None:
    pixels = images()
    for operation in (adjust_brightness, adjust_contrast, adjust_saturation):
        operation(pixels, FACTORS)
    adjust_hue(pixels, SHIFTS)
    grey(pixels)
    solarise(pixels, 0.5)
    add_noise(pixels, torch.ones_like(pixels), 0.1)
    assert torch.equal(pixels, images())
