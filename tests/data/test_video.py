"""Video of any origin becomes clips, and what is broken or too short is left out and counted."""

import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from video_files import numbers_of, shades, write_video

from selftaught.core import UserError
from selftaught.data import check_kind, open_video, read_clips
from selftaught.data import video_decode as decoding


def clip_numbers(source, row):
    return numbers_of(source.batch([row]).frames[0].permute(0, 2, 3, 1).numpy())


def write_frames(folder, count, size=(32, 24)):
    folder.mkdir(parents=True)
    for number in range(count):
        Image.new("RGB", size, (8 * number,) * 3).save(folder / f"frame{number}.png")


def test_arrays_are_cut_into_clips_that_cover_all_of_them():
    source = open_video([shades(9), shades(4)], clip_frames=4, image_size=16).train
    assert [clip_numbers(source, row) for row in range(len(source))] == [
        [0, 1, 2, 3],
        [2, 3, 4, 5],
        [5, 6, 7, 8],
        [0, 1, 2, 3],
    ]
    assert source.facts() == {"videos": 2, "clip_frames": 4, "frame_stride": 1, "size": (16, 16)}
    assert source.columns["video"].tolist() == ["0", "0", "0", "1"]


def test_a_stride_leaves_frames_out_and_not_at_the_end():
    source = open_video([shades(12)], clip_frames=3, frame_stride=4, image_size=16).train
    assert [clip_numbers(source, row) for row in range(len(source))] == [[0, 4, 8], [3, 7, 11]]


def test_the_central_square_in_the_right_order_of_colours():
    frame = np.zeros((24, 40, 3), np.uint8)
    frame[:, 8:32] = (250, 120, 10)
    found = open_video([np.stack([frame] * 2)], clip_frames=2, image_size=24).train.batch([0]).frames
    assert found.dtype == torch.uint8
    assert found[0, 0, :, 12, 12].tolist() == [250, 120, 10]
    assert found.flatten(3).amin(3).equal(found.flatten(3).amax(3))  # nothing of the black sides


def test_folders_of_frames_with_classes_and_parts(tmp_path):
    for part, videos in {"train": ("walk/a", "walk/b", "run/c"), "test": ("walk/d", "run/e")}.items():
        for video in videos:
            write_frames(tmp_path / part / video, 12)
    check_kind(tmp_path, "video", "video_colorization")  # images may be frames
    splits = open_video(tmp_path, clip_frames=12, image_size=16)
    assert splits.found.startswith("folder of 3 clips of 12 frames from 3 videos, 2 classes, 16x16; kept out: 2 clips")
    assert (splits.train.classes, splits.train.labels.tolist()) == (("run", "walk"), [0, 1, 1])
    assert clip_numbers(splits.train, 0) == list(range(12))  # frame10 after frame9
    assert open_video(tmp_path, image_size=16, labelled=False).train.labels is None


def test_array_files(tmp_path):
    clips = np.stack([shades(4), shades(4)])
    np.savez(tmp_path / "a.npz", clips=clips, labels=[1, 0])
    np.save(tmp_path / "b.npy", clips)
    assert open_video(tmp_path / "a.npz", image_size=16).train.labels.tolist() == [1, 0]
    assert len(open_video(tmp_path / "b.npy", image_size=16).train) == 2
    np.savez(tmp_path / "c.npz", frames=clips)
    with pytest.raises(UserError, match="has no array 'clips'"):
        open_video(tmp_path / "c.npz")
    np.save(tmp_path / "d.npy", clips[0])
    with pytest.raises(UserError, match=r"expected an array \(videos, frames, .*\), got \(4, 24, 32, 3\)"):
        open_video(tmp_path / "d.npy")


@pytest.mark.parametrize(("ending", "codec"), [("mp4", "mpeg4"), ("mkv", "mpeg4"), ("avi", "mpeg4"), ("avi", "mjpeg")])
def test_files_give_the_frames_that_were_asked_for(tmp_path, ending, codec):
    path = tmp_path / f"a.{ending}"
    write_video(path, shades(27), codec=codec)
    reader = decoding.VideoFileReader([path])
    assert reader.count(0) == 27
    for numbers in ([0], [26], [5, 6, 7], [11, 17, 23]):
        assert numbers_of(reader.read(0, numbers, 16)) == numbers
    assert numbers_of(pickle.loads(pickle.dumps(reader)).read(0, [9], 16)) == [9]  # in a process that has not counted


