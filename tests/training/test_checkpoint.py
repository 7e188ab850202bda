import errno
import os
import pickle
from pathlib import Path

import pytest
import torch

from selftaught.core import UserError
from selftaught.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


def checkpoint(step: int = 3) -> Checkpoint:
    return Checkpoint(
        step=step,
        total_steps=10,
        method={"weight": torch.full((50, 50), float(step))},
        optimiser={"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
        sampling_weights=None,
        metrics_bytes=12,
        seconds=1.5,
        losses={"loss": 0.25},
        unchangeable={"seed": 0, "optimiser": "adamw"},
    )


def test_it_comes_back_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints" / "last.ckpt"
    save_checkpoint(checkpoint(), path)
    back = load_checkpoint(path)
    assert torch.equal(back.method["weight"], checkpoint().method["weight"])
    assert (back.step, back.optimiser, back.losses) == (3, checkpoint().optimiser, {"loss": 0.25})
    assert os.listdir(path.parent) == ["last.ckpt"]


class FullDisk:
    """A file that takes so many bytes and no more."""

    def __init__(self, file, room: int) -> None:
        self.file, self.room = file, room

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, content) -> int:
        self.file.write(bytes(content)[: self.room])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("room", [0, 1000])
def test_a_full_disk_leaves_the_last_checkpoint(room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.ckpt"
    save_checkpoint(checkpoint(step=3), path)
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode: FullDisk(real(self, mode), room))
    with pytest.raises(UserError, match=r"could not write .*last\.ckpt: No space left on device"):
        save_checkpoint(checkpoint(step=4), path)
    monkeypatch.undo()
    assert load_checkpoint(path).step == 3
    assert os.listdir(tmp_path) == ["last.ckpt"]


def test_a_disk_that_fills_at_the_last_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.ckpt"
    save_checkpoint(checkpoint(step=3), path)

    def fsync(_: int) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(UserError, match="quota"):
        save_checkpoint(checkpoint(step=4), path)
    assert load_checkpoint(path).step == 3
    assert os.listdir(tmp_path) == ["last.ckpt"]


def test_truncated_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    save_checkpoint(checkpoint(), path)
    whole = path.read_bytes()
    for length in [0, 1, 4, 100, *range(500, len(whole) - 1, len(whole) // 13), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(UserError, match=r"truncated, damaged or no checkpoint") as caught:
            load_checkpoint(path)
        assert "\n" not in str(caught.value)


class Attack:
    """Unpickles by making a folder."""

    def __init__(self, target: str) -> None:
        self.target = target

    def __reduce__(self):
        return os.mkdir, (self.target,)


@pytest.mark.parametrize("write", [lambda thing, path: torch.save(thing, path), None])
def test_a_pickle_in_disguise_is_not_run(write, tmp_path: Path) -> None:
    path, trap = tmp_path / "last.ckpt", tmp_path / "trap"
    if write:
        write({"format": "selftaught checkpoint 1", "step": Attack(str(trap))}, path)
    else:
        path.write_bytes(pickle.dumps(Attack(str(trap))))
    with pytest.raises(UserError, match="no checkpoint") as caught:
        load_checkpoint(path)
    assert not trap.exists()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"hello", b"\x80\x02}q\x00.", b"PK\x03\x04"])
def test_something_else_entirely(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").write_bytes(content)
    with pytest.raises(UserError, match="no checkpoint"):
        load_checkpoint(tmp_path / "last.ckpt")


def test_another_torch_file(tmp_path: Path) -> None:
    for thing in ({"model": torch.zeros(2)}, [1, 2], {"format": "selftaught checkpoint 1", "step": 1}):
        torch.save(thing, tmp_path / "last.ckpt")
        with pytest.raises(UserError, match="no checkpoint"):
            load_checkpoint(tmp_path / "last.ckpt")
