import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset, IterableDataset, TensorDataset

from selftaught.core import UserError
from selftaught.data import open_images

IMAGES = torch.randint(0, 256, (6, 3, 8, 10), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


class Pairs(Dataset):
    def __init__(self, make):
        self.make = make

    def __len__(self):
        return len(IMAGES)

    def __getitem__(self, row):
        return self.make(IMAGES[row], row)


@pytest.mark.parametrize(
    "make",
    [
        lambda image, row: image,
        lambda image, row: image.numpy(),
        lambda image, row: image.permute(1, 2, 0).numpy(),
        lambda image, row: Image.fromarray(image.permute(1, 2, 0).numpy()),
        lambda image, row: (image, row % 2, "more"),
        lambda image, row: {"image": image, "label": torch.tensor(row % 2)},
    ],
)
def test_every_kind_of_item_gives_the_same_pixels(make):
    splits = open_images(Pairs(make))
    assert torch.equal(splits.train.batch([4, 1]).pixels, IMAGES[[4, 1]])
    assert splits.found.startswith("data set of 6 images")


@pytest.mark.parametrize("as_label", [int, np.int64, torch.tensor, lambda row: np.array([row])])
def test_whole_numbers_beside_the_image_are_labels(as_label):
    source = open_images(Pairs(lambda image, row: (image, as_label(row)))).train
    assert source.labels.tolist() == list(range(6))


@pytest.mark.parametrize("label", ["cat", 0.5, None, torch.zeros(4)])
def test_anything_else_is_no_label(label):
    assert open_images(Pairs(lambda image, row: (image, label))).train.labels is None


def test_labels_are_left_alone_unless_wanted():
    assert open_images(Pairs(lambda image, row: (image, row)), labelled=False).train.labels is None


def test_a_tensor_data_set_and_a_list_are_map_style():
    assert open_images(TensorDataset(IMAGES, torch.arange(6))).train.labels.tolist() == list(range(6))
    assert torch.equal(open_images(list(IMAGES)).train.batch([2]).pixels[0], IMAGES[2])


def test_float_items_must_lie_in_the_unit_interval():
    assert open_images(list(IMAGES / 255)).train.batch([0]).pixels.dtype == torch.float32
    with pytest.raises(UserError, match=r"item 0: floating-point images must lie in 0\.\.1"):
        open_images(list(IMAGES.float()))


def test_grey_items_without_a_channel_axis():
    assert open_images([np.zeros((8, 9), dtype=np.uint8)]).train.channels == 1


def test_items_of_many_channels_keep_them():
    source = open_images([np.zeros((12, 16, 16), dtype=np.uint8)]).train
    assert (source.channels, source.size) == (12, (16, 16))


def test_items_whose_channels_differ_are_refused():
    with pytest.raises(UserError, match="cannot turn 1 channels into 5"):
        open_images([np.zeros((5, 9, 9), dtype=np.uint8), np.zeros((9, 9), dtype=np.uint8)])


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("nowhere.png", "none of 1 images could be read: 0: No such file"),
        (b"a.png", "item 0 of the data set is bytes: expected a PIL image"),
        ({"text": "no"}, "item 0 of the data set has no field 'image'; it has: text"),
        (np.zeros(8, dtype=np.uint8), "item 0 of shape"),
        (np.zeros((3, 3, 3), dtype=np.uint8), "cannot tell which axis"),
    ],
)
def test_items_that_are_no_images_are_refused(item, said):
    with pytest.raises(UserError, match=said):
        open_images([item])


def test_an_error_of_the_users_own_code_is_shown():
    with pytest.raises(ZeroDivisionError):
        open_images(Pairs(lambda image, row: 1 / 0))


def test_a_file_that_the_data_set_cannot_open_is_skipped():
    def make(image, row):
        if row == 2:
            raise OSError("image file is truncated")
        return image

    source = open_images(Pairs(make)).train
    assert list(source.skipped) == [("2", "image file is truncated")]
    assert list(source.keys) == ["0", "1", "3", "4", "5"]


def test_each_item_is_read_once():
    read = []
    open_images(Pairs(lambda image, row: read.append(row) or image)).train.batch([0, 1, 1])
    assert read == list(range(6))


def test_streams_are_refused():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(IMAGES)

    with pytest.raises((UserError, TypeError)):
        open_images(Stream())


def test_an_empty_data_set_is_refused():
    with pytest.raises(UserError, match="holds no images"):
        open_images([])
