"""From raw video to an evaluated encoder, with its colours kept and what it follows drawn."""

import json

import numpy as np
import pytest
import torch

import selftaught
from selftaught.core import UserError
from selftaught.data import make_moving_clothes
from selftaught.runs.embedding import embed

SETTINGS = {
    "image_size": 16,
    "colours": 6,
    "encoder.middle_width": 8,
    "encoder.width": 8,
    "epochs": 1,
    "batch_size": 8,
    "device": "cpu",
    "precision": "float32",
}


def clips(path):
    """Videos of two kinds: as they are, and in red."""
    made = make_moving_clothes(24, frames=4, image_size=16, part="train")
    frames = (made.frames * 255).to(torch.uint8).permute(0, 1, 3, 4, 2).numpy().copy()
    labels = np.arange(24) % 2
    frames[labels == 1, ..., 1:] //= 4
    np.savez(path, clips=frames, labels=labels)
    return path


@pytest.fixture
def run(tmp_path):
    data = clips(tmp_path / "videos.npz")
    return selftaught.pretrain("video_colorization", data, tmp_path / "run", settings=SETTINGS), data


def test_a_run_from_its_beginning_to_its_report(run):
    done, data = run
    record = done.record
    assert (record.data.kind, record.data.items, record.steps) == ("video", 24, 3)
    saved = json.loads((done.folder.encoder / "config.json").read_text())["preprocessing"]
    assert np.array(saved["palette"]).shape == (6, 2)
    assert record.preprocessing["palette"] == saved["palette"]  # found once, kept with the run
    names = [file.name for file in sorted(done.folder.pictures.iterdir())]
    assert names == [
        "0-points-followed-in-clips-to-learn-from.png",
        "1-true-masks-and-points.png",
        "2-followed-from-the-first-frame.png",
    ]
    found = selftaught.evaluate(done, data, protocols="knn,energy,own_task,propagation")
    assert found["items"] == {"train": 19, "test": 5}
    assert set(found["energy"]["trained"]) == {
        "target of another clip",
        "colours of another clip",
        "colours in other places",
    }
    assert 0 < found["own_task"]["colour_accuracy"]["chance"] < 1
    followed = found["protocols"]["propagation"]
    assert set(followed["copied"]) == {"inner product", "cosine"}
    assert followed["ceiling"]["region_similarity"] > followed["staying"]["region_similarity"]
    assert set(found["controls"]["random_start"]["propagation"]["copied"]) == {"inner product", "cosine"}
    page = done.folder.report.read_text()
    assert "Following what moves" in page
    assert "the few colours that stand for theirs" in page
    with pytest.raises(UserError, match="dense: needs an encoder of images, and this one is of video"):
        selftaught.evaluate(done, data, protocols="dense")


def test_it_goes_on_with_the_colours_it_had(run):
    done, _ = run
    before = json.loads((done.folder.encoder / "config.json").read_text())
    selftaught.resume(done.path, epochs=2)
    after = json.loads((done.folder.encoder / "config.json").read_text())
    assert after == before


def test_vectors_of_clips_and_of_videos_in_hand(run, tmp_path):
    done, data = run
    with np.load(embed(done, data, tmp_path / "vectors.npz", overwrite=True)) as arrays:
        assert arrays["embedding"].shape == (24, 8)
    encoder = selftaught.load_encoder(done)
    assert encoder(np.zeros((9, 20, 30, 3), np.uint8)).shape == (3, 8)  # three clips cover nine frames
    with pytest.raises(UserError, match="it has 3 frames, fewer than the 4 that a clip spans"):
        encoder(np.zeros((3, 20, 30, 3), np.uint8))


def test_other_kinds_are_refused(tmp_path):
    with pytest.raises(UserError, match="video_colorization learns from video, and fashion-mnist-10k holds images"):
        selftaught.pretrain("video_colorization", "fashion-mnist-10k", tmp_path / "other", settings=SETTINGS)
    with pytest.raises(UserError, match="simclr learns from images, and moving-clothes holds video"):
        selftaught.pretrain("simclr", "moving-clothes", tmp_path / "other")
    with pytest.raises(UserError, match="clip_frames: expected at least 2, got 1"):
        selftaught.pretrain(
            "video_colorization", "moving-clothes", tmp_path / "other", settings=SETTINGS | {"clip_frames": 1}
        )
    grey = np.zeros((9, 4, 16, 16, 3), np.uint8)
    with pytest.raises(UserError, match="expected pictures with at least 6 colours"):
        selftaught.pretrain("video_colorization", grey, tmp_path / "other", settings=SETTINGS)


@pytest.fixture
def grey():
    made = make_moving_clothes(24, frames=6, image_size=16, part="train")
    frames = (made.frames.mean(2) * 255).to(torch.uint8)
    return frames[..., None].expand(-1, -1, -1, -1, 3).numpy().copy()


@pytest.mark.parametrize("method", ["future_frames", "dpc", "svg_lp"])
def test_only_a_method_of_colours_needs_some(method, grey, tmp_path):
    settings = {**SETTINGS, "clip_frames": 6, "past_frames": 3, "state_width": 8}
    done = selftaught.pretrain(method, grey, tmp_path / "run", settings=settings)
    assert done.encoder().preprocessing.palette == ()
    assert selftaught.evaluate(done, grey, protocols="own_task,energy")["own_task"]


def test_without_colours_there_are_none_to_copy(grey, tmp_path):
    with pytest.raises(UserError, match="at least 16 colours, and at least 2, got 1"):
        selftaught.pretrain("video_colorization", grey, tmp_path / "run", settings={**SETTINGS, "colours": 16})
    assert not (tmp_path / "run" / "encoder").exists()
