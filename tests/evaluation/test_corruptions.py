"""Each corruption against a closed form or a peer; all of them against what any corruption must keep."""

import io

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates
from skimage.color import hsv2rgb, rgb2hsv
from sklearn.datasets import load_sample_images

from selftaught.core import UserError
from selftaught.evaluation.corruptions import CORRUPTIONS, SEVERITIES, corruptions_of
from selftaught.evaluation.corruptions.blurs import defocus_blur, glass_blur
from selftaught.evaluation.corruptions.digital import contrast, elastic_transform, pixelate
from selftaught.evaluation.corruptions.jpeg import jpeg_compression
from selftaught.evaluation.corruptions.noise import gaussian_noise, impulse_noise, shot_noise
from selftaught.evaluation.corruptions.warping import blur, cloud, look_up, streak, zoom
from selftaught.evaluation.corruptions.weather import brightness, fog, snow

IMAGES = CORRUPTIONS["images"]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photographs(side: int = 32) -> torch.Tensor:
    whole = [
        torch.from_numpy(image.copy()).permute(2, 0, 1)[:, 80:336, 160:416] for image in load_sample_images().images
    ]
    return F.interpolate(torch.stack(whole).float() / 255, size=(side, side), mode="area")


def test_there_are_fifteen():
    assert len(IMAGES) == 15
    with pytest.raises(UserError, match="did you mean 'images'"):
        corruptions_of("image")


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", IMAGES)
def test_every_corruption_of_images(name: str, channels: int):
    images = photographs()[:, [0, 1, 2, 0][:channels]].contiguous()
    before, changes = images.clone(), []
    for severity in SEVERITIES:
        found = IMAGES[name](images, severity, seeded())
        assert found.shape == images.shape
        assert found.dtype == images.dtype
        assert 0 <= found.min()
        assert found.max() <= 1
        assert torch.equal(images, before), "the images given were overwritten"
        assert torch.equal(found, IMAGES[name](images, severity, seeded())), "not a function of the generator"
        changes.append(float((found - images).abs().mean()))
    assert min(changes) > 1e-4
    assert max(changes) < 0.5
    if name != "elastic_transform":  # its severities differ in kind as the authors set them
        assert changes[-1] > changes[0]


DRAWING = ["gaussian_noise", "shot_noise", "impulse_noise", "glass_blur", "motion_blur", "snow", "frost", "fog"]


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_has_its_own_draws(name: str):
    same = photographs()[:1].repeat(2, 1, 1, 1)
    found = IMAGES[name](same, 5, seeded())
    assert (not torch.equal(found[0], found[1])) == (name in [*DRAWING, "elastic_transform"])


@pytest.mark.parametrize("name", ["defocus_blur", "motion_blur", "snow", "frost", "fog", "glass_blur"])
def test_larger_images_change_alike(name: str):
    """Made small again, the corrupted large image lies near the corrupted small one in how much it has changed."""
    amounts = []
    for side in (32, 96):
        images = photographs(side)
        small = F.interpolate(IMAGES[name](images, 4, seeded()), size=(32, 32), mode="area")
        amounts.append(float((small - photographs(32)).abs().mean()))
    assert 0.5 < amounts[1] / amounts[0] < 1.7


@pytest.mark.parametrize("severity", SEVERITIES)
def test_noise_has_its_moments(severity: int):
    grey = torch.full((64, 3, 32, 32), 0.4)
    deviation = (0.04, 0.06, 0.08, 0.09, 0.10)[severity - 1]
    assert float(gaussian_noise(grey, severity, seeded()).std()) == pytest.approx(deviation, rel=0.02)
    photons = (500, 250, 100, 75, 50)[severity - 1]
    shot = shot_noise(grey, severity, seeded())
    assert float(shot.mean()) == pytest.approx(0.4, rel=0.01)
    assert float(shot.var()) == pytest.approx(0.4 / photons, rel=0.05)
    share = (0.01, 0.02, 0.03, 0.05, 0.07)[severity - 1]
    impulse = impulse_noise(grey, severity, seeded())
    for extreme in (0.0, 1.0):
        assert float((impulse == extreme).float().mean()) == pytest.approx(share / 2, rel=0.1)


def test_blur_equals_scipy():
    images = photographs()
    expected = gaussian_filter(images.numpy(), (0, 0, 1.3, 1.3), mode="mirror", truncate=4.0)
    assert np.abs(blur(images, 1.3).numpy() - expected).max() < 1e-5


def test_look_up_and_zoom_equal_scipy():
    image, generator = photographs(24)[:1, :1].double(), np.random.default_rng(0)
    rows, columns = generator.uniform(-3, 26, size=(2, 24, 24))
    for reflect, mode in ((False, "nearest"), (True, "reflect")):
        found = look_up(image, torch.from_numpy(rows)[None], torch.from_numpy(columns)[None], reflect=reflect)
        expected = map_coordinates(image[0, 0].numpy(), [rows, columns], order=1, mode=mode)
        assert np.abs(found[0, 0].numpy() - expected).max() < 1e-10
    places = (np.arange(24) - 11.5) / 1.2 + 11.5
    expected = map_coordinates(image[0, 0].numpy(), np.meshgrid(places, places, indexing="ij"), order=1)
    assert np.abs(zoom(image, 1.2)[0, 0].numpy() - expected).max() < 1e-10


