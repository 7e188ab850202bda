"""Runs are made to collapse, and the alarm names how within the epoch in which it happens."""

from pathlib import Path

import pytest
import torch
from collapsing import Small, WithoutNegatives, WithoutPredictor, WithoutStoppedGradient, train_and_look

from selftaught.methods import BYOL, BarlowTwins, LeJEPA, SimCLR, SimSiam, VICReg
from selftaught.runs.watch_settings import WatchSettings
from selftaught.training import Collapsed, load_checkpoint
from selftaught.training.checkpoint import checkpoint_path

TWICE_AN_EPOCH = WatchSettings(watch_every=0.5)
SIZES = {"hidden_width": 128, "embedding_width": 64}


def symptoms(looks) -> list[str | None]:
    return [look.symptom for look in looks]


def test_simclr_without_negatives_collapses_completely(tmp_path: Path) -> None:
    torch.manual_seed(0)
    with pytest.raises(Collapsed, match=r"^complete collapse at step \d+ \(epoch .*the embeddings .* are nearly one"):
        train_and_look(
            WithoutNegatives(Small()),
            tmp_path,
            epochs=3,
            watch=WatchSettings(watch_every=0.5, on_collapse="stop"),
        )
    reached = load_checkpoint(checkpoint_path(tmp_path))
    look = reached.watched["looks"][-1]
    assert look["epoch"] <= 2
    assert look["figures"]["embedding_spread"] < 0.1
    assert reached.step == look["step"] + 1  # the next step tells every process
    assert (tmp_path / "watch.csv").read_text().splitlines()[-1].endswith(",complete collapse")


def test_byol_without_its_predictor_collapses(tmp_path: Path) -> None:
    torch.manual_seed(0)
    looks = train_and_look(WithoutPredictor(Small()), tmp_path, epochs=2, watch=TWICE_AN_EPOCH)
    assert looks[-1].symptom in ("complete collapse", "dimensional collapse")
    assert sum(look.message is not None for look in looks) == 1, "what is known is not said again"


def test_simsiam_without_its_stopped_gradient_collapses(tmp_path: Path) -> None:
    torch.manual_seed(1)
    looks = train_and_look(WithoutStoppedGradient(Small()), tmp_path, epochs=5, watch=TWICE_AN_EPOCH)
    assert symptoms(looks[1:]) == ["dimensional collapse"] * 10, "the alarm rises in the first epoch, and stays"
    assert sum(look.message is not None for look in looks) == 1, "what is known is not said again"


def test_nt_xent_with_a_huge_temperature_loses_rank_and_keeps_its_spread(tmp_path: Path) -> None:
    torch.manual_seed(0)
    method = SimCLR(Small(), temperature=100.0, **SIZES)
    looks = train_and_look(method, tmp_path, epochs=3, watch=TWICE_AN_EPOCH)
    assert "dimensional collapse" in symptoms(looks)
    assert "complete collapse" not in symptoms(looks)
    assert looks[-1].figures["embedding_spread"] > looks[0].figures["embedding_spread"]


@pytest.mark.parametrize(("method", "missing"), [(VICReg, "covariance_weight"), (BarlowTwins, "redundancy_weight")])
def test_features_that_may_all_say_the_same_lose_rank(method, missing: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    looks = train_and_look(method(Small(), **SIZES, **{missing: 0.0}), tmp_path, epochs=2, watch=TWICE_AN_EPOCH)
    assert "dimensional collapse" in symptoms(looks[:3]), "the alarm does not rise within the first epoch"
    assert "complete collapse" not in symptoms(looks)


@pytest.mark.parametrize(
    ("method", "learning_rate"),
    [(SimCLR, 1e-2), (BYOL, 1e-3), (SimSiam, 1e-3), (VICReg, 1e-3), (BarlowTwins, 1e-3), (LeJEPA, 1e-3)],
)
def test_a_healthy_run_raises_no_alarm(method, learning_rate: float, tmp_path: Path) -> None:
    torch.manual_seed(0)
    looks = train_and_look(
        method(Small(), **SIZES), tmp_path, epochs=2, watch=TWICE_AN_EPOCH, learning_rate=learning_rate
    )
    assert symptoms(looks) == [None] * 5
