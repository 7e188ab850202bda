"""Which classes a probe takes for which."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from selftaught.evaluation.scores import Protocols, linear_name

__all__ = ["confusion"]

_MOST_CLASSES = 30


def confusion(protocols: Protocols, names: Sequence[str]) -> dict[str, Any] | None:
    """How often items of each class were put in each class, by the probe with the most labels, or else by kNN.

    Args:
        protocols: of one network.
        names: of the classes, in the order in which `protocols.truth` numbers them.

    Returns:
        Plain numbers: "figure" is the accuracy that they make up, "classes" the names, "counts" a line for each true
        class of the test items with a number for each class that was said, over all draws of the labels. None without
        predictions, or of more than 30 classes.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import evaluate_vectors
        >>> from selftaught.evaluation.confusion import confusion
        >>> labels = torch.arange(200) % 2
        >>> vectors = torch.eye(2)[labels]
        >>> found = evaluate_vectors(vectors[:150], labels[:150], vectors[150:], labels[150:], protocols=["knn"])
        >>> confusion(found, ["cat", "dog"])
        {'figure': 'kNN accuracy', 'classes': ['cat', 'dog'], 'counts': [[25, 0], [0, 25]]}
    """
    if len(names) > _MOST_CLASSES:
        return None
    if protocols.linear:
        budget = "all" if "all" in protocols.linear else list(protocols.linear)[-1]
        figure, said = linear_name(budget), protocols.linear[budget].predictions
    elif protocols.knn_predictions is not None:
        figure, said = "kNN accuracy", protocols.knn_predictions[None]
    else:
        return None
    return {"figure": figure, "classes": list(names), "counts": _counts(protocols.truth, said, len(names)).tolist()}


def _counts(
    truth: Int[Tensor, " test"], said: Int[Tensor, "draws test"], classes: int
) -> Int[Tensor, "classes classes"]:
    known = truth >= 0  # others are of a class that no training item has
    pairs = truth[known] * classes + said[:, known]  # (draws, known)
    return torch.bincount(pairs.flatten(), minlength=classes**2).view(classes, classes)
