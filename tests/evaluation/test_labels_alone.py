"""Labels alone: the control that says up to how many labels pre-training pays."""

import copy
import dataclasses
from functools import partial

import pytest
import torch
from test_fine_tuning import PREPARE, Rows, stripes

from selftaught.evaluation import LinearScore, Protocols, beyond_vectors
from selftaught.evaluation.beyond_vectors import measure_beyond_vectors
from selftaught.evaluation.fine_tuning import fine_tune
from selftaught.evaluation.labels_alone import LabelsAlone, labels_alone_sentence, train_on_labels_alone
from selftaught.evaluation.splitting import LabelledRows
from selftaught.evaluation.tuned_scores import TunedScore

ITEMS = 400
SHORT = {"rates": (3e-3,), "most_steps": 8}
ORDER = torch.randperm(ITEMS, generator=torch.Generator().manual_seed(0))


def right(accuracy: float, draws: int) -> torch.Tensor:
    """Better answers are right on all items on which worse ones are."""
    return (ORDER < round(accuracy * ITEMS)).expand(draws, -1)


def probed(**accuracies: float) -> Protocols:
    """Linear probes, five draws each, but for "all"."""
    linear = {}
    for name, accuracy in accuracies.items():
        answers = right(accuracy, 1 if name == "all" else 5)
        linear[NAMES[name]] = LinearScore((accuracy,) * len(answers), (0.1,) * len(answers), (~answers).long())
    return Protocols(None, None, linear, {}, torch.zeros(ITEMS, dtype=torch.int64))


def alone(**accuracies: float) -> LabelsAlone:
    """Three draws each, but for "all"."""
    by_budget = {}
    for name, accuracy in accuracies.items():
        answers = right(accuracy, 1 if name == "all" else 3)
        some = len(answers)
        by_budget[NAMES[name]] = TunedScore(
            accuracies=(accuracy,) * some, rates=(1e-3,) * some, epochs=(9,) * some, right=answers
        )
    return LabelsAlone(by_budget=by_budget, missing={}, rates=(1e-3,), most_steps=9, seed=0)


NAMES = {"few": "100", "tenth": "10%", "all": "all"}


@pytest.mark.parametrize(
    ("few", "tenth", "every", "opening"),
    [
        (0.5, 0.6, 0.7, "Pre-training pays with every number of labels,"),
        (0.5, 0.6, 0.9, "Pre-training pays with 100 labels and 10% of the labels, and labels alone do better with all"),
        (0.5, 0.8, 0.9, "Pre-training pays with 100 labels, and labels alone do better with all labels,"),
        (0.7, 0.8, 0.8, "Pre-training makes no difference beyond the spread with any number of labels,"),
        (0.7, 0.8, 0.9, "Labels alone do better with all labels,"),
        (0.9, 0.9, 0.9, "Labels alone do better with every number of labels,"),
    ],
)
def test_the_sentence_says_where_pre_training_pays(few: float, tenth: float, every: float, opening: str):
    told = labels_alone_sentence(probed(few=0.7, tenth=0.8, all=0.8), alone(few=few, tenth=tenth, all=every))
    assert told.startswith(opening)
    assert "compared with the same network trained from scratch on the same labels: linear accuracy with 100" in told
    assert f"80.0 % against {100 * every:.1f} %" in told
    assert "10% of the labels 80.0 %" not in told, "only the ends are told in figures"


def test_only_budgets_of_both_are_compared():
    told = labels_alone_sentence(probed(tenth=0.8), alone(few=0.9, tenth=0.5, all=0.9))
    assert told.startswith("Pre-training pays with 10% of the labels, compared")
    assert told.count("linear accuracy") == 1
    assert labels_alone_sentence(None, alone(few=0.5, all=0.75)) == (
        "The same network trained from scratch on labels alone reaches 50.0 % with 100 labels, 75.0 % with all labels."
    )
    assert labels_alone_sentence(probed(all=0.5), None) == labels_alone_sentence(probed(all=0.5), alone()) == ""


def test_differences_are_paired_item_by_item():
    """Twelve items more: beyond a paired spread of 1.8 points, within 7, which is that of two samples of items."""
    told = labels_alone_sentence(probed(few=0.53), alone(few=0.50))
    assert "(+3.0 points, beyond the spread of 1.8)" in told
    same = probed(few=0.53)
    score = same.linear["100"]
    others = LinearScore(score.accuracies, score.inverse_penalties, score.predictions.flip(1))
    apart = dataclasses.replace(same, linear={"100": others})
    assert "within the spread" in labels_alone_sentence(apart, alone(few=0.50))


def given() -> tuple:
    (train, labels), (test, truth) = stripes(400, seed=0), stripes(200, seed=1)
    return PREPARE, train, labels, test, truth


def test_it_is_the_control_of_fine_tuning_on_more_budgets():
    fresh = Rows(good=False)
    before = copy.deepcopy(fresh.state_dict())
    found = train_on_labels_alone(fresh, *given(), **SHORT)
    assert all(torch.equal(each, before[name]) for name, each in fresh.state_dict().items())
    assert {name: len(score.accuracies) for name, score in found.by_budget.items()} == {
        "100": 3, "1%": 3, "10%": 3, "all": 1,
    }  # fmt: skip
    tuned = fine_tune(Rows(good=True), fresh, *given(), **SHORT)
    assert {name: found.by_budget[name] for name in tuned.from_scratch} == tuned.from_scratch
    for score in found.by_budget.values():
        assert score.accuracies == tuple(score.right.double().mean(1).tolist())
        low, high = score.as_json()["interval"]
        assert low < score.mean < high


@pytest.mark.parametrize("start", ["fresh", "encoder"])
def test_it_starts_from_fresh_weights_and_not_from_the_encoder(start: str, monkeypatch):
    monkeypatch.setattr(beyond_vectors, "train_on_labels_alone", partial(train_on_labels_alone, **SHORT))
    good, fresh = Rows(good=True), Rows(good=False)
    prepare, train, labels, test, truth = given()
    some, every = torch.arange(40), torch.arange(200)
    rows = LabelledRows(some.numpy(), labels[some].numpy(), every.numpy(), truth.numpy(), (), apart=True)
    how = {"device": torch.device("cpu"), "precision": torch.float32, "seed": 0}
    found = measure_beyond_vectors(
        {"encoder": good, "random_start": fresh}, {}, prepare, train, test, rows,
        protocols=("supervised",), projections={}, fresh=fresh, notes=[], **how,
    )  # fmt: skip
    network = {"fresh": fresh, "encoder": good}[start]
    expected = train_on_labels_alone(network, prepare, train.take(some.numpy()), labels[some], test, truth, **SHORT)
    assert (found["encoder"]["supervised"].as_json() == expected.as_json()) == (start == "fresh")
    assert "supervised" not in found["random_start"]
