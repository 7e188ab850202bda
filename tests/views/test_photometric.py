import itertools
import math

import pytest
import torch
import torchvision.transforms.v2.functional as oracle
from scipy.spatial.transform import Rotation
from skimage.data import astronaut, cat, coffee, rocket
from sklearn.datasets import load_sample_images

from selftaught.views import Draws
from selftaught.views.photometric import add_noise, change_colours, colour_maps, grey, solarise

FACTORS = torch.tensor([0.0, 0.2, 0.7, 1.0, 1.3, 1.8, 3.0, 0.95])
SHIFTS = torch.tensor([-0.5, -0.31, -0.1, 0.0, 0.05, 0.2, 0.4, 0.5])
PLACES = {"brightness": 0, "contrast": 1, "saturation": 2, "hue": 3}


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


def changed(pixels: torch.Tensor, *, greyed: bool = False, **amounts: torch.Tensor) -> torch.Tensor:
    """These operations alone, in the order brightness, contrast, saturation, hue."""
    n = len(pixels)
    all_amounts = torch.tensor([1.0, 1.0, 1.0, 0.0]).repeat(n, 1)
    for name, amount in amounts.items():
        all_amounts[:, PLACES[name]] = amount
    order = torch.arange(4).expand(n, -1)
    return change_colours(pixels, colour_maps(all_amounts, order, torch.full((n,), greyed), pixels.shape[1]))


