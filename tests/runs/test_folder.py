"""What may be written over, and what is said of a run that is not whole."""

import errno
import json
import os
from pathlib import Path

import pytest

from selftaught.core import UserError
from selftaught.runs.folder import RunFolder, write_aside


def make_run(folder: Path) -> RunFolder:
    (folder / "encoder").mkdir(parents=True)
    (folder / "encoder" / "model.safetensors").write_text("weights")
    (folder / "metrics.csv").write_text("step\n")
    (folder / "run.json").write_text(json.dumps({"versions": {"selftaught": "0"}}))
    return RunFolder(folder)


def test_new_and_empty_folders_are_free(tmp_path):
    RunFolder(tmp_path).check_free(overwrite=False)
    RunFolder(tmp_path / "a" / "b").check_free(overwrite=False)
    assert not (tmp_path / "a").exists()


def test_a_run_is_replaced_only_when_asked_and_other_files_stay(tmp_path):
    run = make_run(tmp_path / "run")
    with pytest.raises(UserError, match=r"already holds a run.*--overwrite"):
        run.check_free(overwrite=False)
    run.check_free(overwrite=True)
    mine = run.path / "notes.txt"
    mine.write_text("mine")
    run.clear()
    assert [path.name for path in run.path.iterdir()] == ["notes.txt"]


def test_a_folder_that_is_no_run_is_never_touched(tmp_path):
    (tmp_path / "encoder").mkdir()
    (tmp_path / "run.json").write_text('{"something": "else"}')
    for overwrite in (False, True):
        with pytest.raises(UserError, match="holds files that are no run"):
            RunFolder(tmp_path).check_free(overwrite=overwrite)
    RunFolder(tmp_path).clear()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["encoder", "run.json"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file"):
        RunFolder(tmp_path / "file").check_free(overwrite=True)
    with pytest.raises(UserError, match="cannot write"):
        RunFolder(tmp_path / "file" / "run").check_free(overwrite=True)


def test_a_linked_folder_inside_a_run_is_unlinked_not_emptied(tmp_path):
    run = make_run(tmp_path / "run")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("keep")
    (run.path / "checkpoints").symlink_to(elsewhere)
    run.clear()
    assert (elsewhere / "precious").read_text() == "keep"
    assert not (run.path / "checkpoints").exists()


def test_missing_parts_are_named(tmp_path):
    with pytest.raises(UserError, match="there is no such folder"):
        RunFolder(tmp_path / "none").require()
    run = make_run(tmp_path / "run")
    run.require(run.encoder)
    with pytest.raises(UserError, match=r"missing start, checkpoints/last\.ckpt$"):
        run.require(run.encoder, run.start, run.checkpoint)
    run.record.write_text("{")
    with pytest.raises(UserError, match="is damaged"):
        run.require()


def test_a_write_that_fails_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    write_aside(path, "good")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_aside(path, "better")
    assert path.read_text() == "good"
    assert [found.name for found in tmp_path.iterdir()] == ["run.json"]
