"""Samples of the same latents through training: kept evenly and bounded, whole after a resume, and on the page."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from selftaught.runs import open_run, pretrain, resume
from selftaught.runs.planning import plan_run
from selftaught.runs.sample_strip import kept_looks, read_strip

IMAGES = np.random.default_rng(0).integers(0, 256, (32, 16, 16), dtype=np.uint8)
SETTINGS = {"epochs": 6, "batch_size": 16, "generator_width": 8, "latent_width": 8, "device": "cpu", "watch_every": 0.5}


def keeps_few_and_all_that_it_needs(kept: Callable[[int], np.ndarray]) -> bool:
    """At most 8 looks, first and last among them, and none that was let go when there were fewer looks."""
    for count in range(1, 300):
        now, before = kept(count).tolist(), kept(max(count - 1, 1)).tolist()
        if len(now) > 8 or now[0] != 0 or now[-1] != count - 1 or not set(now[:-1]) <= set(before):
            return False
    return True


def kept_anew(count: int) -> np.ndarray:
    return np.unique(np.linspace(0, count - 1, 8).astype(int))


def test_the_strip_keeps_few_looks_and_never_needs_one_that_it_let_go() -> None:
    assert keeps_few_and_all_that_it_needs(kept_looks)
    for wrong in (kept_anew, lambda count: np.arange(count), lambda count: np.arange(max(0, count - 8), count)):
        assert not keeps_few_and_all_that_it_needs(wrong)


def test_the_kept_looks_are_spread_over_the_whole_run() -> None:
    for count in range(8, 300):
        gaps = np.diff(kept_looks(count))
        assert len(gaps) >= 4
        assert gaps.max() == gaps[0]
        assert (gaps[:-1] == gaps[0]).all()


def test_drawing_takes_the_same_latents_and_leaves_the_method_as_it_was(tmp_path) -> None:
    plan = plan_run("gan", IMAGES, tmp_path / "run", settings=SETTINGS)
    plan.folder.path.mkdir()
    strip, method = plan.observer.strip, plan.method.train()
    before, chance = {name: each.clone() for name, each in method.state_dict().items()}, torch.get_rng_state()
    strip(method, torch.device("cpu"), step=0, earlier=[])
    strip(method, torch.device("cpu"), step=3, earlier=[0])
    rows = read_strip(strip.file)
    assert list(rows) == [0, 3]
    assert np.array_equal(rows[0], rows[3])
    assert all(torch.equal(each, before[name]) for name, each in method.state_dict().items())
    assert method.training
    assert torch.equal(chance, torch.get_rng_state())
    assert len(np.unique(np.split(rows[0], 8, axis=1), axis=0)) == 8  # eight latents, not one eight times


def test_rows_of_looks_that_a_resumed_run_does_not_know_are_dropped(tmp_path) -> None:
    plan = plan_run("gan", IMAGES, tmp_path / "run", settings=SETTINGS)
    plan.folder.path.mkdir()
    for step, earlier in ((0, []), (4, [0]), (8, [0, 4]), (6, [0])):  # from the checkpoint after step 0
        plan.observer.strip(plan.method, torch.device("cpu"), step=step, earlier=earlier)
    assert list(read_strip(plan.observer.strip.file)) == [0, 6]


@pytest.mark.parametrize("name", ["gan", "aae"])
def test_a_run_broken_off_and_resumed_has_the_strip_of_one_that_was_not(tmp_path, name) -> None:
    settings = SETTINGS if name == "gan" else {k: v for k, v in SETTINGS.items() if k != "generator_width"}
    whole = pretrain(name, IMAGES, tmp_path / "whole", settings=settings)

    def breaks(look: object) -> None:
        if look.step == 5:
            raise ConnectionError("broken off")

    with pytest.raises(ConnectionError):
        pretrain(name, IMAGES, tmp_path / "broken", settings=settings, onlookers=[breaks])
    assert list(read_strip(open_run(tmp_path / "broken").folder.strip)) == [0, 1, 2, 3, 4, 5]
    resumed = resume(tmp_path / "broken", data=IMAGES)
    first, second = (read_strip(run.folder.strip) for run in (whole, resumed))
    assert list(first) == list(second) == [0, 2, 4, 6, 8, 10, 12]
    assert all(np.array_equal(first[step], second[step]) for step in first)
    assert not np.array_equal(first[0], first[12])
    page = whole.folder.report.read_text(encoding="utf-8")
    assert page.count('alt="samples after ') == 7
    assert "Samples through training" in page


def test_methods_that_make_no_images_at_once_have_no_strip(tmp_path) -> None:
    numbers = {"epochs": 1, "batch_size": 16, "device": "cpu"}
    run = pretrain("simclr", IMAGES, tmp_path / "run", settings=numbers)
    assert not run.folder.strip.exists()
    assert "Samples through training" not in run.folder.report.read_text(encoding="utf-8")
    assert plan_run("gan", IMAGES, tmp_path / "none", settings=SETTINGS | {"watch_every": 0}).observer is None


def test_a_new_run_in_the_folder_of_an_old_one_does_not_inherit_its_strip(tmp_path) -> None:
    few = SETTINGS | {"epochs": 1, "watch_every": 1}
    pretrain("gan", IMAGES, tmp_path / "run", settings=SETTINGS)
    again = pretrain("gan", IMAGES, tmp_path / "run", settings=few, overwrite=True)
    assert list(read_strip(again.folder.strip)) == [0, 2]