FACTOR_OPERATIONS = {
    "brightness": oracle.adjust_brightness,
    "contrast": oracle.adjust_contrast,
    "saturation": oracle.adjust_saturation,
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", FACTOR_OPERATIONS)
def test_one_factor_equals_torchvision(name: str, dtype: torch.dtype) -> None:
    pixels = images(dtype=dtype)
    expected = each(FACTOR_OPERATIONS[name], pixels, FACTORS)
    torch.testing.assert_close(changed(pixels, **{name: FACTORS}), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", ["brightness", "contrast"])
def test_one_factor_of_grey_images_equals_torchvision(name: str) -> None:
    pixels = images(channels=1)
    expected = each(FACTOR_OPERATIONS[name], pixels, FACTORS)
    torch.testing.assert_close(changed(pixels, **{name: FACTORS}), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("third", [-1, 0, 1])
def test_hue_equals_torchvision_at_each_third_of_the_circle(third: int) -> None:
    found = changed(images(), hue=torch.full((8,), third / 3))
    expected = oracle.adjust_hue(images(), third / 3)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_hue_keeps_the_mean_of_the_channels_and_the_distance_from_grey() -> None:
    pixels = 0.4 + 0.2 * images()  # so that nothing leaves 0..1
    found = changed(pixels, hue=SHIFTS)
    for kept in (lambda x: x.mean(1), lambda x: x.var(1)):
        torch.testing.assert_close(kept(found), kept(pixels), rtol=0, atol=1e-6)
    assert not torch.allclose(found, pixels, atol=0.05)


def plainly(image: torch.Tensor, amounts: list[float], order: list[int], greyed: bool) -> torch.Tensor:
    """The operations one after the other, each as torchvision defines it (hue as a rotation), clamped at the end."""

    def luma(x: torch.Tensor) -> torch.Tensor:
        return 0.2989 * x[0] + 0.587 * x[1] + 0.114 * x[2]

    def turn(x: torch.Tensor, shift: float) -> torch.Tensor:
        about_grey = Rotation.from_rotvec([2 * math.pi * shift / math.sqrt(3)] * 3)
        return torch.from_numpy(about_grey.apply(x.flatten(1).T.numpy())).T.reshape(x.shape)

    steps = [
        lambda x, f: f * x,
        lambda x, f: f * x + (1 - f) * luma(x).mean(),
        lambda x, f: f * x + (1 - f) * luma(x),
        turn,
    ]
    for place in order:
        image = steps[place](image, amounts[place])
    return (luma(image).expand(3, -1, -1) if greyed else image).clamp(0, 1)


@pytest.mark.parametrize("greyed", [False, True])
def test_every_order_equals_the_operations_one_after_the_other(greyed: bool) -> None:
    orders = torch.tensor(list(itertools.permutations(range(4))))  # (24, 4)
    pixels = images(dtype=torch.float64).repeat(3, 1, 1, 1)
    generator = torch.Generator().manual_seed(1)
    amounts = torch.rand(24, 4, generator=generator) * 1.6 + torch.tensor([0.2, 0.2, 0.2, -0.8])
    found = change_colours(pixels, colour_maps(amounts, orders, torch.full((24,), greyed), 3))
    for row in range(24):
        expected = plainly(pixels[row], amounts[row].tolist(), orders[row].tolist(), greyed)
        torch.testing.assert_close(found[row], expected, rtol=0, atol=5e-6)


def test_the_order_counts_where_hue_is_before_or_after_contrast_and_saturation() -> None:
    """The other three commute: without a clamp between, contrast and saturation both keep the mean luma."""
    amounts = torch.tensor([[0.5, 0.5, 0.5, 0.3]]).expand(24, -1)
    orders = torch.tensor(list(itertools.permutations(range(4))))
    maps = colour_maps(amounts, orders, torch.zeros(24, dtype=torch.bool), 3)
    found = change_colours(images()[:1].expand(24, -1, -1, -1), maps)
    assert len(found.mul(1e4).round().flatten(1).unique(dim=0)) == 4


def test_clamped_once_at_the_end_where_torchvision_clamps_after_each() -> None:
    """Brightened beyond white and darkened again a light pixel keeps its value here, and is cut off there."""
    pixel, amounts = torch.full((1, 3, 1, 1), 0.8), torch.tensor([[2.0, 0.5, 1.0, 0.0]])
    maps = colour_maps(amounts, torch.arange(4).view(1, 4), torch.tensor([False]), 3)
    beside = torch.cat([pixel, torch.zeros_like(pixel)], 3)
    found = change_colours(beside, maps)
    there = oracle.adjust_contrast(oracle.adjust_brightness(beside, 2.0), 0.5)
    torch.testing.assert_close(found[0, 0, 0], torch.tensor([1.0, 0.4]), rtol=0, atol=1e-3)
    torch.testing.assert_close(there[0, 0, 0], torch.tensor([0.75, 0.25]), rtol=0, atol=1e-3)


@pytest.fixture(scope="module")
def photographs() -> torch.Tensor:
    """Pieces of 24 x 24 pixels from photographs that ship with scikit-image and scikit-learn: (1200, 3, 24, 24)."""
    random = torch.Generator().manual_seed(0)
    pieces: list[torch.Tensor] = []
    for photo in (astronaut(), cat(), coffee(), rocket(), *load_sample_images().images):
        pixels = torch.from_numpy(photo.copy()).permute(2, 0, 1)
        tops, lefts = (torch.randint(side - 48, (200,), generator=random).tolist() for side in pixels.shape[1:])
        pieces += [pixels[:, top : top + 48 : 2, left : left + 48 : 2] for top, left in zip(tops, lefts, strict=True)]
    return torch.stack(pieces).float() / 255


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_over_photographs_colours_are_distributed_as_torchvisions(photographs: torch.Tensor, strength: float) -> None:
    """With the same numbers; the n-th smallest here and there are apart by so many of 255 levels in the mean."""
    n = len(photographs)
    draws = Draws(0, batch=n)
    factors, shifts = draws.uniform(-0.8, 0.8, 3) * strength + 1, draws.uniform(-0.2, 0.2, 1) * strength
    amounts, order = torch.cat([factors, shifts], 1), draws.permutations(4)
    ours = change_colours(photographs, colour_maps(amounts, order, torch.zeros(n, dtype=torch.bool), 3))
    steps = [oracle.adjust_brightness, oracle.adjust_contrast, oracle.adjust_saturation, oracle.adjust_hue]
    theirs = photographs.clone()
    for row in range(n):
        for place in order[row].tolist():
            theirs[row] = steps[place](theirs[row], amounts[row, place].item())

    measures = {
        "red": lambda x: x[:, 0],
        "green": lambda x: x[:, 1],
        "blue": lambda x: x[:, 2],
        "luma": lambda x: grey(x)[:, 0],
        "chroma": lambda x: x.amax(1) - x.amin(1),
        "mean of an image": lambda x: x.mean((1, 2, 3)),
        "deviation in an image": lambda x: x.std((1, 2, 3)),
    }

    def apart(one: torch.Tensor, other: torch.Tensor) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, measure in measures.items():
            first, second = (measure(pixels).flatten().sort().values for pixels in (one, other))
            found[name] = 255 * (first - second).abs().mean().item()
        return found

    found, without = apart(ours, theirs), apart(photographs, theirs)
    assert max(found.values()) < 2, found
    assert min(without.values()) > 3, without  # the measures see what a change of colours does
    pixel_by_pixel, change = (ours - theirs).abs().mean(), (photographs - theirs).abs().mean()
    assert pixel_by_pixel < change / 4


@pytest.mark.parametrize("channels", [1, 2, 4, 7])
def test_any_number_of_channels(channels: int) -> None:
    pixels = images(channels)
    expected = (pixels * FACTORS.view(-1, 1, 1, 1)).clamp(0, 1)
    torch.testing.assert_close(changed(pixels, brightness=FACTORS), expected, rtol=0, atol=1e-6)
    flat = changed(pixels, contrast=torch.zeros(8))
    torch.testing.assert_close(flat, pixels.mean((1, 2, 3), keepdim=True).expand_as(flat), rtol=0, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_nothing_to_change_changes_no_bit(channels: int) -> None:
    assert torch.equal(changed(images(channels)), images(channels))


@pytest.mark.parametrize("name", FACTOR_OPERATIONS)
def test_one_factor_for_the_whole_batch_is_rejected(name: str) -> None:
    pixels = images()
    shared = changed(pixels, **{name: FACTORS[:1].expand(8)})
    assert (shared - each(FACTOR_OPERATIONS[name], pixels, FACTORS)).abs().max() > 0.1


def test_one_mean_for_the_whole_batch_is_rejected() -> None:
    pixels = images() * torch.linspace(0.2, 1, 8).view(-1, 1, 1, 1)
    factors = FACTORS.view(-1, 1, 1, 1)
    wrong = (pixels * factors + grey(pixels).mean() * (1 - factors)).clamp(0, 1)
    assert (wrong - changed(pixels, contrast=FACTORS)).abs().max() > 0.05


def test_results_stay_in_0_to_1() -> None:
    for amounts in ({name: FACTORS * 3} for name in FACTOR_OPERATIONS):
        found = changed(images(), hue=SHIFTS, **amounts)
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
    changed(pixels, brightness=FACTORS, contrast=FACTORS, saturation=FACTORS, hue=SHIFTS)
    grey(pixels)
    solarise(pixels, 0.5)
    add_noise(pixels, torch.ones_like(pixels), 0.1)
    assert torch.equal(pixels, images())
