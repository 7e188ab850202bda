import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selftaught.core import UserError
from selftaught.evaluation import BUDGETS, DRAWS, plan_budgets
from selftaught.evaluation.budgets import stratified_folds, stratified_rows

SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=12)


@given(SIZES, st.data())
def test_every_class_has_its_share(sizes: list[int], data: st.DataObject):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    count = data.draw(st.integers(len(sizes), len(labels)))
    rows = stratified_rows(labels, count, (3,))
    assert len(np.unique(rows)) == count
    drawn = np.bincount(labels[rows], minlength=len(sizes))
    assert (drawn >= 1).all()
    fair = count * np.array(sizes) / len(labels)
    if fair.min() >= 1:
        assert np.abs(drawn - fair).max() < 1


def test_draws_are_seeded_and_differ():
    labels = np.random.default_rng(0).integers(10, size=3000)
    first, _ = plan_budgets(labels, seed=4)
    again, _ = plan_budgets(labels, seed=4)
    other, _ = plan_budgets(labels, seed=5)
    assert [budget.name for budget in first] == list(BUDGETS)
    for a, b, c in zip(first, again, other, strict=True):
        assert (a.rows == b.rows).all()
        assert (a.held_out == b.held_out).all()
        if a.name == "all":
            assert (a.rows == c.rows).all()
            assert a.rows.tolist() == [list(range(3000))]
        else:
            assert (a.rows != c.rows).any()
            assert len({tuple(draw) for draw in a.rows.tolist()}) == DRAWS
    assert [budget.rows.shape[1] for budget in first] == [100, 30, 300, 3000]


def test_each_label_is_held_out_once():
    labels = np.random.default_rng(0).integers(10, size=3000)
    budgets, _ = plan_budgets(labels, seed=0)
    for budget in budgets:
        times = budget.held_out.sum(1)
        if budget.rows.shape[1] < 1000:
            assert (times == 1).all()
        else:
            assert times.sum() == pytest.approx(600, abs=1)
        for rows, folds in zip(budget.rows.numpy(), budget.held_out.numpy(), strict=True):
            for fold in folds:
                assert len(np.unique(labels[rows][~fold])) == 10, "no class is unknown to a fold"


@given(SIZES)
def test_folds_are_even_and_never_empty_a_class(sizes: list[int]):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    fold = stratified_folds(labels, 5, (1,))
    assert ((fold == -1) == (np.array(sizes)[labels] == 1)).all()
    counts = np.bincount(fold[fold >= 0], minlength=5)
    assert counts.max() - counts.min() <= 1
    for each in range(5):
        assert len(np.unique(labels[fold != each])) == len(sizes)


def test_budgets_that_cannot_be_had():
    budgets, missing = plan_budgets(np.arange(60) % 10, seed=0)
    assert [budget.name for budget in budgets] == ["all"]
    assert missing == {
        "100": "the training set has 60 labels",
        "1%": "1% of 60 labels are 1, fewer than the 10 classes",
        "10%": "10% of 60 labels are 6, fewer than the 10 classes",
    }
    _, missing = plan_budgets(np.arange(1200) % 120, seed=0)
    assert missing["100"] == "100 labels are fewer than the 120 classes"


def test_counts_out_of_range():
    with pytest.raises(UserError, match=r"2 \(one a class\) to 4 rows, got 1"):
        stratified_rows(np.array([0, 0, 1, 1]), 1, (0,))
    with pytest.raises(UserError, match="got 5"):
        stratified_rows(np.array([0, 0, 1, 1]), 5, (0,))
