"""`selftaught pretrain` and bad input: one line, status 2, and nothing is lost."""

import pickle
import shutil
from pathlib import Path

import pytest
from tiny_runs import SHORT, record, rows_of

pytest_plugins = ["run_fixtures"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--temprature", "0.2"], "unknown option '--temprature': did you mean '--temperature'?"),
        (["--temp", "0.2"], "unknown option '--temp': did you mean '--temperature'?"),
        (["--temperature", "warm"], "--temperature: expected a number, got warm"),
        (["--temperature", "-1"], "expected a temperature above 0, got -1"),
        (["--optimiser", "adam"], "--optimiser: expected one of adamw, sgd, lars, got adam (did you mean 'adamw'?)"),
        (["--encoder", "resnet81"], "unknown encoder 'resnet81': did you mean 'resnet"),
        (["--recipe", "simclr_cifar"], "unknown recipe 'simclr_cifar': did you mean 'simclr_cifar10'?"),
        (["--recipe", "byol_cifar10"], "recipe 'byol_cifar10' is for byol, not for simclr"),
        (["--crop-scale", "0.9,0.1"], "crop_scale"),
        (["--epochs", "0"], "epochs: expected a number above 0, got 0"),
        (["--epochs", "many"], "--epochs: expected a number, got many"),
        (["--minutes", "0"], "minutes: expected a number above 0, got 0"),
        (["--epochs", "3", "--minutes", "2"], "expected epochs or minutes, got both"),
        (["--weights", "missing.safetensors"], "no weights at missing.safetensors"),
        (["--weights", "timm"], "timm has no weights for 'small_resnet'"),
        (["extra"], "unexpected 'extra'"),
        (["--image-size", "2"], "expected an image size of at least 8"),
        (["--device", "tpu"], "--device: expected one of auto, cpu, cuda, mps, got tpu"),
    ],
)
def test_what_is_asked_wrongly_is_refused_before_any_image_is_read(command, monkeypatch, tmp_path, words, said):
    def read(*_, **__):
        raise AssertionError("images were read")

    monkeypatch.setattr("selftaught.runs.kinds.images.open_images", read)
    status, out, err = command(["pretrain", "simclr", "--data", "x", "--out", tmp_path / "run", *words])
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {said}")
    assert err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_bad_data_are_refused_and_nothing_is_written(command, tmp_path, images):
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("words")
    out = tmp_path / "run"
    for data, said in (
        ("fashion-mnist-10", "did you mean 'fashion-mnist-10k'"),
        (tmp_path / "missing", "no file or folder"),
        (tmp_path / "empty", "empty"),
        (tmp_path / "texts", "simclr learns from images, and"),
    ):
        status, _, err = command(["pretrain", "simclr", "--data", data, "--out", out])
        assert status == 2
        assert said in err
        assert err.count("\n") == 1
    status, _, err = command(["pretrain", "simclr", "--data", images, "--out", out, "--batch-size", "64"])
    assert status == 2
    assert "expected at least as many images as a batch of 64, found folder of 48 images" in err
    assert not out.exists()


def test_missing_words_are_named(command, tmp_path):
    assert command(["pretrain", "simclr", "--data", "x"])[2].startswith("error: missing --out")
    assert command(["pretrain", "simclr", "--out", tmp_path / "x"])[2].startswith("error: missing --data")


def test_a_folder_that_holds_a_run_is_refused(command, run_folder, images):
    before = record(run_folder)
    status, _, err = command(["pretrain", "simclr", "--data", images, "--out", run_folder, *SHORT])
    assert status == 2
    assert "already holds a run" in err
    assert record(run_folder) == before


def test_overwrite_replaces_a_run_only_once_all_else_is_well(command, run_folder, images, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(run_folder, out)
    (out / "notes.txt").write_text("mine")
    again = ["pretrain", "simclr", "--data", images, "--out", out, *SHORT, "--seed", "7", "--overwrite"]
    assert command([*again, "--batch-size", "64"])[0] == 2
    assert record(out) == record(run_folder)
    assert command(again)[0] == 0
    assert record(out)["seed"] == 7
    assert (out / "notes.txt").read_text() == "mine"


class _Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("/tmp/selftaught-pickle-was-run"),))


def test_a_pickle_in_disguise_is_never_run(command, images, tmp_path):
    mark = Path("/tmp/selftaught-pickle-was-run")
    mark.unlink(missing_ok=True)
    for name in ("weights.safetensors", "weights.pt", "weights.pth"):
        (tmp_path / name).write_bytes(pickle.dumps({"conv1.weight": _Bomb()}))
        words = ["pretrain", "simclr", "--data", images, "--out", tmp_path / "run", *SHORT]
        status, _, err = command([*words, "--weights", tmp_path / name])
        assert status == 2
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        assert not mark.exists()
    assert not (tmp_path / "run").exists()


def test_broken_images_are_skipped_counted_and_listed(command, images, tmp_path):
    data, out = tmp_path / "data", tmp_path / "run"
    shutil.copytree(images, data)
    (data / "dark" / "broken.png").write_bytes(b"\x89PNG not really")
    words = ["pretrain", "simclr", "--data", data, "--out", out, *SHORT]
    status, _, err = command([*words, "--strict"])
    assert status == 2
    assert "broken.png" in err
    assert not out.exists()
    status, _, err = command(words)
    assert status == 0
    assert "could not read 1" in err
    [row] = rows_of(out / "skipped.csv")
    assert row["image"] == "dark/broken.png"
    assert row["reason"]
    assert record(out)["data"]["skipped"] == 1


def test_a_full_disk_keeps_what_was_there(command, run_folder, images, tmp_path, monkeypatch):
    out = tmp_path / "run"
    shutil.copytree(run_folder, out)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    status, _, err = command(["pretrain", "--resume", out, "--epochs", "1"])
    assert status == 2
    assert "No space left on device" in err
    assert err.splitlines()[-1].startswith("error: ")
    for part in ("run.json", "checkpoints/last.ckpt", "encoder/model.safetensors"):
        assert (out / part).read_bytes() == (run_folder / part).read_bytes()
    assert not list(out.rglob("*.partial"))
