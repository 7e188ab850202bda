import numpy as np
import pytest
import torch
from PIL import Image

from selftaught.core import UserError
from selftaught.data import ArraySource, open_images
from selftaught.data.listing import part_of

RANDOM = np.random.default_rng(0)


def write(path, height=8, width=8, *, grey=False, value=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (height, width) if grey else (height, width, 3)
    pixels = RANDOM.integers(0, 256, shape, dtype=np.uint8) if value is None else np.full(shape, value, dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def test_a_flat_folder_has_no_labels(tmp_path):
    pixels = {f"{name}.png": write(tmp_path / f"{name}.png") for name in "cab"}
    splits = open_images(tmp_path)
    assert splits.train.labels is None
    assert splits.train.classes is None
    assert list(splits.train.keys) == ["a.png", "b.png", "c.png"]
    assert isinstance(splits.train, ArraySource)
    for row, key in enumerate(splits.train.keys):
        assert np.array_equal(splits.train.batch([row]).pixels[0].permute(1, 2, 0), pixels[key])
    assert splits.found == "folder of 3 images, RGB, 8x8"


def test_class_sub_folders_are_classes(tmp_path):
    for name in ("dog/1", "cat/2", "cat/deep/3", "owl/0"):
        write(tmp_path / f"{name}.png")
    splits = open_images(str(tmp_path))
    assert splits.train.classes == ("cat", "dog", "owl")
    assert list(splits.train.keys) == ["cat/2.png", "cat/deep/3.png", "dog/1.png", "owl/0.png"]
    assert splits.train.labels.tolist() == [0, 0, 1, 2]
    assert splits.found == "folder of 4 images, 3 classes, RGB, 8x8"


def test_labels_are_not_looked_at_unless_wanted(tmp_path):
    write(tmp_path / "cat/1.png")
    write(tmp_path / "dog/1.png")
    assert open_images(tmp_path, labelled=False).train.labels is None


def test_folders_that_hold_everything_are_no_classes(tmp_path):
    for name in ("images/cat/1", "images/dog/2"):
        write(tmp_path / "archive" / f"{name}.png")
    assert open_images(tmp_path).train.classes == ("cat", "dog")
    assert open_images(tmp_path / "archive/images/cat").train.labels is None


def test_an_image_beside_sub_folders_means_no_classes(tmp_path):
    write(tmp_path / "top.png")
    write(tmp_path / "2023/a.png")
    write(tmp_path / "2024/b.png")
    assert open_images(tmp_path).train.labels is None
    assert len(open_images(tmp_path).train) == 3


@pytest.mark.parametrize("kept_out", ["test", "Val", "validation"])
def test_train_and_test_sub_folders_are_parts(tmp_path, kept_out):
    for name in ("Train/dog/1", "Train/cat/2", "Train/cat/3", f"{kept_out}/cat/4", f"{kept_out}/dog/5"):
        write(tmp_path / f"{name}.png")
    splits = open_images(tmp_path)
    assert splits.train.labels.tolist() == [0, 0, 1]
    assert splits.test.labels.tolist() == [0, 1]
    assert splits.test.classes == ("cat", "dog")
    assert list(splits.test.keys) == ["cat/4.png", "dog/5.png"]


def test_test_goes_before_validation(tmp_path):
    for part, count in (("train", 3), ("val", 2), ("test", 1)):
        for number in range(count):
            write(tmp_path / part / f"{number}.png")
    splits = open_images(tmp_path)
    assert (len(splits.train), len(splits.test)) == (3, 1)
    assert splits.test.labels is None


def test_a_test_part_may_lack_classes_but_not_add_any(tmp_path):
    for name in ("train/cat/1", "train/dog/2", "test/dog/3"):
        write(tmp_path / f"{name}.png")
    assert open_images(tmp_path).test.labels.tolist() == [1]
    write(tmp_path / "test/dgo/4.png")
    with pytest.raises(UserError, match=r"class 'dgo' is not among the 2 classes of .*/train: did you mean 'dog'\?"):
        open_images(tmp_path)
    assert len(open_images(tmp_path, labelled=False).test) == 2


def test_the_test_part_gets_the_channels_of_training(tmp_path):
    write(tmp_path / "train/a.png")
    write(tmp_path / "test/b.png", grey=True)
    splits = open_images(tmp_path)
    assert splits.train.channels == splits.test.channels == 3


def test_sizes_formats_and_modes_may_mix(tmp_path):
    expected = {}
    for number, (mode, ending) in enumerate(
        [("RGB", "bmp"), ("L", "PNG"), ("RGBA", "png"), ("P", "gif"), ("1", "tiff"), ("LA", "Png"), ("RGB", "webp")]
    ):
        size = (5 + number, 12 - number)
        Image.new("RGB", size, (255, 255, 255)).convert(mode).save(tmp_path / f"{number}.{ending}")
        expected[f"{number}.{ending}"] = size[::-1]
    Image.new("CMYK", (30, 20)).save(tmp_path / "7.JPG")
    expected["7.JPG"] = (20, 30)
    source = open_images(tmp_path).train
    assert source.channels == 3
    assert source.size is None
    batch = source.batch(range(len(source)))
    assert {key: tuple(size) for key, size in zip(source.keys, batch.sizes.tolist(), strict=True)} == expected
    assert batch.pixels.shape == (8, 3, 20, 30)
    assert batch.pixels.dtype == torch.uint8
    for pixels, (height, width) in zip(batch.pixels, batch.sizes.tolist(), strict=True):
        assert (pixels[:, :height, :width] >= 250).all()
        assert pixels.sum() == pixels[:, :height, :width].sum()  # the padding is zero


def test_grey_only_if_every_image_is_grey(tmp_path):
    write(tmp_path / "a.png", grey=True)
    write(tmp_path / "b.png", grey=True)
    assert open_images(tmp_path).train.channels == 1
    assert open_images(tmp_path, channels=3).train.batch([0]).pixels.shape == (1, 3, 8, 8)
    pixels = write(tmp_path / "c.png")
    assert open_images(tmp_path).train.channels == 3
    assert open_images(tmp_path, channels=1).train.channels == 1
    grey = np.asarray(Image.fromarray(pixels).convert("L"))
    assert np.array_equal(open_images(tmp_path, channels=1).train.batch([2]).pixels[0, 0], grey)


def test_one_deep_image_makes_all_float(tmp_path):
    shallow = write(tmp_path / "a.png", grey=True)
    deep = RANDOM.integers(0, 65536, (8, 8), dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "b.png")
    batch = open_images(tmp_path).train.batch([0, 1])
    assert batch.pixels.dtype == torch.float32
    assert np.allclose(batch.pixels[0, 0], shallow / 255, atol=1e-7)
    assert np.allclose(batch.pixels[1, 0], deep / 65535, atol=1e-7)


def test_large_images_are_bounded_by_the_image_size(tmp_path):
    write(tmp_path / "a.png", 300, 200)
    write(tmp_path / "b.jpg", 600, 800)
    splits = open_images(tmp_path, image_size=28)
    assert splits.train.batch([0, 1]).sizes.tolist() == [[64, 43], [48, 64]]
    assert splits.found == "folder of 2 images, RGB, 200x300 to 800x600"
    assert open_images(tmp_path).train.batch([0]).sizes.tolist() == [[300, 200]]


def test_broken_files_are_skipped_and_listed(tmp_path):
    for number in range(6):
        write(tmp_path / f"{'ab'[number % 2]}/{number}.png", value=40 * number)
    (tmp_path / "a/2.png").write_bytes((tmp_path / "a/2.png").read_bytes()[:50])
    (tmp_path / "b/text.jpg").write_text("hello")
    source = open_images(tmp_path).train
    assert [skipped.key for skipped in source.skipped] == ["a/2.png", "b/text.jpg"]
    assert source.skipped[1].reason == "no image, or its beginning is broken"
    assert list(source.keys) == ["a/0.png", "a/4.png", "b/1.png", "b/3.png", "b/5.png"]
    assert source.labels.tolist() == [0, 0, 1, 1, 1]
    assert source.batch(range(5)).pixels[:, 0, 0, 0].tolist() == [0, 160, 40, 120, 200]
    assert "2 skipped because they could not be read" in open_images(tmp_path).found


def test_strict_stops_at_the_first_broken_file(tmp_path):
    write(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"")
    (tmp_path / "c.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"b\.png cannot be read: no image"):
        open_images(tmp_path, strict=True)


def test_a_decompression_bomb_is_skipped(tmp_path, monkeypatch):
    write(tmp_path / "a.png", 4, 4)
    write(tmp_path / "b.png", 10, 11)
    write(tmp_path / "c.png", 20, 20)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    source = open_images(tmp_path).train
    assert list(source.keys) == ["a.png"]
    assert [skipped.key for skipped in source.skipped] == ["b.png", "c.png"]
    assert all("pixels" in skipped.reason for skipped in source.skipped)


def test_hidden_and_other_files_are_left_out(tmp_path):
    write(tmp_path / "a.png")
    write(tmp_path / ".b.png")
    write(tmp_path / ".cache/c.png")
    write(tmp_path / "__MACOSX/d.png")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "labels.csv").write_text("hello")
    splits = open_images(tmp_path)
    assert list(splits.train.keys) == ["a.png"]
    assert splits.found.endswith("; 2 other files ignored")


def test_links_are_followed_once(tmp_path):
    write(tmp_path / "elsewhere/a.png")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/loop").symlink_to(tmp_path / "photos")
    assert len(open_images(tmp_path / "photos").train) == 1


def test_folders_without_images_say_what_they_hold(tmp_path):
    with pytest.raises(UserError, match="holds no images: it is empty"):
        open_images(tmp_path)
    (tmp_path / "a.docx").write_text("hello")
    with pytest.raises(UserError, match=r"holds no images: 1 other files; images end in .*\.jpg"):
        open_images(tmp_path)
    (tmp_path / "a.jpg").write_text("hello")
    with pytest.raises(UserError, match=r"none of 1 images could be read: a\.jpg: no image"):
        open_images(tmp_path)


def test_other_channel_counts_are_refused(tmp_path):
    write(tmp_path / "a.png")
    with pytest.raises(UserError, match="cannot turn 3 channels into 4"):
        open_images(tmp_path, channels=4)


def test_the_pass_can_be_watched(tmp_path):
    for number in range(3):
        write(tmp_path / f"{number}.png")
    seen = []

    def track(items, what, total=None):
        seen.append((what, total))
        return items

    open_images(tmp_path, track=track)
    assert seen == [(f"checking {tmp_path.name}", 3)]


def test_nothing_is_written_into_the_users_folder(tmp_path):
    write(tmp_path / "a.png")
    before = sorted(path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.rglob("*")])
    open_images(tmp_path, image_size=8).train.batch([0])
    assert sorted(path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.rglob("*")]) == before


@pytest.mark.parametrize(("name", "part"), [("TRAIN", "train"), ("valid", "test"), ("trains", None), ("", None)])
def test_part_of(name, part):
    assert part_of(name) == part
