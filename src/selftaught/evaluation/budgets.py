"""Which labels a probe may see: seeded, stratified draws and the parts of them that are held out."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from selftaught.core import UserError

__all__ = ["BUDGETS", "DRAWS", "LABELS_A_CLASS", "Budget", "plan_budgets", "plan_curve"]
__all__ += ["stratified_folds", "stratified_rows"]

BUDGETS = ("100", "1%", "10%", "all")
DRAWS = 5
LABELS_A_CLASS = (1, 5, 10, 100)

_FOLDS = 5
_FOLDS_BELOW = 1000  # labels; from here one fifth held out is precise enough


@dataclass(frozen=True)
class Budget:
    """The labels of one budget: which rows each draw sees, and which of them it holds out to choose the penalty.

    Args:
        name: "100", "1%", "10%" or "all"; on the curve how many labels a class has: "1", "5", "10" or "100".
        rows: of the training set, one line a draw.
        held_out: which of those each fold holds out.

    Example:
        >>> import numpy as np
        >>> from selftaught.evaluation import plan_budgets
        >>> budgets, _ = plan_budgets(np.arange(200) % 10, seed=0)
        >>> budgets[0].rows.shape, budgets[0].held_out[0].sum(1).tolist()
        (torch.Size([5, 100]), [20, 20, 20, 20, 20])
    """

    name: str
    rows: Int[Tensor, "draws n"]
    held_out: Bool[Tensor, "draws folds n"]


def stratified_rows(labels: Int[np.ndarray, " n"], count: int, seed: tuple[int, ...]) -> Int[np.ndarray, " count"]:
    """Rows drawn so that each class has its share of the whole, rounded, and at least one.

    Args:
        labels: a class for each row.
        count: how many rows, from the number of classes to the number of rows.
        seed: any numbers.

    Returns:
        The rows in increasing order.

    Raises:
        UserError: `count` is out of range.

    Example:
        >>> import numpy as np
        >>> from selftaught.evaluation.budgets import stratified_rows
        >>> labels = np.array([0] * 90 + [1] * 9 + [2])
        >>> np.bincount(labels[stratified_rows(labels, 10, (0,))]).tolist()
        [8, 1, 1]
    """
    _, encoded, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if not len(sizes) <= count <= len(labels):
        raise UserError(f"expected to draw {len(sizes)} (one a class) to {len(labels)} rows, got {count}")
    share = count * sizes / len(labels)
    quota = np.maximum(np.floor(share).astype(np.int64), 1)
    while quota.sum() < count:
        quota[np.argmax(np.where(quota < sizes, share - quota, -np.inf))] += 1
    while quota.sum() > count:
        quota[np.argmax(np.where(quota > 1, quota - share, -np.inf))] -= 1
    generator = np.random.default_rng(seed)
    drawn = [generator.permutation(np.flatnonzero(encoded == c))[: quota[c]] for c in range(len(sizes))]
    return np.sort(np.concatenate(drawn))


def stratified_folds(labels: Int[np.ndarray, " n"], folds: int, seed: tuple[int, ...]) -> Int[np.ndarray, " n"]:
    """The fold of each item, every class spread evenly; -1 for the only item of a class, which is never held out.

    Args:
        labels: a class for each item.
        folds: how many folds.
        seed: any numbers.

    Returns:
        Folds in [-1, folds).

    Example:
        >>> import numpy as np
        >>> from selftaught.evaluation.budgets import stratified_folds
        >>> stratified_folds(np.array([0, 0, 1, 1, 2]), 2, (0,))[-1]
        np.int64(-1)
    """
    generator = np.random.default_rng(seed)
    fold = np.full(len(labels), -1)
    used = 0
    for label in np.unique(labels):
        items = np.flatnonzero(labels == label)
        if len(items) > 1:
            fold[generator.permutation(items)] = (used + np.arange(len(items))) % folds
            used += len(items)
    return fold


def plan_budgets(labels: Int[np.ndarray, " n"], seed: int) -> tuple[list[Budget], dict[str, str]]:
    """The draws of every budget that a training set can give, and why the others cannot be had.

    They follow from the labels and the seed alone, so that an encoder and its controls see the same labels. Below
    1,000 labels each is held out once, in five folds; from there on one fifth is held out once.

    Args:
        labels: of the training set.
        seed: of the draws.

    Returns:
        The budgets from few labels to many, and a sentence for each one missing.

    Example:
        >>> import numpy as np
        >>> from selftaught.evaluation import plan_budgets
        >>> budgets, missing = plan_budgets(np.arange(300) % 10, seed=0)
        >>> [(budget.name, tuple(budget.held_out.shape)) for budget in budgets]
        [('100', (5, 5, 100)), ('10%', (5, 5, 30)), ('all', (1, 5, 300))]
        >>> missing
        {'1%': '1% of 300 labels are 3, fewer than the 10 classes'}
    """
    n, classes = len(labels), len(np.unique(labels))
    counts = {"100": 100, "1%": round(n / 100), "10%": round(n / 10), "all": n}
    budgets: list[Budget] = []
    missing: dict[str, str] = {}
    for number, (name, count) in enumerate(counts.items()):
        if count > n:
            missing[name] = f"the training set has {n} labels"
        elif count < classes:
            some = f"{name} of {n} labels are {count}," if name.endswith("%") else f"{name} labels are"
            missing[name] = f"{some} fewer than the {classes} classes"
        else:
            draws = range(1 if name == "all" else DRAWS)
            rows = [stratified_rows(labels, count, (seed, number, draw)) for draw in draws]
            budgets.append(_budget(name, labels, rows, (seed, number)))
    return budgets, missing


def plan_curve(labels: Int[np.ndarray, " n"], seed: int) -> tuple[list[Budget], dict[str, str]]:
    """Five draws each of 1, 5, 10 and 100 labels of every class, and why the others cannot be had.

    Args:
        labels: of the training set.
        seed: of the draws.

    Returns:
        The budgets from few labels to many, and a sentence for each one missing.

    Example:
        >>> import numpy as np
        >>> from selftaught.evaluation.budgets import plan_curve
        >>> budgets, missing = plan_curve(np.arange(80) % 10, seed=0)
        >>> [(budget.name, tuple(budget.rows.shape)) for budget in budgets]
        [('1', (5, 10)), ('5', (5, 50))]
        >>> missing["10"]
        'the smallest class has 8 training labels'
    """
    _, encoded, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    budgets: list[Budget] = []
    missing: dict[str, str] = {}
    for number, count in enumerate(LABELS_A_CLASS, len(BUDGETS)):
        if count > sizes.min():
            missing[str(count)] = f"the smallest class has {sizes.min()} training labels"
            continue
        generators = [np.random.default_rng((seed, number, draw)) for draw in range(DRAWS)]
        rows = [
            np.sort(np.concatenate([each.permutation(np.flatnonzero(encoded == c))[:count] for c in range(len(sizes))]))
            for each in generators
        ]
        budgets.append(_budget(str(count), labels, rows, (seed, number)))
    return budgets, missing


def _budget(name: str, labels: np.ndarray, rows: list[np.ndarray], seed: tuple[int, int]) -> Budget:
    parts = [stratified_folds(labels[chosen], _FOLDS, (*seed, draw, 1)) for draw, chosen in enumerate(rows)]
    folds = np.arange(_FOLDS if len(rows[0]) < _FOLDS_BELOW else 1)
    held_out = torch.from_numpy(np.stack(parts)[:, None] == folds[:, None])
    return Budget(name, torch.from_numpy(np.stack(rows)), held_out)
