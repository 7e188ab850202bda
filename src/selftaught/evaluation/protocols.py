"""Every protocol on the vectors of one encoder: nearest neighbours, and linear probes with few labels and many."""

from collections.abc import Collection, Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import Track, UserError, silent
from selftaught.evaluation.budgets import Budget, plan_budgets, plan_curve
from selftaught.evaluation.choosing import DEFAULT_PROTOCOLS
from selftaught.evaluation.clustering import cluster_agreement, cluster_vectors
from selftaught.evaluation.exactness import check_finite, exact_products
from selftaught.evaluation.linear import FINAL_TOLERANCE, choose_inverse_penalty
from selftaught.evaluation.neighbours import Near, nearest_rows, votes
from selftaught.evaluation.retrieval import retrieve
from selftaught.evaluation.rotation import ItemSets, Rotation
from selftaught.evaluation.scores import LinearScore, Protocols
from selftaught.evaluation.solver import minimise

__all__ = ["evaluate_vectors"]

_TOGETHER = 2**21  # entries of the sets of items that are fitted at once


@exact_products()
def evaluate_vectors(
    train: Float[Tensor, "n d"],
    train_labels: Int[Tensor, " train_labels"],
    test: Float[Tensor, "o d"],
    test_labels: Int[Tensor, " test_labels"],
    *,
    seed: int = 0,
    protocols: Collection[str] = DEFAULT_PROTOCOLS,
    what: str = "vectors",
    track: Track = silent,
) -> Protocols:
    """kNN, linear probes with 100 labels, 1 %, 10 % and all of them, and what else is asked for.

    Each budget but "all" is drawn five times. A probe's penalty is chosen on labels held out of its own draw, and the
    probe is then fitted to the whole draw; test labels only count what is right. The vectors are standardised by the
    mean and deviation of the whole training set.

    Args:
        train: training vectors.
        train_labels: their classes, any integers.
        test: test vectors.
        test_labels: their classes; one that no training item has counts as wrong.
        seed: of draws and intervals.
        protocols: names of `PROTOCOLS`; knn, linear, label_curve, clustering and retrieval are of vectors and labels.
        what: named in the progress.
        track: shows progress.

    Returns:
        The accuracies with all that they come from.

    Raises:
        UserError: sizes disagree, a vector is not finite, or there are fewer than 2 classes.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import evaluate_vectors
        >>> labels = torch.arange(200) % 2
        >>> vectors = torch.eye(2)[labels]
        >>> protocols = evaluate_vectors(vectors[:150], labels[:150], vectors[150:], labels[150:])
        >>> sorted(protocols.linear), protocols.linear["100"].mean
        (['1%', '10%', '100', 'all'], 1.0)
    """
    _check(train, train_labels, test, test_labels)
    values, labels = train_labels.unique(return_inverse=True)
    place = torch.searchsorted(values, test_labels).clamp_max(len(values) - 1)
    truth = torch.where(values[place] == test_labels, place, -1)
    near, predicted, correct = None, None, None
    if "knn" in protocols:
        near = nearest_rows(train, test, track=track)
        predicted = votes(near, labels, classes=len(values)).argmax(1)
        correct = float((predicted == truth).double().mean())
    budgets, missing = _plan(labels, seed, protocols)
    linear = _fit(train, labels, test, truth, budgets, f"fitting probes to {what}", track) if budgets else {}
    clusters = None
    if "clustering" in protocols:
        clusters = cluster_agreement(cluster_vectors(train, test, len(values), seed=seed), truth)
    found = None
    if "retrieval" in protocols:
        found = retrieve(train, labels, test, truth, seed=seed, track=track)
    return Protocols(
        correct,
        None if predicted is None else predicted.cpu(),
        {name: score for (name, of_curve), score in linear.items() if not of_curve},
        missing,
        truth.cpu(),
        curve={name: score for (name, of_curve), score in linear.items() if of_curve},
        clusters=clusters,
        retrieval=found,
        near=None if near is None else Near(near.similarity.cpu(), near.rows.cpu()),
        seed=seed,
    )


