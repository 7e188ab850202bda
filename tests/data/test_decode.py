import io

import numpy as np
import pytest
from PIL import Image

from selftaught.core import UserError
from selftaught.data.decode import BrokenImage, bombs_raise, decode, decode_array, decode_picture, extensions, longest

COLOUR = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)
GREY = COLOUR[..., 0]


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "PPM", "TGA"])
def test_lossless_formats_give_the_exact_pixels(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    decoded = decode(encoded(Image.fromarray(COLOUR), kind, **options))
    assert np.array_equal(decoded.pixels, COLOUR.transpose(2, 0, 1))
    assert decoded.stored_size == (6, 9)
    assert decoded.pixels.flags.c_contiguous


def test_grey_gives_one_channel():
    assert np.array_equal(decode(encoded(Image.fromarray(GREY))).pixels, GREY[None])


def test_one_bit_becomes_black_and_white():
    bits = GREY > 127
    assert np.array_equal(decode(encoded(Image.fromarray(bits))).pixels[0], np.where(bits, 255, 0))


def test_a_palette_is_looked_up():
    image = Image.fromarray(np.array([[0, 1], [2, 1]], dtype=np.uint8), "L").convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    expected = [[[10, 40], [70, 40]], [[20, 50], [80, 50]], [[30, 60], [90, 60]]]
    assert decode(encoded(image)).pixels.tolist() == expected


def test_a_transparent_palette_entry_shows_white():
    image = Image.fromarray(np.array([[0, 1]], dtype=np.uint8), "L").convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60])
    assert decode(encoded(image, transparency=0)).pixels[:, 0].tolist() == [[255, 40], [255, 50], [255, 60]]


@pytest.mark.parametrize("alpha", [0, 51, 255])
def test_alpha_is_laid_over_white(alpha):
    image = Image.new("RGBA", (2, 2), (100, 0, 200, alpha))
    expected = [round(colour * alpha / 255 + 255 * (1 - alpha / 255)) for colour in (100, 0, 200)]
    assert np.abs(decode(encoded(image)).pixels[:, 0, 0].astype(int) - expected).max() <= 1


def test_grey_with_alpha_stays_grey():
    pixels = decode(encoded(Image.new("LA", (2, 2), (100, 0)))).pixels
    assert pixels.tolist() == [[[255, 255], [255, 255]]]


def test_a_transparent_colour_key_shows_white():
    image = Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], dtype=np.uint8))
    assert decode(encoded(image, transparency=(1, 2, 3))).pixels[:, 0].tolist() == [[255, 4], [255, 5], [255, 6]]


def test_cmyk_becomes_rgb():
    image = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    assert np.abs(decode(encoded(image, "TIFF")).pixels[:, 0, 0].astype(int) - [0, 255, 255]).max() == 0


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_every_level(kind):
    levels = np.array([[0, 1, 255, 256], [32768, 40000, 65534, 65535]], dtype=np.uint16)
    pixels = decode(encoded(Image.fromarray(levels), kind)).pixels
    assert pixels.dtype == np.float32
    assert np.array_equal(np.round(pixels[0] * 65535).astype(np.uint16), levels)
    assert pixels.max() == 1.0


def test_integers_beyond_sixteen_bits_are_broken():
    image = Image.fromarray(np.array([[0, 70000]], dtype=np.int32))
    with pytest.raises(BrokenImage, match="0 to 70000 do not fit 16 bits"):
        decode(encoded(image, "TIFF"))


def test_float_files_stay_as_they_are():
    values = np.array([[0.0, 0.25], [0.5, 1.0]], dtype=np.float32)
    assert np.array_equal(decode(encoded(Image.fromarray(values), "TIFF")).pixels[0], values)


