import base64
import io

import numpy as np
import torch
from PIL import Image

from selftaught.report import to_pictures
from selftaught.report.pictures import collage, data_uri, sheets


def opened(address):
    return Image.open(io.BytesIO(base64.b64decode(address.split(",")[1])))


def test_normalised_views_come_back():
    pixels = torch.arange(2 * 3 * 5 * 4, dtype=torch.uint8).reshape(2, 3, 5, 4)
    mean, deviation = (0.1, 0.5, 0.9), (0.2, 0.3, 0.4)
    shape = (1, 3, 1, 1)
    views = (pixels / 255 - torch.tensor(mean).reshape(shape)) / torch.tensor(deviation).reshape(shape)
    pictures = to_pictures(views, mean=mean, standard_deviation=deviation)
    assert np.array_equal(np.stack(pictures), pixels.permute(0, 2, 3, 1).numpy())
    assert to_pictures(views + 100, mean=mean, standard_deviation=deviation)[0].min() == 255
    assert to_pictures(views - 100, mean=mean, standard_deviation=deviation)[0].max() == 0


def test_small_pictures_lose_nothing_and_large_ones_shrink():
    small = np.random.default_rng(0).integers(0, 256, (64, 32, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(opened(data_uri(small))), small)
    large = opened(data_uri(np.zeros((1000, 500, 3), dtype=np.uint8)))
    assert (large.format, large.size) == ("WEBP", (72, 144))


def test_collage_puts_pictures_where_the_map_has_them():
    colours = {"red": (0.0, 0.0), "lime": (1.0, 0.0), "blue": (1.0, 1.0)}
    pictures = [np.asarray(Image.new("RGB", (40, 40), name)) for name in colours]
    sheet = np.asarray(opened(collage(np.array(list(colours.values())), pictures)).convert("RGBA")).astype(int)
    for picture, (x, y) in zip(pictures, colours.values(), strict=True):
        pixel = sheet[14 + round(y * (len(sheet) - 28)), 14 + round(x * (len(sheet) - 28))]
        assert np.abs(pixel[:3] - picture[0, 0]).max() < 12
        assert pixel[3] == 255
    assert (sheet[..., 3] == 0).mean() > 0.99  # all else is left clear


def test_of_two_in_a_cell_the_middle_one_is_drawn():
    positions = np.array([[0.0, 0.0], [1.0, 1.0], [0.5151, 0.5151], [0.5, 0.5]])  # the third is nearer to a middle
    pictures = [np.full((4, 4, 1), grey, dtype=np.uint8) for grey in (0, 0, 255, 90)]
    sheet = np.asarray(opened(collage(positions, pictures)).convert("RGBA")).astype(int)
    assert np.isin(255, sheet[17 * 28 + 14, 17 * 28 + 14, :3])


def test_sheets_hold_every_picture_in_its_place():
    shades = np.random.default_rng(0).integers(0, 256, 1100)
    found = sheets([np.full((9, 12, 1), shade, np.uint8) for shade in shades])
    assert (found.width, found.height, found.across, len(found.addresses)) == (12, 9, 32, 2)
    images = [Image.open(io.BytesIO(base64.b64decode(each.split(",")[1]))).convert("L") for each in found.addresses]
    for row in (0, 31, 32, 1023, 1024, 1099):
        place = row % 1024
        pixel = images[row // 1024].getpixel((place % 32 * 12 + 6, place // 32 * 9 + 4))
        assert abs(pixel - shades[row]) < 24  # of a format that loses a little


def test_sheets_of_thousands_of_photographs_fit_on_a_page():
    noise = np.random.default_rng(0).integers(0, 256, (4500, 64, 64, 3), dtype=np.uint8)
    found = sheets(list(noise))
    assert sum(map(len, found.addresses)) <= 6e6
    assert found.width >= 24