def _plan(
    labels: Tensor, seed: int, protocols: Collection[str]
) -> tuple[dict[tuple[str, bool], Budget], dict[str, str]]:
    """The budgets by name and whether they are the curve's, and what is missing."""
    planned: dict[tuple[str, bool], Budget] = {}
    missing: dict[str, str] = {}
    host = labels.cpu().numpy()
    if "linear" in protocols:
        budgets, missing = plan_budgets(host, seed)
        planned |= {(budget.name, False): budget for budget in budgets}
    if "label_curve" in protocols:
        budgets, fewer = plan_curve(host, seed)
        planned |= {(budget.name, True): budget for budget in budgets}
        missing |= {f"{name} label{'s' * (name != '1')} a class": why for name, why in fewer.items()}
    return planned, missing


def _fit(
    train: Tensor,
    labels: Tensor,
    test: Tensor,
    truth: Tensor,
    budgets: dict[tuple[str, bool], Budget],
    what: str,
    track: Track,
) -> dict[tuple[str, bool], LinearScore]:
    rotation = Rotation.of(train)
    train, test = rotation(train), rotation(test)
    groups = [(key, group) for key, budget in budgets.items() for group in _groups(budget, train.shape[1])]
    predictions: dict[tuple[str, bool], list[Tensor]] = {key: [] for key in budgets}
    chosen: dict[tuple[str, bool], list[float]] = {key: [] for key in budgets}
    learned: dict[tuple[str, bool], list[float]] = {key: [] for key in budgets}
    classes = int(labels.max()) + 1
    for key, group in track(groups, what, len(groups)):
        predicted, penalties, fitted = _probe(train, labels, test, budgets[key], group, classes)
        predictions[key].append(predicted)
        chosen[key].extend(penalties)
        learned[key].extend(fitted)
    return {key: _score(torch.cat(parts), chosen[key], learned[key], truth) for key, parts in predictions.items()}


def _check(train: Tensor, train_labels: Tensor, test: Tensor, test_labels: Tensor) -> None:
    if len(train) != len(train_labels) or len(test) != len(test_labels) or len(test) == 0:
        sizes = f"{len(train_labels)} for {len(train)} and {len(test_labels)} for {len(test)}"
        raise UserError(f"expected one label for each training and test vector, and at least one of each, got {sizes}")
    if len(train_labels.unique()) < 2:
        raise UserError("expected training labels of at least 2 classes")
    check_finite(train, "training vectors")
    check_finite(test, "test vectors")


def _groups(budget: Budget, width: int) -> Iterator[slice]:
    draws, count = budget.rows.shape
    together = max(_TOGETHER // (count * min(count, width)), 1)
    return (slice(start, start + together) for start in range(0, draws, together))


def _probe(
    train: Tensor, labels: Tensor, test: Tensor, budget: Budget, group: slice, classes: int
) -> tuple[Int[Tensor, "draws test"], list[float], list[float]]:
    """What each draw's probe says of the test items, the penalty that it chose, and its accuracy on its own items."""
    rows, held_out = budget.rows[group].to(train.device), budget.held_out[group].to(train.device)
    sets, of_rows = ItemSets.of(train, rows), labels[rows]
    choice, start = choose_inverse_penalty(sets, of_rows, held_out, classes=classes)
    weights = torch.full((len(rows), 1, rows.shape[1]), 1 / rows.shape[1], dtype=torch.float64, device=train.device)
    penalty = (1 / (choice * rows.shape[1]))[:, None]
    solution = minimise(sets, of_rows, weights, penalty, classes=classes, start=start, tolerance=FINAL_TOLERANCE)
    learned = (solution.logits[:, 0].argmax(1) == of_rows).double().mean(1)
    return sets.scores(test, solution.coefficients[:, 0]).argmax(1), choice.tolist(), learned.tolist()


def _score(predictions: Tensor, chosen: list[float], learned: list[float], truth: Tensor) -> LinearScore:
    accuracies = (predictions == truth).double().mean(1).tolist()
    return LinearScore(tuple(accuracies), tuple(chosen), predictions.cpu(), tuple(learned))