def test_float_files_outside_the_unit_interval_are_the_users_to_mend(tmp_path):
    path = tmp_path / "depth.tif"
    Image.fromarray(np.array([[0.0, 17.5]], dtype=np.float32)).save(path)
    with pytest.raises(UserError, match=r"depth\.tif: floating-point images must lie in 0\.\.1, got 0 to 17\.5"):
        decode(path)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_brings_the_image_upright(orientation):
    upright = np.zeros((4, 6, 3), dtype=np.uint8)
    upright[0, 0] = 255  # the corner that must end at the top left
    back = {
        1: lambda image: image,
        2: np.fliplr,
        3: lambda image: np.rot90(image, 2),
        4: np.flipud,
        5: lambda image: image.swapaxes(0, 1),
        6: lambda image: np.rot90(image, 1),
        7: lambda image: np.rot90(image, 2).swapaxes(0, 1),
        8: lambda image: np.rot90(image, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(encoded(Image.fromarray(np.ascontiguousarray(back(upright))), exif=exif))
    assert np.array_equal(decoded.pixels, upright.transpose(2, 0, 1))
    assert decoded.stored_size == (4, 6)


def test_the_first_frame_of_an_animation_is_taken():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(content).pixels[:, 0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_a_truncated_file_is_broken(kind):
    content = encoded(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)), kind)
    with pytest.raises(BrokenImage):
        decode(content[: len(content) // 2])


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\nnonsense", b"<html></html>", bytes(100)])
def test_a_file_that_is_no_image_is_broken(content):
    with pytest.raises(BrokenImage):
        decode(content)


def test_a_missing_file_is_broken_and_says_so(tmp_path):
    with pytest.raises(BrokenImage, match="No such file"):
        decode(tmp_path / "gone.png")


def test_postscript_never_reaches_ghostscript():
    with pytest.raises(BrokenImage, match="no image"):
        decode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n")


@pytest.mark.parametrize("limit", [53, 20])  # beyond it Pillow warns; beyond twice as much it raises
def test_a_decompression_bomb_is_broken(monkeypatch, limit):
    content = encoded(Image.fromarray(COLOUR))  # 54 pixels
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with bombs_raise(), pytest.raises(BrokenImage, match=r"54 pixels|more than 53 pixels"):
        decode(content)


def test_an_image_at_the_limit_is_none(monkeypatch):
    content = encoded(Image.fromarray(COLOUR))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 54)
    assert decode(content).pixels.shape == (3, 6, 9)


@pytest.mark.parametrize(("image_size", "expected"), [(224, 512), (28, 64), (32, 74), (None, None)])
def test_longest_is_twice_eight_sevenths(image_size, expected):
    assert longest(image_size) == expected


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_large_images_are_reduced_and_remember_their_size(kind):
    ramp = np.linspace(0, 255, 1200).astype(np.uint8)
    image = Image.fromarray(np.repeat(np.tile(ramp, (900, 1))[..., None], 3, axis=2))
    decoded = decode(encoded(image, kind), longest_side=100)
    assert decoded.pixels.shape == (3, 75, 100)
    assert decoded.stored_size == (900, 1200)
    expected = ramp.reshape(100, 12).mean(1)
    assert np.abs(decoded.pixels[0, 40] - expected)[2:-2].max() < 4


def test_reduction_is_antialiased():
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (64, 32))
    assert np.abs(decode(encoded(Image.fromarray(stripes)), longest_side=16).pixels[0, :, 2:-2] - 127.5).max() < 3


def test_small_images_are_not_enlarged():
    assert decode(encoded(Image.fromarray(COLOUR)), longest_side=100).pixels.shape == (3, 6, 9)


def test_deep_images_are_reduced_in_float():
    levels = np.full((40, 40), 12345, dtype=np.uint16)
    pixels = decode(encoded(Image.fromarray(levels)), longest_side=10).pixels
    assert pixels.shape == (1, 10, 10)
    assert np.allclose(pixels, 12345 / 65535, atol=1e-7)


def test_a_picture_and_its_file_decode_alike():
    image = Image.fromarray(COLOUR)
    assert np.array_equal(decode_picture(image).pixels, decode(encoded(image)).pixels)


def test_arrays_of_many_channels_are_reduced_each():
    pixels = np.stack([np.full((40, 20), value, dtype=np.uint8) for value in range(5)])
    decoded = decode_array(pixels, longest_side=10)
    assert decoded.pixels.shape == (5, 10, 5)
    assert decoded.pixels[:, 3, 3].tolist() == [0, 1, 2, 3, 4]


def test_endings_leave_out_what_is_not_decoded():
    assert {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".webp"} <= extensions()
    assert not {".eps", ".ps", ".h5", ".mpg", ".pdf", ".wmf"} & extensions()
