"""`selftaught profile`: every part of a step is there, and nothing is written."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from selftaught.runs.planning import plan_run
from selftaught.runs.profiling import profile_plan

pytest_plugins = ["run_fixtures"]

SMALL_MAE = {"image_size": 16, "device": "cpu", "decoder_width": 32, "decoder_depth": 1, "decoder_heads": 2}
TINY = ["--image-size", "16", "--batch-size", "8", "--device", "cpu", "--precision", "float32"]


@pytest.fixture(autouse=True)
def no_compiler(monkeypatch):
    """Compiling takes half a minute, and checks of shapes cut into what the compiler sees."""
    monkeypatch.setenv("CXX", "no-such-compiler")


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


NUMBERS = {"image_size": 16, "device": "cpu", "batch_size": 8, "hidden_width": 16, "precision": "float32"}
KINDS = ("float32", "bfloat16", "half", "double", "compiled")


def _told(monkeypatch, *, settings=None, free=0, asked=None, **seconds):
    """The advice, were the encoder alone to take so many seconds; where nothing is said, a hundred."""

    def alone(self, precision, *, resize=None, compiled=False):
        kind = "compiled" if compiled else str(precision).removeprefix("torch.")
        if resize is not None:
            kind = "half" if len(resize(torch.zeros(4))) == 2 else "double"
        if asked is not None:
            asked.append((kind, len(self.asked)))
        return seconds.get(kind, 100.0)

    monkeypatch.setattr("selftaught.runs.profile_advice.EncoderAlone.seconds", alone)
    monkeypatch.setattr("selftaught.runs.profile_advice.free_bytes", lambda device: free)
    pixels = np.random.default_rng(0).integers(0, 255, (32, 16, 16), dtype=np.uint8)
    plan = plan_run("simclr", pixels, "runs/none", settings=NUMBERS | (settings or {}))
    return [line for line in profile_plan(plan).advice if not line.startswith(("views:", "data:"))]


def test_the_encoder_alone_is_timed_on_what_one_step_gives_it(monkeypatch):
    monkeypatch.delenv("CXX")
    asked: list[tuple[str, int]] = []
    _told(monkeypatch, asked=asked, free=10**12)
    assert {count for _, count in asked} == {2}, "two views"
    assert {kind for kind, _ in asked} == set(KINDS)


def test_only_what_was_seen_to_be_faster_is_said(monkeypatch):
    monkeypatch.delenv("CXX")
    kept = {"half": 50.0, "double": 200.0, "bfloat16": 100.0, "compiled": 95.0, "free": 10**12}
    assert _told(monkeypatch, **kept) == []
    faster = "the encoder alone is 2.0 times as fast"
    assert _told(monkeypatch, **kept | {"bfloat16": 50.0}) == [f"--precision bfloat16: {faster} as now"]
    assert _told(monkeypatch, **kept | {"half": 25.0}) == [f"--batch-size 4: {faster} an item as now"]
    assert _told(monkeypatch, **kept | {"double": 100.0}) == [f"--batch-size 16: {faster} an item as now"]
    assert _told(monkeypatch, **kept | {"compiled": 50.0}) == [f"--compile: {faster} as now"]
    assert _told(monkeypatch, **kept | {"double": 100.0, "free": 0}, settings={"embed_in_pieces": 4}) == []


def test_where_activations_fill_memory_pieces_are_named(monkeypatch):
    monkeypatch.delenv("CXX")
    (told,) = _told(monkeypatch, half=50.0, free=1, settings={"batch_size": 32})
    assert told.startswith("--embed-in-pieces 4: ")
    assert _told(monkeypatch, half=50.0, free=1, settings={"batch_size": 32, "embed_in_pieces": 4}) == []


def test_without_a_compiler_that_is_said(monkeypatch):
    assert _told(monkeypatch, half=50.0, free=10**12, double=200.0) == [
        "--compile was not tried: there is no C++ compiler"
    ]


def test_a_run_in_pieces_is_profiled_in_pieces():
    pixels = np.random.default_rng(0).integers(0, 255, (32, 16, 16), dtype=np.uint8)
    settings = NUMBERS | {"batch_size": 16}
    whole, pieces = (
        profile_plan(plan_run("simclr", pixels, "runs/none", settings=settings | more))
        for more in ({}, {"embed_in_pieces": 2})
    )
    name = "activations of the encoder"
    assert pieces.bytes[name] < whole.bytes[name] / 2
    assert pieces.encoder_seconds > whole.encoder_seconds, "its forward pass is done twice"
    assert pieces.seconds["encoder, backward"] > 0


def test_encoders_that_are_asked_by_another_function_are_seen(images):
    plan = plan_run("deep_infomax", images, "runs/none", settings={"device": "cpu", "batch_size": 8})
    found = profile_plan(plan)
    assert found.seconds["encoder, forward"] > 0
    assert found.encoder_seconds > 0
    assert found.bytes["activations of the encoder"] > 0


def test_what_compiling_gains_is_measured(tmp_path):
    np.save(tmp_path / "images.npy", np.random.default_rng(0).integers(0, 255, (32, 16, 16), dtype=np.uint8))
    options = ["--data", str(tmp_path / "images.npy"), *TINY, "--encoder.name", "small_resnet", "--hidden-width", "16"]
    program = [sys.executable, "-m", "selftaught", "profile", "simclr", *options]
    environment = {name: value for name, value in os.environ.items() if name != "CXX"}
    found = subprocess.run(program, check=True, capture_output=True, text=True, env=environment)
    assert "a step reaches" in found.stdout
    assert "was not tried" not in found.stdout
