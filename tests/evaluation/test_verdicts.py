import pytest
import torch

from selftaught.evaluation import LabelFree, LinearScore, Protocols, compare, verdict
from selftaught.evaluation.verdicts import unlabelled_verdict

ITEMS = 1000
TRUTH = torch.zeros(ITEMS, dtype=torch.int64)


def predictions(*accuracies: float) -> torch.Tensor:
    """The first items right, spread evenly so that better predictions contain worse ones."""
    order = torch.randperm(ITEMS, generator=torch.Generator().manual_seed(0))
    return torch.stack([(order >= round(accuracy * ITEMS)).long() for accuracy in accuracies])


def protocols(linear: list[float], knn: float, budget: str = "100") -> Protocols:
    score = LinearScore(tuple(linear), (0.1,) * len(linear), predictions(*linear))
    return Protocols(knn, predictions(knn)[0], {budget: score}, {}, TRUTH)


START = protocols([0.50, 0.52, 0.48, 0.51, 0.49], 0.7)
POOR = protocols([0.2] * 5, 0.2)


def test_helped():
    better = protocols([0.70, 0.72, 0.68, 0.71, 0.69], 0.8)
    assert verdict(better, START, POOR) == (
        "Pre-training helped, compared with random start: linear accuracy with 100 labels 70.0 % against 50.0 % "
        "(+20.0 points, beyond the spread of 2.4) and kNN accuracy 80.0 % against 70.0 % "
        "(+10.0 points, beyond the spread of 1.9)."
    )


def test_no_difference():
    sentence = verdict(protocols([0.502, 0.52, 0.48, 0.51, 0.49], 0.7), START, POOR)
    assert sentence.startswith("Pre-training made no difference beyond the spread, compared with random start: linear")
    assert sentence.count("within the spread") == 2


def test_harmed():
    sentence = verdict(protocols([0.30] * 5, 0.5), START, POOR)
    assert sentence.startswith("Pre-training harmed, compared with random start")
    assert "-20.0 points, beyond" in sentence


@pytest.mark.parametrize(
    ("linear", "knn", "outcome"),
    [
        (0.7, 0.7, "Pre-training helped by one measure of two,"),
        (0.5, 0.8, "Pre-training helped by one measure of two,"),
        (0.7, 0.5, "Pre-training helped by one measure and harmed by the other,"),
        (0.3, 0.7, "Pre-training harmed by one measure of two,"),
    ],
)
def test_measures_that_disagree(linear: float, knn: float, outcome: str):
    assert verdict(protocols([linear] * 5, knn), START, POOR).startswith(outcome)


def test_raw_input_that_is_better_is_named():
    better = protocols([0.70] * 5, 0.8)
    sentence = verdict(better, START, protocols([0.80] * 5, 0.8))
    assert sentence.startswith("Pre-training helped")
    assert "; but the raw input does better still: linear accuracy with 100 labels 70.0 % against 80.0 %" in sentence
    assert sentence.count("kNN") == 1
    assert "raw input" not in verdict(better, START, protocols([0.701] * 5, 0.8))


def test_another_start_is_named():
    assert "compared with the encoder unadapted" in verdict(
        protocols([0.7] * 5, 0.8), START, POOR, start_name="the encoder unadapted"
    )


def test_other_budgets_stand_in_where_there_are_not_100_labels():
    ours, theirs = protocols([0.7], 0.8, "all"), protocols([0.5], 0.8, "all")
    assert [difference.protocol for difference in compare(ours, theirs)] == [
        "linear accuracy with all labels",
        "kNN accuracy",
    ]


def test_spread_is_paired_over_draws():
    """Draws differ far more than the encoders do; what both share cancels."""
    draws = [0.40, 0.50, 0.60, 0.70, 0.80]
    ours, theirs = protocols([each + 0.06 for each in draws], 0.7), protocols(draws, 0.7)
    linear, knn = compare(ours, theirs)
    assert linear.sign == 1
    assert linear.spread < 0.03
    assert knn.sign == 0


def test_spread_grows_with_draws_that_disagree():
    ours = protocols([0.70, 0.50, 0.62, 0.45, 0.73], 0.7)
    (linear, _) = compare(ours, protocols([0.5] * 5, 0.7))
    gains = torch.tensor([0.20, 0.0, 0.12, -0.05, 0.23], dtype=torch.float64)
    assert linear.first - linear.second == pytest.approx(float(gains.mean()))
    assert linear.spread == pytest.approx(2 * float(gains.std()), rel=0.1)
    assert linear.sign == 0


def test_few_test_items_prove_nothing():
    """Three items of three gained: all agree, and yet three are few."""
    truth = torch.zeros(3, dtype=torch.int64)

    def tiny(answer: int) -> Protocols:
        each = torch.full((3,), answer)
        score = LinearScore((1.0 - answer,), (0.1,), each[None])
        return Protocols(1.0 - answer, each, {"all": score}, {}, truth)

    (linear, _) = compare(tiny(0), tiny(1))
    assert linear.spread == pytest.approx(2 / 3)
    (equal, _) = compare(tiny(0), tiny(0))
    assert equal.sign == 0


def test_unlabelled():
    alive, collapsed = LabelFree(113.2, 256, 0.031, collapsed=False), LabelFree(1.0, 256, 0.5, collapsed=True)
    sentence = unlabelled_verdict(alive, LabelFree(45.4, 256, 0.0, collapsed=False), "the images have no labels")
    assert sentence == (
        "Whether pre-training helped cannot be said: the images have no labels, and the accuracies of kNN and of "
        "linear probes need them; without labels, the features have not collapsed, RankMe is 113 of 256 against 45 "
        "at random start, and 3 % of the features are dead."
    )
    assert "the features have collapsed to one vector" in unlabelled_verdict(collapsed, alive, "the images ...")
