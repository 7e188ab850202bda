import dataclasses
from functools import partial

import pytest
import torch
import torchvision.transforms.v2.functional as oracle
from skimage.filters import sobel as sobel_oracle
from view_samples import EVERYTHING, QUIET, N, both, images

from selftaught.core import ImageBatch
from selftaught.views import Draws, TwoViews, filters, geometry, photometric


def mapped(image: torch.Tensor, differences: torch.Tensor, means: torch.Tensor) -> torch.Tensor:
    """Each pixel's difference from the mean colour by one matrix, the mean by the other; see `test_photometric`."""
    mean = image.mean((1, 2))
    pixels = (image.flatten(1).T - mean) @ differences.T + means @ mean
    return pixels.T.reshape(image.shape).clamp(0, 1)


def torchvision_of(change, numbers: list[torch.Tensor]):
    """The same change of one image by torchvision, or by scikit-image where it has none."""
    operation, fixed = (
        (change.operation.func, change.operation.keywords)
        if isinstance(change.operation, partial)
        else (change.operation, {})
    )
    own = [number.tolist() for number in numbers]
    return {
        photometric.change_colours: lambda x: mapped(x, *numbers[0]),
        photometric.solarise: lambda x: oracle.solarize(x, fixed["threshold"]),
        photometric.add_noise: lambda x: (x + numbers[0] * fixed["deviation"]).clamp(0, 1),
        filters.gaussian_blur: lambda x: oracle.gaussian_blur(x, [fixed["kernel"]] * 2, [own[0]] * 2),
        filters.sobel: lambda x: torch.stack([torch.from_numpy(sobel_oracle(plane.numpy())) for plane in x]),
        geometry.quarter_turns: lambda x: oracle.rotate(x, 90.0 * own[0]),
        geometry.cut_out: lambda x: oracle.erase(x, *map(int, own[0]), v=fixed["fill"].view(-1, 1, 1)),
    }[operation]


@pytest.mark.parametrize("channels", [1, 3])
def test_every_view_is_what_torchvision_makes_of_that_image_with_its_numbers(channels: int) -> None:
    items = images(channels=channels)
    # At solarise's threshold a rounding difference would jump; `test_photometric` covers it.
    maker = TwoViews(image_size=16, channels=channels, **EVERYTHING | {"solarise_probability": (0.0, 0.0)})
    draws = Draws.at(0, batch=N)
    for number, view in enumerate(maker(items, draws=draws).pair()):
        drawn = maker.draw(ImageBatch.of(items).sizes, draws.stream("view", number), number)
        for row in range(N):
            box = drawn.boxes[row].int().tolist()
            image = oracle.resized_crop(items[row].float() / 255, *box, size=[16, 16], antialias=True)
            image = image.flip(2) if drawn.flipped[row] else image
            for change in drawn.changes:
                if change.chosen[row]:
                    image = torchvision_of(change, [one[row] for one in change.numbers])(image)
            torch.testing.assert_close(view[row], image, rtol=0, atol=5e-5)


def test_normalised_last() -> None:
    mean, deviation = (0.1, 0.5, 0.3), (0.5, 0.25, 2.0)
    plain = both(TwoViews(image_size=16), images())
    normalised = both(TwoViews(image_size=16, mean=mean, standard_deviation=deviation), images())
    for before, after in zip(plain, normalised, strict=True):
        assert after.dtype == torch.float32
        assert after.is_contiguous(memory_format=torch.channels_last)
        expected = (before - torch.tensor(mean).view(-1, 1, 1)) / torch.tensor(deviation).view(-1, 1, 1)
        torch.testing.assert_close(after, expected, rtol=0, atol=1e-5)


def test_what_is_hidden_is_0_after_normalising() -> None:
    quiet = QUIET | {"mean": (0.1, 0.5, 0.3), "cutout_scale": (0.25, 0.25)}
    hidden = both(TwoViews(image_size=20, cutout_probability=1.0, **quiet), images())[0]
    assert ((hidden == 0).all(1).sum((1, 2)) == 100).all()


def test_draws_decide_everything() -> None:
    maker = TwoViews(image_size=16, **EVERYTHING)
    first, again, other = both(maker, images()), both(maker, images()), both(maker, images(), seed=1)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