def test_a_folder_of_files_leaves_out_what_is_broken_or_short(tmp_path):
    write_video(tmp_path / "good.mp4", shades(9))
    write_video(tmp_path / "short.mp4", shades(2))
    whole = (tmp_path / "good.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no video")
    splits = open_video(tmp_path, image_size=16)
    assert {each.key for each in splits.train.skipped} == {"short.mp4", "cut.mp4", "empty.mp4"}
    assert "3 videos skipped" in splits.found
    reasons = {each.key: each.reason for each in splits.train.skipped}
    assert reasons["short.mp4"] == "it has 2 frames, fewer than the 4 that a clip spans"
    with pytest.raises(UserError, match="cannot be used"):
        open_video(tmp_path, image_size=16, strict=True)
    (tmp_path / "good.mp4").unlink()
    with pytest.raises(UserError, match="none of 3 videos could be used"):
        open_video(tmp_path, image_size=16)


def test_only_what_lies_around_a_clip_is_decoded(tmp_path, monkeypatch):
    path = write_video(tmp_path / "long.mp4", shades(30, 16, 16), key_every=5)
    source = open_video(path, clip_frames=3, image_size=16).train
    made = []
    monkeypatch.setattr(decoding, "square", lambda picture, side: made.append(picture) or picture)
    source.batch([9])
    assert len(made) == 3


def test_tables_hold_encoded_files(tmp_path):
    import pyarrow
    from pyarrow import parquet

    encoded = write_video(tmp_path / "a.mp4", shades(5)).read_bytes()
    rows = [{"video": {"bytes": encoded, "path": "a.mp4"}}, {"video": {"bytes": b"no video", "path": "b.mp4"}}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    source = open_video(tmp_path / "a.parquet", image_size=16).train
    assert (len(source), len(source.skipped)) == (2, 1)
    assert clip_numbers(source, 1) == [1, 2, 3, 4]


def test_a_video_that_vanishes_is_named(tmp_path):
    write_frames(tmp_path / "videos" / "a", 4)
    source = open_video(tmp_path / "videos", image_size=16).train
    (tmp_path / "videos" / "a" / "frame2.png").unlink()
    with pytest.raises(UserError, match=r"videos: a, frame 0 cannot be read after all: frame2\.png"):
        source.batch([0])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("moving-cloths", "no file or folder 'moving-cloths': did you mean 'moving-clothes'"),
        ([np.zeros((4, 8, 8), np.uint8)], r"its shape is \(4, 8, 8\), expected \(frames, height, width, 3\)"),
        ([np.zeros((4, 8, 8, 3))], "it holds float64, expected uint8"),
        ([3], "expected videos as arrays"),
        (3, "int is no set of videos"),
    ],
)
def test_what_is_no_video_is_refused(data, message):
    with pytest.raises(UserError, match=message):
        open_video(data)


def test_a_folder_without_video_and_wrong_numbers(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "one.png")  # in no sub-folder
    with pytest.raises(UserError, match=r"holds no video: expected files that end in \.mp4"):
        open_video(tmp_path)
    with pytest.raises(UserError, match="expected clip_frames and frame_stride of at least 1"):
        open_video([shades(4)], frame_stride=0)


def test_without_av_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(UserError, match=r"pip install selftaught\[video\]"):
        open_video(tmp_path)


def test_clips_in_hand(tmp_path):
    path = write_video(tmp_path / "a.mp4", shades(8))
    found = read_clips(path, clip_frames=4, frame_stride=1, image_size=16).frames
    assert found.shape == (2, 4, 3, 16, 16)
    assert read_clips(shades(8), clip_frames=4, frame_stride=1, image_size=16).frames.shape == (2, 4, 3, 16, 16)


def test_statistics_and_colours_are_those_of_the_clips():
    halves = np.zeros((2, 4, 16, 16, 3), np.uint8)
    halves[:, :, :, :8] = (255, 0, 0)
    source = open_video(halves, image_size=16).train
    assert np.allclose(source.statistics(), [(0.5, 0.0, 0.0), (0.5, 1 / 255, 1 / 255)])
    assert np.allclose(source.palette(2), [(0, 0), (80.09, 67.20)], atol=0.05)  # black, and red as RGB
    with pytest.raises(UserError, match="expected pictures with at least 3 colours, and at least 2, got 2"):
        source.palette(3)
