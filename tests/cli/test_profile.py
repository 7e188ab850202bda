"""`selftaught profile`: every part of a step is there, and nothing is written."""

import json

import pytest

from selftaught.runs.planning import plan_run
from selftaught.runs.profiling import profile_plan

pytest_plugins = ["run_fixtures"]

SMALL_MAE = {"image_size": 16, "device": "cpu", "decoder_width": 32, "decoder_depth": 1, "decoder_heads": 2}
TINY = ["--image-size", "16", "--batch-size", "8", "--device", "cpu", "--precision", "float32"]


def test_json_is_one_object_with_every_part(command, images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = command(["profile", "moco", "--data", images, *TINY, "--queue", "16", "--json"])
    assert status == 0, err
    found = json.loads(out)
    parts = found["seconds"]
    expected = {"waiting for data", "views", "encoder, forward", "encoder, backward", "teacher, forward", "optimiser"}
    assert expected | {"projector, forward", "teachers, queues, banks", "heads and loss, backward"} <= set(parts)
    assert all(seconds >= 0 for seconds in parts.values())
    assert sum(parts.values()) <= found["seconds_per_step"]
    assert found["items_per_second"] == pytest.approx(8 / found["seconds_per_step"])
    assert found["bytes"]["optimiser"] >= 2 * found["bytes"]["gradients"]
    assert not list(tmp_path.iterdir()), "nothing is written"


def test_the_table_says_how_near_a_step_is_to_its_encoder(command, images):
    status, out, _ = command(["profile", "simclr", "--data", images, *TINY, "--hidden-width", "32"])
    assert status == 0
    for words in ("encoder, backward", "activations of the encoder", "whole step", "items a second", "a step reaches"):
        assert words in out


def test_activations_grow_with_the_batch_and_weights_do_not(images):
    small, large = (
        profile_plan(plan_run("mae", images, "runs/none", settings=SMALL_MAE | {"batch_size": n})) for n in (4, 16)
    )
    assert small.bytes["weights"] == large.bytes["weights"]
    assert large.bytes["activations of the encoder"] > 2 * small.bytes["activations of the encoder"]
    assert small.seconds["encoder, forward"] > 0
    assert small.encoder_seconds > 0


def test_a_slow_part_is_found_and_named(images, monkeypatch):
    import time

    plan = plan_run("simclr", images, "runs/none", settings={"image_size": 16, "batch_size": 4, "device": "cpu"})
    make_views = plan.make_views

    def slowly(*given, **named):
        time.sleep(0.4)
        return make_views(*given, **named)

    object.__setattr__(plan, "make_views", slowly)
    found = profile_plan(plan)
    assert found.seconds["views"] > 0.4
    assert any(line.startswith("views: ") for line in found.advice)


def test_the_method_is_left_alone(images):
    plan = plan_run("simclr", images, "runs/none", settings={"image_size": 16, "batch_size": 4, "device": "cpu"})
    before = {name: value.clone() for name, value in plan.method.state_dict().items()}
    profile_plan(plan)
    assert all(value.equal(before[name]) for name, value in plan.method.state_dict().items())
    assert "forward" not in vars(plan.method.encoder)


def test_mistakes_are_one_line(command):
    assert command(["profile"])[0] == 0
    status, _, err = command(["profile", "--data", "fashion-mnist-10k"])
    assert status == 2
    assert "missing METHOD" in err
    status, _, err = command(["profile", "simclr", "--temprature", "1"])
    assert status == 2
    assert "did you mean '--temperature'" in err


def test_the_encoder_alone_is_timed_on_what_one_step_gives_it(images, monkeypatch):
    given: list[int] = []
    monkeypatch.setattr("selftaught.runs.profiling._alone", lambda run, what, *others: given.append(len(what)) or 1.0)
    numbers = {"image_size": 16, "device": "cpu", "batch_size": 8, "hidden_width": 16}
    profile_plan(plan_run("simclr", images, "runs/none", settings=numbers))
    assert set(given) == {2}, "two views"