def test_defocus_is_a_disk():
    point = torch.zeros(1, 1, 32, 32)
    point[0, 0, 16, 16] = 1
    spread = defocus_blur(point, 5, seeded())[0, 0, 15:18, 15:18]  # all within a radius of 1.5
    assert torch.allclose(spread, torch.full((3, 3), 1 / 9), atol=1e-4)


@pytest.mark.parametrize("side", [16, 28])
def test_every_severity_changes_small_images(side: int):
    images = photographs(side)
    for name, corrupt in IMAGES.items():
        changes = [float((corrupt(images, severity, seeded()) - images).abs().mean()) for severity in SEVERITIES]
        assert min(changes) > 1e-4, name
        if name in ("defocus_blur", "motion_blur"):  # a disk below one pixel would make the strongest the weakest
            assert changes[4] > changes[2] > changes[0], name


def test_a_streak_goes_one_way():
    point = torch.zeros(2, 1, 9, 9)
    point[:, 0, 4, 4] = 1
    found = streak(point, torch.tensor([0.0, 90.0]), radius=2.0, sigma=1.0)
    assert torch.allclose(found[0, 0], found[1, 0].T, atol=1e-6)
    assert found[0, 0, 4].count_nonzero() > 3
    assert found[0, 0].sum(1).count_nonzero() == 1


def test_glass_keeps_values_near_their_place():
    ramp = torch.arange(32.0).expand(1, 1, 32, 32) / 31
    moved = (glass_blur(ramp, 1, seeded()) - ramp).abs() * 31
    assert 0.2 < float(moved.mean())
    assert float(moved.max()) < 1.01


def test_brightness_equals_skimage():
    images = photographs()
    for severity, more in zip(SEVERITIES, (0.05, 0.1, 0.15, 0.2, 0.3), strict=True):
        hsv = rgb2hsv(images.double().numpy(), channel_axis=1)
        hsv[:, 2] = (hsv[:, 2] + more).clip(0, 1)
        expected = hsv2rgb(hsv, channel_axis=1)
        assert np.abs(brightness(images, severity, seeded()).numpy() - expected).max() < 1e-5


def test_contrast_keeps_the_mean_and_scales_the_deviation():
    images = photographs()
    found = contrast(images, 5, seeded())
    assert torch.allclose(found.mean((2, 3)), images.mean((2, 3)), atol=1e-5)
    assert torch.allclose(found.std((2, 3)), 0.15 * images.std((2, 3)), atol=1e-5)


def test_pixelate_equals_pillow():
    image = photographs()[0]
    whole = Image.fromarray((image[0] * 255).round().byte().numpy())
    there = whole.resize((20, 20), Image.Resampling.BOX).resize((32, 32), Image.Resampling.BOX)
    exact = (image[:1] * 255).round()[None] / 255
    found = pixelate(exact, 5, seeded())[0, 0].numpy() * 255
    assert np.median(np.abs(found - np.asarray(there, dtype=np.float64))) < 4
    assert len(np.unique(found)) <= 20 * 20


def test_elastic_without_draws_of_a_corner_is_affine():
    """At the first severity nothing is stretched: a plane stays a plane away from the mirrored borders."""
    rows = torch.linspace(0, 1, 32).view(1, 1, 32, 1).expand(1, 1, 32, 32).contiguous()
    found = elastic_transform(rows, 1, seeded(3))[0, 0, 12:20, 12:20].double()
    second = found[2:] - 2 * found[1:-1] + found[:-2]
    assert second.abs().max() < 1e-5
    assert not torch.allclose(found, rows[0, 0, 12:20, 12:20].double(), atol=1e-3)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_jpeg_equals_pillow(severity: int):
    quality = (80, 65, 58, 50, 40)[severity - 1]
    for image in load_sample_images().images:
        for pixels in (image[150:246, 200:290], image[150:246, 200:290, 1]):
            written = io.BytesIO()
            Image.fromarray(pixels).save(written, "JPEG", quality=quality)
            expected = np.asarray(Image.open(written), dtype=np.float64)
            given = torch.from_numpy(np.atleast_3d(pixels).copy()).permute(2, 0, 1)[None].double() / 255
            found = jpeg_compression(given, severity, seeded())[0].permute(1, 2, 0).squeeze().numpy() * 255
            lost = np.abs(pixels - expected).mean()
            assert np.abs(found - expected).mean() < 0.25 * lost  # rounding differs, what is lost does not


def test_jpeg_at_the_wrong_quality_is_seen():
    image = load_sample_images().images[0][150:246, 200:296, 1]
    given = torch.from_numpy(image.copy())[None, None].double() / 255
    written = io.BytesIO()
    Image.fromarray(image).save(written, "JPEG", quality=80)
    expected = np.asarray(Image.open(written), dtype=np.float64)
    found = jpeg_compression(given, 5, seeded())[0, 0].numpy() * 255
    assert np.abs(found - expected).mean() > 0.5 * np.abs(image - expected).mean()


def test_weather_brightens_and_clouds_are_smooth():
    dark = torch.full((4, 3, 32, 32), 0.2)
    assert [float(snow(dark, s, seeded()).mean()) > 0.2 for s in SEVERITIES] == [True] * 5
    flat = fog(photographs(), 5, seeded())
    assert float(flat.std()) < float(photographs().std())
    rough = [float(cloud(dark, decay, seeded()).diff(dim=3).abs().mean()) for decay in (1.2, 2.0, 4.0)]
    assert rough[0] > rough[1] > rough[2]
