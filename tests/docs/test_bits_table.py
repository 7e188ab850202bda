"""Bits per dimension: as a method's own likelihoods have it, beside what needs no network, and in its table."""

import math

import numpy as np
import pytest
import torch
from test_pages import script
from test_results_table import ORIGIN

import selftaught
from selftaught.data import open_images
from selftaught.runs.rebuilding import methods_of, views_of


@pytest.fixture(scope="module")
def bench():
    return script("benchmarks/bits_per_dimension.py")


def grey(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8), dtype=np.uint8)


def test_bits_are_those_of_the_likelihoods_of_all_images(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "_TOGETHER", 4)  # 6 images: batches of 4 and of 2
    settings = {"encoder.levels": 4, "encoder.features": 8, "encoder.blocks": 1, "head_width": 8}
    settings |= {"epochs": 1, "batch_size": 4, "device": "cpu"}
    run = selftaught.pretrain("pixelcnn", grey(8, 0), tmp_path / "run", settings=settings)
    held_out = open_images(grey(6, 1)).train
    found = bench.bits_of(run, bench.MODELS["pixelcnn"], held_out)
    method = methods_of(run)["trained"].eval()
    views = views_of(run.record, run.encoder().preprocessing)(held_out.batch(range(6)))
    with torch.no_grad():
        nats = method.energy(views).mean().item()
    assert found == {"exact": pytest.approx(nats / 64 / math.log(2), abs=1e-5)}


def test_a_bound_is_called_one(bench):
    vae, made = bench.MODELS["vae"], bench.MODELS["made"]
    assert bench.estimator("bits_per_dimension_elbo", vae) == "upper bound: ELBO, one sample"
    weighted = bench.estimator("bits_per_dimension_importance_weighted_16", vae)
    assert weighted == "too high on average: importance-weighted, 16 samples"
    assert bench.estimator("bits_per_dimension", made) == "exact, of 8 orders mixed"


@pytest.mark.parametrize("levels", [2, 16, 256])
def test_noise_cannot_be_described_shorter(bench, levels):
    numbers = torch.randint(levels, (400, 1, 8, 8), generator=torch.Generator().manual_seed(0))
    found = bench.without_a_network(numbers[:200], numbers[200:], levels)
    assert found["equal chance"] == math.log2(levels)
    assert all(bits > 0.99 * math.log2(levels) for bits in found.values())


def test_histograms_know_each_pixel_and_are_of_the_training_images(bench):
    white = torch.ones(6, 1, 8, 8, dtype=torch.int64)
    white[:, :, :4] = 0
    found = bench.without_a_network(white, white, 2)
    assert found["a histogram of every pixel"] == pytest.approx(math.log2(8 / 7))  # 7 of 8 counts, one of them given
    assert found["LZMA, all in one file"] < found["PNG, a file each"]
    other = bench.without_a_network(white, 1 - white, 2)
    assert other["a histogram of every pixel"] == pytest.approx(3.0)  # one count of 8


def test_levels_are_the_nearest(bench):
    pixels = np.array([0, 8, 9, 255], np.uint8).repeat(16).reshape(1, 8, 8)
    assert bench.rounded(open_images(pixels).train, 16).flatten()[::16].tolist() == [0, 0, 1, 15]


def test_recipes_have_the_options_that_are_changed(bench):
    from selftaught.methods import find_method
    from selftaught.recipes import find_recipe
    from selftaught.runs.settings import method_schema

    for model in bench.MODELS.values():
        recipe = find_recipe(model.recipe)
        assert set(model.settings) <= set(method_schema(find_method(recipe.method)).defaults())
        levels = {**recipe.settings, **model.settings}.get("encoder.levels", 256)
        assert levels == model.levels


def test_every_number_stands_in_its_row(bench):
    def run(model: str, seed: int, bits: dict[str, float]) -> dict:
        title, levels = bench.MODELS[model].title, bench.MODELS[model].levels
        told = {"model": model, "title": title, "levels": levels, "seed": seed, "minutes": 2.0, "recipe": "r"}
        return {**told, "images_seen": 12345, "bits": bits, **ORIGIN}

    runs = [run("made", 0, {"exact, of 8 orders mixed": 0.25}), run("pixelcnn", 0, {"exact": 1.25})]
    runs += [run("pixelcnn", 1, {"exact": 1.35})]
    references = {"2": {"equal chance": 1.0}, "16": {"equal chance": 4.0}}
    document = {
        "models": bench.summarise(runs),
        "without_a_network": references,
        "items": {"train": 8000, "test": 2000},
        "published": list(bench.PUBLISHED),
        "runs": runs,
    }
    text = script("benchmarks/bits_table.py").bits(document)
    assert "| 2 | **MADE** | exact, of 8 orders mixed | 0.250 | 12,345 |" in text
    assert "| 16 | **PixelCNN** | exact | 1.300 ± 0.071 | 12,345 |" in text
    assert text.index("| 2 | equal chance | exact | 1.000 |") < text.index("**MADE**") < text.index("| 16 | equal")
    assert "2 minutes of training each, 1 to 2 seeds." in text
    assert "| 2 | 0.146 | 79.2 nats an image, the same |" in text
    nothing = script("benchmarks/bits_table.py").bits({})
    assert "python benchmarks/bits_per_dimension.py" in nothing
