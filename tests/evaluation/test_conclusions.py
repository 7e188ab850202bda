import re

import pytest
import torch
from test_verdicts import POOR, START, protocols

from selftaught.evaluation import OUTCOMES, LabelFree, LinearScore, Protocols, Trend, conclude

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


def test_nothing_asked():
    nothing = Protocols(None, None, {}, {}, torch.zeros(5, dtype=torch.int64))
    found = conclude((nothing, nothing, nothing), None)
    assert found.outcome == "unknown"
    assert "was not asked: that takes kNN or linear probes" in found.text
