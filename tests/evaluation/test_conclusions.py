import re

import numpy as np
import pytest
import torch
from test_verdicts import POOR, START, protocols

from selftaught.evaluation import (
    OUTCOMES,
    FineTuning,
    LabelFree,
    LinearScore,
    NumberScore,
    Protocols,
    Target,
    Trend,
    conclude,
)
from selftaught.evaluation.fine_tuning import tuned_difference
from selftaught.evaluation.target_scores import TargetScores
from selftaught.evaluation.tuned_scores import TunedScore

ALIVE = LabelFree(80.0, 256, 0.0, collapsed=False, flat=0.0)
ONE = LabelFree(1.0, 256, 1.0, collapsed=True, flat=1.0)
FLAT = LabelFree(3.0, 256, 0.0, collapsed=False, flat=0.95)
FALLING, SETTLED = Trend(late_fall=0.2, improving=True), Trend(late_fall=0.01, improving=False)
BETTER, SAME, WORSE = protocols([0.7] * 5, 0.8), protocols([0.5] * 5, 0.7), protocols([0.3] * 5, 0.5)
TRADED = protocols([0.7] * 5, 0.5)


def few(answer: int) -> Protocols:
    """Ten test items, of which the last few are right."""
    each = (torch.arange(10) >= answer).long()
    right = float((each == 0).double().mean())
    score = LinearScore((right,), (0.1,), each[None])
    return Protocols(right, each, {"all": score}, {}, torch.zeros(10, dtype=torch.int64))


@pytest.mark.parametrize(
    ("encoder", "figures", "trend", "outcome", "said"),
    [
        (
            BETTER,
            ALIVE,
            SETTLED,
            "helped",
            "Pre-training helped, compared with random start: .* Next: train longer, or on",
        ),
        (BETTER, ALIVE, FALLING, "helped", "The loss was still falling: 20 % .* Next: train longer, two to four times"),
        (TRADED, ALIVE, SETTLED, "mixed", "helped by one measure and harmed by the other.* Next: another seed"),
        (WORSE, ALIVE, FALLING, "harmed", "Pre-training harmed.* Next: views that leave alone"),
        (SAME, ALIVE, FALLING, "undertrained", "no difference beyond.* still falling.* Next: train longer, two"),
        (SAME, ALIVE, SETTLED, "no difference", "no difference beyond.* Next: other views"),
        (SAME, ALIVE, None, "no difference", "no difference beyond.* Next: other views"),
        (
            WORSE,
            ONE,
            FALLING,
            "collapsed",
            "^The encoder has collapsed: it gives all items nearly the same vector. Pre-tr",
        ),
        (
            BETTER,
            FLAT,
            FALLING,
            "collapsed",
            "dimensions have collapsed: 95 % .* against 0 % at random start. Pre-training",
        ),
    ],
)
def test_each_rule(encoder: Protocols, figures: LabelFree, trend: Trend | None, outcome: str, said: str):
    found = conclude((encoder, START, POOR), (figures, ALIVE), trend=trend)
    assert found.outcome == outcome
    assert found.outcome in OUTCOMES
    assert re.search(said, found.text), found.text
    assert 2 <= found.text.count(". ") + found.text.endswith(".") <= 3 + ("still falling" in found.text)


@pytest.mark.parametrize(
    ("steps", "outcome", "said"),
    [
        (99, "undertrained", "no difference beyond.* It took 99 steps only. Next: train longer, two"),
        (1, "undertrained", "It took 1 step only"),
        (100, "no difference", "no difference beyond the spread.* Next: other views"),
    ],
)
def test_a_run_of_a_few_steps_has_not_been_trained(steps: int, outcome: str, said: str):
    found = conclude((SAME, START, POOR), (ALIVE, ALIVE), trend=SETTLED, steps=steps)
    assert found.outcome == outcome
    assert re.search(said, found.text), found.text
    assert ("only" in found.text) == (steps < 100)


def test_too_few_test_items():
    found = conclude((few(6), few(5), few(1)), (ALIVE, ALIVE), nouns=("image", "images"))
    assert found.outcome == "not enough data"
    assert found.text.startswith("There are too few test items to tell, compared with random start: linear accuracy")
    assert found.text.endswith("test images would show a difference of 2 points.")


def test_a_start_with_few_directions_is_no_collapse_of_training():
    found = conclude((BETTER, START, POOR), (FLAT, FLAT))
    assert found.outcome == "helped"


def test_a_better_raw_input_changes_the_advice():
    found = conclude((BETTER, START, protocols([0.8] * 5, 0.8)), (ALIVE, ALIVE))
    assert found.outcome == "helped"
    assert "but the raw input does better still" in found.text
    assert found.text.endswith("Next: train longer, and with views that leave alone what tells the classes apart.")


def test_without_labels():
    found = conclude(None, (ALIVE, ALIVE), reason="the images have no labels", trend=SETTLED)
    assert found.outcome == "unknown"
    assert found.text.startswith("Whether pre-training helped cannot be said: the images have no labels")
    assert found.text.endswith("Next: a few hundred labels would tell how much the encoder is worth.")
    assert conclude(None, (ONE, ALIVE)).outcome == "collapsed"
    assert "train longer, two" in conclude(None, (ALIVE, ALIVE), trend=FALLING).text
    assert "no figures without labels were asked for" in conclude(None, None).text


NOTHING = Protocols(None, None, {}, {}, torch.zeros(500, dtype=torch.int64))


