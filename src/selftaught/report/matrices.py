"""Tables that are read as pictures: which classes are taken for which, and which views are found alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

__all__ = ["Matrix", "confusion_matrix", "similarity_matrices"]

_DARKEST = 70.0  # per cent of the colour in the highest cell


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """A table of shaded numbers.

    Args:
        title: above it; empty for none.
        told: what it says, in a sentence.
        down: what lines stand for.
        across: what columns stand for.
        columns: the heads.
        lines: a head, and of each cell its text, its shade in per cent, and whether it lies on the diagonal.

    Example:
        >>> from selftaught.report.matrices import Matrix
        >>> cell = ("100", 70, True)
        >>> Matrix(title="", told="", down="class", across="put in", columns=["cat"], lines=[("cat", [cell])])
        Matrix(title='', ...
    """

    title: str
    told: str
    down: str
    across: str
    columns: Sequence[str]
    lines: Sequence[tuple[str, Sequence[tuple[str, int, bool]]]]


def confusion_matrix(evaluation: Mapping[str, Any]) -> Matrix | None:
    """How often items of each class were put in each class, in per cent of the items of that class.

    Args:
        evaluation: the object that `selftaught evaluate --json` prints; one of before this figure was kept has none.

    Example:
        >>> from selftaught.report.matrices import confusion_matrix
        >>> found = {"figure": "kNN accuracy", "classes": ["cat", "dog"], "counts": [[9, 1], [0, 10]]}
        >>> confusion_matrix({"confusion": found}).told
        'Most often a cat is taken for a dog: 10 % of them.'
    """
    found = evaluation.get("confusion")
    if found is None:
        return None
    counts, names = np.array(found["counts"], dtype=np.float64), found["classes"]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = np.where(np.eye(len(names), dtype=bool), -1.0, shares)
    true, said = (int(each) for each in np.unravel_index(wrong.argmax(), wrong.shape))
    most = f"Most often a {names[true]} is taken for a {names[said]}: {100 * wrong[true, said]:.0f} % of them."
    return Matrix(
        title="",
        told=most if wrong[true, said] > 0 else "No item is put in a wrong class.",
        down="class",
        across="put in",
        columns=names,
        lines=_lines(shares, [f"{100 * each:.0f}" if each >= 0.005 else "" for each in shares.ravel()], names),
    )


def similarity_matrices(similarities: Mapping[str, Float[np.ndarray, "n n"]]) -> list[Matrix]:
    """The cosines between first and second views of a few items, one table an encoder, all shaded on one scale.

    Example:
        >>> import numpy as np
        >>> from selftaught.report.matrices import similarity_matrices
        >>> similarity_matrices({"This encoder": np.array([[0.9, 0.1], [0.0, 0.8]])})[0].told
        'Of the views of one item the mean is 0.85, of those of different ones 0.05.'
    """
    found: list[Matrix] = []
    low = min((float(each.min()) for each in similarities.values()), default=0.0)
    high = max((float(each.max()) for each in similarities.values()), default=1.0)
    for name, cosines in similarities.items():
        own = np.eye(len(cosines), dtype=bool)
        numbers = [str(place + 1) for place in range(len(cosines))]
        found.append(
            Matrix(
                title=name,
                told=f"Of the views of one item the mean is {cosines[own].mean():.2f}, of those of different ones "
                f"{cosines[~own].mean():.2f}.",
                down="first view",
                across="second view",
                columns=numbers,
                lines=_lines(
                    (cosines - low) / max(high - low, 1e-9),
                    [_short(each) for each in cosines.ravel().tolist()],
                    numbers,
                ),
            )
        )
    return found


def _short(cosine: float) -> str:
    return f"{cosine:.2f}".replace("0.", ".").replace("-", "\N{MINUS SIGN}")


def _lines(
    shares: Float[np.ndarray, "n n"], texts: Sequence[str], names: Sequence[str]
) -> list[tuple[str, list[tuple[str, int, bool]]]]:
    size = len(names)
    return [
        (
            name,
            [
                (texts[row * size + column], round(_DARKEST * float(shares[row, column])), row == column)
                for column in range(size)
            ],
        )
        for row, name in enumerate(names)
    ]