def test_without_draws_torch_s_generator_decides() -> None:
    maker = TwoViews(image_size=16)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first, second = maker(images()), maker(images())
        torch.manual_seed(0)
        assert torch.equal(maker(images()).views[0], first.views[0])
    assert not torch.equal(first.views[0], second.views[0])


def test_two_halves_are_the_whole_to_the_bit() -> None:
    maker, items = TwoViews(image_size=16, **EVERYTHING), images()
    whole = maker(items, draws=Draws.at(5, 6, batch=N))
    parts = [
        maker(items[rows], draws=Draws.at(5, 6, batch=N, rows=rows)) for rows in (slice(0, N // 2), slice(N // 2, N))
    ]
    for number in range(2):
        assert torch.equal(torch.cat([part.views[number] for part in parts]), whole.views[number])


def test_the_size_of_chunks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    maker = TwoViews(image_size=16, **EVERYTHING)
    expected = both(maker, images())
    monkeypatch.setattr("selftaught.views.changes._CHUNK_NUMBERS", 5 * 3 * 20 * 20)
    for found, view in zip(both(maker, images()), expected, strict=True):
        assert torch.equal(found, view)


def all_different(views: torch.Tensor) -> bool:
    flat = views.flatten(1)
    return len(flat.unique(dim=0)) == len(flat)


OPERATIONS = {
    "crop": {"crop_scale": (0.08, 1.0), "crop_ratio": (3 / 4, 4 / 3)},
    "colours": {"colour_probability": 1.0},
    "brightness": {"colour_probability": 1.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0},
    "contrast": {"colour_probability": 1.0, "brightness": 0.0, "saturation": 0.0, "hue": 0.0},
    "saturation": {"colour_probability": 1.0, "brightness": 0.0, "contrast": 0.0, "hue": 0.0},
    "hue": {"colour_probability": 1.0, "brightness": 0.0, "contrast": 0.0, "saturation": 0.0},
    "blur": {"blur_probability": (1.0, 1.0), "blur_sigma": (0.5, 2.0)},
    "noise": {"noise_probability": 1.0},
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_view_of_each_image_has_its_own_draws(operation: str) -> None:
    same = images(1).expand(N, -1, -1, -1)
    maker = TwoViews(image_size=20, **QUIET | OPERATIONS[operation])
    assert all_different(torch.cat(both(maker, same)))


def test_one_draw_for_the_whole_batch_is_rejected() -> None:
    same = images(1).expand(N, -1, -1, -1) / 255
    assert not all_different(photometric.change_colours(same, 0.7 * torch.eye(3).expand(N, 2, -1, -1)))
    assert not all_different(filters.gaussian_blur(same, torch.full((N,), 0.7), 3))


def test_colours_are_those_drawn_in_the_order_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[torch.Tensor] = []

    def keep(*arguments: torch.Tensor) -> torch.Tensor:
        given.extend(arguments[:3])
        return photometric.colour_maps(*arguments)

    monkeypatch.setattr("selftaught.views.two_views.colour_maps", keep)
    maker = TwoViews(image_size=4, colour_strength=0.5, grey_probability=0.3)
    maker._colours(Draws(0, batch=4800))
    amounts, order, greyed = given

    counts = (order * torch.tensor([64, 16, 4, 1])).sum(1).bincount()
    counts = counts[counts > 0].float()
    assert len(counts) == 24
    assert (counts - 200).abs().max() < 5 * 200**0.5
    left_alone = (amounts == torch.tensor([1.0, 1.0, 1.0, 0.0])).all(1)
    assert abs(left_alone.float().mean() - 0.2) < 4 * (0.2 * 0.8 / 4800) ** 0.5
    assert abs(greyed.float().mean() - 0.3) < 4 * (0.3 * 0.7 / 4800) ** 0.5
    for place, (low, high) in enumerate([(0.6, 1.4)] * 3 + [(-0.1, 0.1)]):
        drawn = amounts[~left_alone, place].sort().values
        expected = torch.linspace(low, high, len(drawn))
        torch.testing.assert_close(drawn, expected, rtol=0, atol=0.03 * (high - low))


@pytest.mark.parametrize("strength", [1.5, 3.0])
def test_no_factor_is_below_0(strength: float) -> None:
    maker = TwoViews(image_size=4, colour_probability=1.0, brightness=strength, contrast=0.0, saturation=0.0, hue=0.0)
    found = maker._colours(Draws(0, batch=500)).numbers[0][:, 0, 0, 0]
    assert found.min() >= 0
    assert found.max() > 1 + 0.9 * strength


CHANCES = {
    "flip": ({"flip_probability": 0.3}, (0.3, 0.3)),
    "colour": ({"colour_probability": 0.8}, (0.8, 0.8)),
    "grey": ({"grey_probability": 0.2}, (0.2, 0.2)),
    "blur": ({"blur_probability": (0.9, 0.1), "blur_sigma": (1.0, 2.0)}, (0.9, 0.1)),
    "solarise": ({"solarise_probability": (0.0, 0.2)}, (0.0, 0.2)),
    "rotation": ({"rotation_probability": 0.4}, (0.4, 0.4)),
    "cutout": ({"cutout_probability": 0.6}, (0.6, 0.6)),
    "noise": ({"noise_probability": 0.25}, (0.25, 0.25)),
    "sobel": ({"sobel_probability": 0.35}, (0.35, 0.35)),
}


@pytest.mark.parametrize("operation", CHANCES)
def test_operations_happen_as_often_as_asked(operation: str) -> None:
    settings, expected = CHANCES[operation]
    n = 1500
    items = images(n, size=(10, 10))
    bare = both(TwoViews(image_size=10, **QUIET), items)
    for view, plain, probability in zip(
        both(TwoViews(image_size=10, **QUIET | settings), items), bare, expected, strict=True
    ):
        share = (view != plain).flatten(1).any(1).float().mean()
        assert abs(share - probability) <= 4 * (probability * (1 - probability) / n) ** 0.5


@pytest.mark.parametrize(
    ("left_out", "share"),
    [
        ({"blur_probability": (0.0, 0.0)}, 0.5),
        ({"colour_probability": 0.0}, 0.2),
        ({"grey_probability": 0.0}, 0.8),
        ({"noise_probability": 0.0}, 0.6),
        ({"rotation_probability": 0.0}, 0.5),
        ({"cutout_probability": 0.0}, 0.6),
        ({"flip_probability": 0.0}, 0.5),
    ],
)
def test_leaving_an_operation_out_changes_nothing_else(left_out: dict[str, object], share: float) -> None:
    """The images that the operation did not touch stay as they were, to the bit."""
    n = 400
    maker = TwoViews(image_size=12, **EVERYTHING)
    before, after = both(maker, images(n))[0], both(dataclasses.replace(maker, **left_out), images(n))[0]
    same = (before == after).flatten(1).all(1).float().mean()
    assert abs(same - share) < 4 * (share * (1 - share) / n) ** 0.5 + 0.02


def test_one_hue_less_keeps_the_other_colours() -> None:
    settings = QUIET | {"colour_probability": 1.0, "saturation": 0.0, "hue": 0.0}
    maker = TwoViews(image_size=20, **settings)
    grey_images = images(channels=1).expand(-1, 3, -1, -1)  # neither saturation nor hue shows
    more = dataclasses.replace(maker, saturation=0.8, hue=0.2)
    for without, with_more in zip(both(maker, grey_images), both(more, grey_images), strict=True):
        torch.testing.assert_close(without, with_more, rtol=0, atol=2e-4)


def test_one_sided_leaves_the_second_view_bare() -> None:
    maker = TwoViews(image_size=16, **EVERYTHING)
    sided = dataclasses.replace(maker, one_sided=True)
    bare = TwoViews(image_size=16, **{name: QUIET[name] for name in list(QUIET)[3:]})
    assert torch.equal(both(sided, images())[0], both(maker, images())[0])
    assert torch.equal(both(sided, images())[1], both(bare, images())[1])


def test_real_photographs_keep_their_mean_colour() -> None:
    """Over many crops and flips of a real photograph, each channel keeps about its mean."""
    from sklearn.datasets import load_sample_image

    photo = torch.tensor(load_sample_image("china.jpg")).permute(2, 0, 1)[:, ::4, ::4]
    maker = TwoViews(image_size=24, **{name: value for name, value in QUIET.items() if "crop" not in name})
    views = torch.cat(both(maker, photo.expand(300, -1, -1, -1)))
    torch.testing.assert_close(views.mean((0, 2, 3)), photo.float().mean((1, 2)) / 255, rtol=0, atol=0.03)
