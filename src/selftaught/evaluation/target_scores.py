"""What vectors tell of a column, and how two sets of vectors differ in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from selftaught.evaluation.pairing import Paired, pair_encoders, pair_resampled
from selftaught.evaluation.protocols import evaluate_vectors
from selftaught.evaluation.regression import LabelsScore, NumberScore, probe_labels, probe_numbers
from selftaught.evaluation.scores import Protocols
from selftaught.evaluation.targets import Target
from selftaught.evaluation.verdicts import Difference, compare, resampled_difference, told_differences

__all__ = ["TargetScore", "TargetScores", "pair_targets", "score_target", "target_differences"]

TargetScore = NumberScore | LabelsScore | Protocols


@dataclass(frozen=True, kw_only=True)
class TargetScores:
    """What several networks tell of one column.

    Args:
        target: the column.
        by_network: what `score_target` gives of each.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.evaluation.target_scores import TargetScores
        >>> from selftaught.evaluation.targets import read_target
        >>> import dataclasses
        >>> images = open_images(np.zeros((10, 12, 12), np.uint8)).train
        >>> target = read_target("age", dataclasses.replace(images, columns={"age": np.arange(10) / 2}), None)
        >>> TargetScores(target=target, by_network={}).as_json()
        {'kind': 'numbers', 'items': {'train': 8, 'test': 2}, 'names': []}
    """

    target: Target
    by_network: Mapping[str, TargetScore]

    def as_json(self) -> dict[str, Any]:
        """The figures by network, and what the column is."""
        of = self.target
        about = {"kind": of.kind, "items": {"train": len(of.train), "test": len(of.test)}, "names": list(of.names)}
        return about | {name: score_json(score) for name, score in self.by_network.items()}

    def differences(self, rival: str) -> tuple[Difference, ...]:
        """What the encoder does better than another of the networks; empty where nothing was measured.

        Args:
            rival: name of the other.
        """
        return target_differences(self.target.name, self.by_network["encoder"], self.by_network[rival])

    def sentence(self, start_name: str = "random start") -> str:
        """Whether pre-training helped to tell the column; empty where nothing was measured.

        Args:
            start_name: what had no pre-training.
        """
        differences = self.differences("random_start")
        against = [each for each in self.differences("raw_input") if each.sign < 0]
        return told_differences(differences, against, start_name=start_name) if differences else ""


def score_target(
    target: Target, train: Tensor, test: Tensor, *, protocols: Sequence[str], seed: int = 0
) -> TargetScore:
    """The figures of one set of vectors for one target: accuracies, R² and MAE, or average precisions.

    Args:
        target: what is asked for.
        train: vectors of its training rows.
        test: of its test rows.
        protocols: what is measured of classes.
        seed: of draws, folds and intervals.

    Example:
        >>> import dataclasses
        >>> import numpy as np
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.evaluation import read_target
        >>> from selftaught.evaluation.target_scores import score_target
        >>> images = open_images(np.zeros((50, 12, 12), np.uint8)).train
        >>> target = read_target("age", dataclasses.replace(images, columns={"age": np.arange(50) / 2}), None)
        >>> vectors = torch.arange(50.0)[:, None]
        >>> found = score_target(target, vectors[target.train], vectors[target.test], protocols=["knn"])
        >>> round(found.explained, 2)
        1.0
    """
    values, test_values = (torch.from_numpy(each).to(train.device) for each in (target.values, target.test_values))
    if target.kind == "numbers":
        return probe_numbers(train, values, test, test_values, seed=seed)
    if target.kind == "several labels":
        return probe_labels(train, values, test, test_values, target.names, seed=seed)
    return evaluate_vectors(train, values, test, test_values, seed=seed, protocols=protocols, what=target.name)


def score_json(score: TargetScore) -> dict[str, Any]:
    """The figures by name, and of classes also what is missing and why.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import LabelsScore
        >>> from selftaught.evaluation.target_scores import score_json
        >>> score_json(LabelsScore(precision={}, inverse_penalties={}, resampled=torch.empty(0)))["map"] is None
        True
    """
    return score.as_json() | ({"missing": dict(score.missing)} if isinstance(score, Protocols) else {})


def target_differences(name: str, first: TargetScore, second: TargetScore) -> tuple[Difference, ...]:
    """How much better one set of vectors tells a column than another: R², mean average precision, or accuracies.

    Args:
        name: of the column.
        first: of the one.
        second: of the other, on the same items and by the same seed.

    Returns:
        One difference, of classes those that a verdict on classes rests on; none where nothing was measured.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import NumberScore
        >>> from selftaught.evaluation.target_scores import target_differences
        >>> figures = {"error": 1.0, "interval": (0.9, 1.1), "penalty": 1.0}
        >>> poor = NumberScore(explained=0.25, resampled=torch.full((9,), 0.25), **figures)
        >>> good = NumberScore(explained=0.5, resampled=torch.linspace(0.49, 0.51, 9), **figures)
        >>> print(*target_differences("age", good, poor))
        R² of age 0.50 against 0.25 (+0.25, beyond the spread of 0.01)
    """
    if isinstance(first, Protocols) and isinstance(second, Protocols):
        return tuple(each.named(f"{name}, {each.protocol}") for each in compare(first, second))
    told = _told(name, first, second)
    return () if told is None else (resampled_difference(**told),)


def pair_targets(name: str, first: TargetScore, second: TargetScore, *, deciding: bool = False) -> tuple[Paired, ...]:
    """Every figure of one column, of two encoders, with the interval of its difference.

    Args:
        name: of the column.
        first: of the one.
        second: of the other, on the same items and by the same seed.
        deciding: whether a sentence is to rest on R² or mean average precision, where there are no classes.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import LabelsScore
        >>> from selftaught.evaluation.target_scores import pair_targets
        >>> one = LabelsScore(precision={"cat": 0.5}, inverse_penalties={"cat": 0.1}, resampled=torch.full((9,), 0.5))
        >>> print(*pair_targets("tags", one, one))
        mean average precision of tags 0.50 against 0.50 (+0.00, 95 % interval +0.00 to +0.00)
    """
    if isinstance(first, Protocols) and isinstance(second, Protocols):
        return tuple(each.named(f"{name}, {each.figure}") for each in pair_encoders(first, second))
    told = _told(name, first, second)
    return () if told is None else (pair_resampled(**told, decides=deciding),)


def _told(name: str, first: TargetScore, second: TargetScore) -> dict[str, Any] | None:
    """The one figure of a column of numbers or of several labels, of both; None where nothing was measured."""
    if isinstance(first, NumberScore) and isinstance(second, NumberScore):
        values = first.explained, second.explained
        return {"figure": f"R² of {name}", "values": values, "resampled": (first.resampled, second.resampled)}
    if isinstance(first, LabelsScore) and isinstance(second, LabelsScore) and first.mean is not None:
        values, figure = (first.mean, second.mean), f"mean average precision of {name}"
        return {"figure": figure, "values": values, "resampled": (first.resampled, second.resampled)}
    return None