@pytest.mark.parametrize("trend", [None, FALLING])
def test_what_was_not_asked_is_asked_for_and_not_more_labels(trend: Trend | None):
    alone = "The same network trained from scratch on labels alone reaches 70.0 % with all labels."
    found = conclude((NOTHING, NOTHING, NOTHING), None, alone=alone, trend=trend)
    assert found.outcome == "unknown"
    assert "was not asked: that takes kNN, linear probes or fine-tuning." in found.text
    assert found.text.endswith(f"{alone} Next: ask for knn and linear among the protocols; they take seconds.")
    assert "a few hundred labels" not in found.text
    assert conclude((NOTHING, NOTHING, NOTHING), (ONE, ALIVE)).outcome == "collapsed"


@pytest.mark.parametrize(
    ("accuracies", "outcome", "opening"),
    [
        ((0.7, 0.5), "helped", "Pre-training helped"),
        ((0.5, 0.7), "harmed", "Pre-training harmed"),
        ((0.6, 0.6), "no difference", "Pre-training made no difference beyond the spread"),
    ],
)
def test_fine_tuning_decides_where_nothing_else_can(accuracies: tuple[float, float], outcome: str, opening: str):
    ours, scratch = (
        {"1%": score, "all": same} for score, same in zip(map(tuned, accuracies), [tuned(0.9)] * 2, strict=True)
    )
    how = {"missing": {}, "rates": (1e-3,), "most_steps": 9, "seed": 0}
    gain = tuned_difference(FineTuning(from_encoder=ours, from_scratch=scratch, **how))
    assert gain is not None
    found = conclude((NOTHING, NOTHING, NOTHING), (ALIVE, ALIVE), tuned=gain, trend=SETTLED)
    assert found.outcome == outcome
    said = [f"{100 * each:.1f} %" for each in accuracies]
    assert found.text.startswith(
        f"{opening}, compared with the same network from scratch: fine-tuned accuracy with 1% of the labels "
        f"{said[0]} against {said[1]} "
    )
    probed = conclude((SAME, START, POOR), (ALIVE, ALIVE), tuned=gain, trend=SETTLED)
    assert probed == conclude((SAME, START, POOR), (ALIVE, ALIVE), trend=SETTLED), "probes decide where there are some"


def tuned(accuracy: float) -> TunedScore:
    right = torch.arange(500)[None].expand(3, -1) < round(500 * accuracy)
    return TunedScore(accuracies=(accuracy,) * 3, rates=(1e-3,) * 3, epochs=(3,) * 3, right=right)


def number(explained: float, spread: float = 0.01) -> NumberScore:
    around = explained + spread * torch.linspace(-1, 1, 41).double()
    return NumberScore(explained=explained, error=1.0, interval=(0.9, 1.1), penalty=1.0, resampled=around)


def column(name: str, encoder: NumberScore, start: NumberScore, raw: NumberScore) -> TargetScores:
    rows = np.arange(50)
    target = Target(
        name=name, kind="numbers", train=rows, test=rows, apart=True, values=rows / 2, test_values=rows / 2, names=()
    )
    return TargetScores(target=target, by_network={"encoder": encoder, "random_start": start, "raw_input": raw})


UP = column("age", number(0.5), number(0.25, 0.0), number(0.1, 0.0))
DOWN = column("weight", number(0.2), number(0.25, 0.0), number(0.4, 0.0))
EVEN = column("height", number(0.25), number(0.25, 0.0), number(0.1, 0.0))
WIDE = column("height", number(0.3, 0.5), number(0.25, 0.0), number(0.1, 0.0))


@pytest.mark.parametrize(
    ("targets", "trend", "outcome", "said"),
    [
        ([UP], SETTLED, "helped", "^Pre-training helped, compared with random start: R² of age 0.50 against 0.25 "),
        (
            [DOWN],
            SETTLED,
            "harmed",
            r"^Pre-training harmed.*but the raw input does better still: R² of weight 0.20",
        ),
        ([UP, DOWN], SETTLED, "mixed", "^Pre-training helped by one measure and harmed by the other"),
        ([UP, UP, DOWN], SETTLED, "mixed", "^Pre-training helped by 2 measures and harmed by one measure,"),
        ([UP, EVEN], SETTLED, "helped", "^Pre-training helped by one measure of two"),
        ([UP, UP, EVEN], SETTLED, "helped", "^Pre-training helped by 2 measures of 3"),
        ([EVEN], SETTLED, "no difference", "^Pre-training made no difference beyond the spread.*Next: other views"),
        ([EVEN], FALLING, "undertrained", "still falling.*Next: train longer, two"),
        ([WIDE], SETTLED, "not enough data", r"^There are too few test items.* test items would show .* of 0\.02\.$"),
    ],
)
def test_numbers_alone_decide(targets: list[TargetScores], trend: Trend, outcome: str, said: str):
    found = conclude(None, (ALIVE, ALIVE), targets=targets, trend=trend)
    assert found.outcome == outcome
    assert re.search(said, found.text), found.text
    assert conclude(None, (ONE, ALIVE), targets=targets, trend=trend).outcome == "collapsed"
    assert "classes" not in found.text
    assert "{" not in found.text


def test_classes_decide_where_there_are_some():
    settled = {"trend": SETTLED}
    probed = conclude((SAME, START, POOR), (ALIVE, ALIVE), targets=[UP], **settled)
    assert probed == conclude((SAME, START, POOR), (ALIVE, ALIVE), **settled)
    assert conclude((NOTHING, NOTHING, NOTHING), (ALIVE, ALIVE), targets=[UP], **settled).outcome == "helped"
