"""The page of pictures: what is trained has a recipe, what is drawn fits, and each says how it was made."""

import json
import re

import numpy as np
import pytest
from PIL import Image
from test_pages import script

from selftaught.methods import METHODS, find_method
from selftaught.recipes import find_recipe
from selftaught.runs.settings import method_schema

ORIGIN = {
    "command": "python benchmarks/pictures.py",
    "commit": "abc",
    "date": "2026-01-02",
    "machine": {"processor": "Some CPU", "cores": 2},
    "versions": {"torch": "2.14.1"},
}


@pytest.fixture(scope="module")
def listed():
    return script("benchmarks/picture_list.py")


@pytest.fixture(scope="module")
def page():
    return script("benchmarks/picture_page.py")


def test_what_is_trained_has_a_recipe_and_options_that_there_are(listed):
    for training in listed.TRAININGS.values():
        assert find_recipe(training.recipe).method == training.method
        names = set(method_schema(find_method(training.method)).defaults())
        assert set(training.options()) <= names


def test_every_training_is_drawn_and_every_method_that_makes_new_images_is_sampled(listed):
    drawn = {run for picture in listed.PICTURES.values() for run in picture.runs}
    assert drawn == set(listed.TRAININGS)
    sampled = {
        listed.TRAININGS[run].method
        for picture in listed.PICTURES.values()
        if picture.kind == "samples"
        for run in picture.runs
    }
    assert sampled == {entry.name for entry in METHODS.values() if entry.samples_from}


def test_strips_stand_below_each_other_in_a_small_file(page, tmp_path):
    dark, bright = np.zeros((16, 16, 1), np.uint8), np.full((16, 16, 3), 255, np.uint8)
    path = tmp_path / "new" / "strips.png"
    page.draw_rows([("dark", [dark] * 4), ("bright", bright)], path, across=4)
    shown = np.asarray(Image.open(path).convert("L"))
    assert shown.shape[1] == 740
    assert path.stat().st_size < 200_000
    line = shown[:, 100]
    assert line[60] == 0
    assert (line[-100:] == 255).all()


def test_a_picture_too_large_for_a_page_is_refused(page, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (1200, 740, 3), dtype=np.uint8)
    with pytest.raises(SystemExit, match="at most 200,000 bytes"):
        page.draw_rows([("noise", noise)], tmp_path / "noise.png", across=1)


def test_the_page_says_what_was_typed_and_found(listed, page):
    prior = {
        "bits_per_code": 2.334,
        "histogram_bits_per_code": 4.652,
        "equal_chance_bits_per_code": 8.0,
        "held_out": 2000,
    }
    entries = {
        name: {
            "minutes": 1.5,
            "trainings": {run: listed.TRAININGS[run].as_json() for run in listed.PICTURES[name].runs},
            "steps": dict.fromkeys(listed.PICTURES[name].runs, 1234),
            "figures": figures,
            **ORIGIN,
        }
        for name, figures in {
            "jigsaw": {"jigsaw": {"accuracy": {"value": 0.5, "chance": 0.042, "at_start": None}}},
            "inpainting": {},
            "samples_of_codes": {"vq_vae": {"prior": prior}},
        }.items()
    }
    text = page.page_text(json.loads(json.dumps(entries)))
    assert "- `jigsaw`, 1,234 steps; accuracy 50.0 % (chance 4.2 %)" in text
    bits = "2.33 bits a code on 2,000 images held out (each place's histogram 4.65, equal chance 8.00)"
    assert f"the prior takes {bits}" in text
    assert re.findall(r"!\[.*\]\(images/pictures/(\w+).png\)", text) == list(entries)
    commands = re.findall(r"^selftaught .*$", text, flags=re.MULTILINE)
    assert commands[2] == (
        "selftaught pretrain inpainting --recipe inpainting_cifar10 --data cifar10 --minutes 1.5 --warmup-epochs 0 "
        "--region random --out runs/pictures/inpainting_random"
    )
    assert commands[-1] == "selftaught sample runs/pictures/vq_vae --data fashion-mnist-10k"
    assert "`python benchmarks/pictures.py` on 2026-01-02, commit abc, Some CPU, 2 cores, torch 2.14.1." in text
