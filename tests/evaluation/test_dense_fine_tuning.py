"""Dense use, the encoder trained along: what frozen vectors cannot tell is learned, by a rate nobody peeked for."""

import json
from typing import final

import pytest
import torch
from torch import nn

from selftaught.core import Encoder, LocalEncoder, UserError
from selftaught.encoders import Preprocessing
from selftaught.evaluation.dense_fine_tuning import fine_tune_dense_use
from selftaught.evaluation.dense_use import measure_dense_use

PREPARE = Preprocessing(image_size=32, channels=3, mean=(0.5,) * 3, standard_deviation=(0.25,) * 3, crop_fraction=0.875)
FEW = {"background": "noise", "train_items": 150, "test_items": 60}
SHORT = {**FEW, "train_items": 40, "test_items": 20, "passes": 1}


@final
class Sleeper(LocalEncoder):
    """Sees nothing until it is trained: its last weights are zeros, so that all positions have one vector."""

    width = 24

    def __init__(self, *, frozen: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patches = nn.Conv2d(3, 24, 4, 4)
        self.mixed = nn.Conv2d(24, 24, 3, padding=1)
        nn.init.zeros_(self.mixed.weight)
        self.requires_grad_(not frozen)

    def forward(self, items):
        return self.local(items).mean(1)

    def local(self, items):
        return self.mixed(self.patches(items).relu()).flatten(2).transpose(1, 2)


def test_the_encoder_is_trained_along_and_left_as_it_was():
    sleeper = Sleeper()
    before = {name: tensor.clone() for name, tensor in sleeper.state_dict().items()}
    tuned = fine_tune_dense_use(sleeper, PREPARE, **FEW, rates=(3e-2,), passes=25)
    assert all(torch.equal(tensor, before[name]) for name, tensor in sleeper.state_dict().items())
    frozen = measure_dense_use(sleeper, PREPARE, **FEW)
    only_the_layer = fine_tune_dense_use(Sleeper(frozen=True), PREPARE, **FEW, rates=(3e-2,), passes=25)
    assert tuned.found.box_iou > 0.4
    assert tuned.found.pointed > 0.8
    for wrong in (frozen, only_the_layer.found):
        assert wrong.box_iou == 0
        assert wrong.mean_iou == pytest.approx(wrong.background_mean_iou)
    assert (tuned.found.grid, tuned.found.items) == (8, (150, 60))
    assert tuned.found.ceiling_mean_iou == frozen.ceiling_mean_iou, "the same pictures"
    assert tuned.found.object_share == frozen.object_share


def test_held_out_composites_choose_the_rate():
    rates = (1e-9, 3e-2)
    several = {**FEW, "passes": 18, "rates": rates}
    tuned = fine_tune_dense_use(Sleeper(), PREPARE, **several)
    assert tuned.rate == max(rates)
    assert tuple(tuned.held_out) == rates
    assert tuned.held_out[3e-2] > tuned.held_out[1e-9]
    fewer = fine_tune_dense_use(Sleeper(), PREPARE, **{**several, "test_items": 10})
    assert fewer.held_out == tuned.held_out, "test composites choose nothing"
    assert fewer.found.mean_iou != tuned.found.mean_iou
    hopeless = fine_tune_dense_use(Sleeper(), PREPARE, **SHORT, rates=(1e-8, 1e-9))
    assert hopeless.held_out[1e-8] == hopeless.held_out[1e-9]
    assert hopeless.rate == 1e-9, "of equal ones the smaller"
    assert fine_tune_dense_use(Sleeper(), PREPARE, **SHORT, rates=(1e-2,)).held_out == {}
    answer = json.loads(json.dumps(tuned.as_json()))
    assert (answer["rate"], answer["passes"]) == (3e-2, 18)
    assert answer["tried"][0] == {"rate": 1e-9, "held_out_mean_iou": tuned.held_out[1e-9]}
    assert answer["localisation"]["box_iou"] == tuned.found.box_iou


def test_the_same_seed_gives_the_same():
    state = torch.random.get_rng_state()
    one, other, third = (fine_tune_dense_use(Sleeper(), PREPARE, **SHORT, seed=seed) for seed in (3, 3, 4))
    assert one == other
    assert one.found.object_share != third.found.object_share
    torch.random.set_rng_state(state)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rates": ()}, "expected rates above 0"),
        ({"rates": (0.0,)}, "expected rates above 0"),
        ({"passes": 0}, "at least 1 pass"),
        ({"train_items": 9}, "10 composites to learn from"),
    ],
)
def test_numbers_out_of_range_are_refused(wrong, said):
    with pytest.raises(UserError, match=said):
        fine_tune_dense_use(Sleeper(), PREPARE, **{**SHORT, **wrong})


def test_encoders_without_a_square_grid_are_refused():
    @final
    class Whole(Encoder):
        width = 4

        def forward(self, items):
            return torch.zeros(len(items), 4)

    @final
    class Fifteen(LocalEncoder):
        width = 4

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, items):
            return self.local(items).mean(1)

        def local(self, items):
            return torch.zeros(len(items), 15, 4) * self.weight

    with pytest.raises(UserError, match="Whole has one vector an item"):
        fine_tune_dense_use(Whole(), PREPARE, **SHORT)
    with pytest.raises(UserError, match="square grid of positions, got 15"):
        fine_tune_dense_use(Fifteen(), PREPARE, **SHORT)
