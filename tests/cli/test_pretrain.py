"""`selftaught pretrain`: what it writes, what it refuses, and that settings go where they should."""

import inspect

import pytest
import torch
from tiny_runs import SHORT, encoder_bytes, record, rows_of

import selftaught
import selftaught.recipes
from selftaught.cli.pretrain import _new_run, _repeated_run, _resumed_run
from selftaught.methods import METHODS, find_method
from selftaught.recipes import Recipe
from selftaught.runs.planning import plan_run
from selftaught.runs.schema import Schema
from selftaught.runs.settings import method_schema

pytest_plugins = ["run_fixtures"]


def test_a_run_folder_is_whole(run_folder, images):
    parts = {path.relative_to(run_folder).as_posix() for path in run_folder.rglob("*") if path.is_file()}
    assert parts == {
        "run.json",
        "encoder/config.json",
        "encoder/model.safetensors",
        "start/config.json",
        "start/model.safetensors",
        "checkpoints/last.ckpt",
        "metrics.csv",
        "watch.csv",
        "report.html",
    }
    said = record(run_folder)
    assert said["method"] == "simclr"
    assert said["data"]["items"] == 48
    assert said["data"]["given"] == str(images)
    assert said["steps"] == 6
    assert said["finished"] >= said["started"]
    assert said["asked"]["hidden_width"] == said["settings"]["method"]["hidden_width"] == 32
    assert said["settings"]["training"]["learning_rate"] == 1e-3
    assert said["preprocessing"]["image_size"] == said["settings"]["input"]["image_size"] == 16
    assert said["command"][:3] == ["selftaught", "pretrain", "simclr"]
    assert said["versions"]["torch"] == torch.__version__.partition("+")[0]
    assert said["machine"]["cores"] >= 1


def test_the_encoder_was_trained_and_the_start_was_not(run_folder):
    trained = selftaught.load_encoder(run_folder)
    start = selftaught.load_encoder(run_folder / "start")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        fresh = type(start.encoder)(channels=3, image_size=16)
    for name, weight in fresh.named_parameters():
        assert torch.equal(weight, start.encoder.get_parameter(name))
    moved = [not torch.equal(a, b) for a, b in zip(trained.parameters(), start.parameters(), strict=True)]
    assert all(moved)


def test_metrics_end_at_the_last_step(run_folder):
    rows = rows_of(run_folder / "metrics.csv")
    assert int(rows[-1]["step"]) == 6
    assert float(rows[-1]["nt_xent"]) > 0


def test_precedence_is_option_then_recipe_then_method_then_signature(images, tmp_path, monkeypatch):
    numbers = {"crop_scale": (0.2, 1.0), "batch_size": 32, "epochs": 3}
    monkeypatch.setattr("selftaught.runs.planning.find_recipe", lambda name: Recipe(method="byol", settings=numbers))
    plan = plan_run("byol", images, tmp_path / "x", recipe="any", settings={"batch_size": 8, "device": "cpu"})
    values = plan.record.values()
    assert values["batch_size"] == 8  # the option, over the recipe's 32
    assert values["crop_scale"] == (0.2, 1.0)  # the recipe's, over the view maker's 0.08
    assert values["solarise_probability"] == (0.0, 0.2)  # BYOL's, over the view maker's 0
    assert values["flip_probability"] == 0.5
    assert (plan.make_views.solarise_probability, plan.make_views.crop_scale) == ((0.0, 0.2), (0.2, 1.0))
    assert (plan.settings.training.batch_size, plan.settings.training.epochs) == (8, 3)
    assert plan.record.asked == {"batch_size": 8, "device": "cpu"}


def test_hyphens_underscores_and_tuples_mean_the_same(command, images, tmp_path):
    for number, words in enumerate(
        (["--crop-scale", "0.3,1.0", "--grey-probability=0"], ["--crop_scale", "0.3", "1.0", "--grey_probability", "0"])
    ):
        out = tmp_path / str(number)
        assert command(["pretrain", "simclr", "--data", images, "--out", out, *SHORT, *words])[0] == 0
    first, second = (record(tmp_path / name) for name in "01")
    assert first["settings"] == second["settings"]
    assert first["settings"]["views"]["crop_scale"] == [0.3, 1.0]
    assert encoder_bytes(tmp_path / "0") == encoder_bytes(tmp_path / "1")


@pytest.mark.parametrize("method", METHODS)
def test_help_explains_every_option(command, method):
    status, out, err = command(["pretrain", method, "--help"])
    assert (status, err) == (0, "")
    schema = Schema()
    schema.add("run", _new_run)
    method_schema(find_method(method), schema)
    explained = {entry.split()[0]: entry.split()[2:] for entry in out.split("\n  --")[1:]}
    assert set(explained) == {option.flag.removeprefix("--") for option in schema.options.values()}
    for name, words in explained.items():
        assert len(words) >= 3, f"{name} is not explained"
        assert not words[0].startswith("(default"), f"{name} is not explained"
        assert "_" not in name


def test_a_recipe_shows_in_the_help(command):
    _, out, _ = command(["pretrain", "simclr", "--recipe", "simclr_cifar10", "--help"])
    recipe = selftaught.recipes.find_recipe("simclr_cifar10").settings
    assert f"(default: {recipe['temperature']:g})" in " ".join(out.split())


def test_no_option_of_the_command_is_shadowed():
    """Every method's options and the command's stand in one schema, which refuses two of one name."""
    for method in METHODS:
        for command in (_new_run, _repeated_run):
            schema = Schema()
            schema.add("run", command)
            method_schema(find_method(method), schema)
    assert "epochs" in inspect.signature(_resumed_run).parameters


def test_a_dry_run_trains_nothing(command, images, tmp_path):
    out = tmp_path / "run"
    status, _, err = command(["pretrain", "simclr", "--data", images, "--out", out, *SHORT, "--dry-run"])
    assert status == 0
    assert "would train 6 steps" in err
    assert not out.exists()
    assert "Nothing was trained" in (tmp_path / "run.dry-run.html").read_text()


def test_another_run_is_a_start(command, run_folder, images, tmp_path):
    out = tmp_path / "adapted"
    words = ["pretrain", "byol", "--data", images, "--out", out, "--epochs", "1", "--batch-size", "16"]
    words += ["--device", "cpu", "--hidden-width", "32", "--weights", run_folder]
    assert command(words)[0] == 0
    assert (out / "start" / "model.safetensors").read_bytes() == encoder_bytes(run_folder)
    said = record(out)
    assert said["weights"] == str(run_folder)
    assert said["preprocessing"] == record(run_folder)["preprocessing"]
