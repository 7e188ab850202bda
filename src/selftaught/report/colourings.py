"""What the points of a map are coloured by: their classes, or any column."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from jaxtyping import Int, Shaped

from selftaught.report.contents import EmbeddingMap

__all__ = ["COLOURS", "MARKERS", "SHADES", "Colouring", "colourings"]

COLOURS, MARKERS = 7, 4
"""How many colours and shapes tell values apart; together 28 pairs."""

SHADES = 7
"""How many steps a colouring by a quantity has."""


@dataclass(frozen=True)
class Colouring:
    """A value of every item.

    Args:
        name: of the column; empty where all points are alike.
        values: what each colour stands for.
        codes: of every item, the number of its value.
        ordered: the values are ranges of a quantity, from low to high, rather than classes.
        exact: that quantity of every item, where it is one.
        rest: the last value gathers what has no colour of its own.

    Example:
        >>> import numpy as np
        >>> from selftaught.report.colourings import Colouring
        >>> Colouring("class", ["cat", "dog"], np.array([0, 1, 1])).style(1)
        ('c2', 0)
    """

    name: str
    values: Sequence[str]
    codes: Int[np.ndarray, " n"]
    ordered: bool = False
    exact: Sequence[str] = ()
    rest: bool = False

    def style(self, code: int) -> tuple[str, int]:
        """The colour, as a class of the style sheet, and the number of the marker."""
        if self.rest and code == len(self.values) - 1:
            return "c0", 0
        return (f"s{code}", 0) if self.ordered else (f"c{code % COLOURS + 1}", code // COLOURS)


def colourings(embedding_map: EmbeddingMap) -> list[Colouring]:
    """All of them, that by class first; one without a name where there is nothing to colour by.

    Of more than 28 classes or words the rarest share one quiet colour. Numbers of more than 28 values are shown in
    seven ranges with equally many items each. Several labels of an item are one word.

    Example:
        >>> import numpy as np
        >>> from selftaught.report import EmbeddingMap
        >>> from selftaught.report.colourings import colourings
        >>> places, columns = np.zeros((4, 2)), {"speaker": np.array(["b", "a", "b", "b"])}
        >>> [each] = colourings(EmbeddingMap(positions=places, columns=columns))
        >>> each.name, each.values, each.codes.tolist()
        ('speaker', ['a', 'b'], [1, 0, 1, 1])
    """
    found: list[Colouring] = []
    if embedding_map.labels is not None:
        found.append(_classes("class", embedding_map.labels, embedding_map.classes, "other classes"))
    for name, values in embedding_map.columns.items():
        numbers = values.dtype.kind in "iuf"
        distinct, codes = np.unique(values if numbers else _words(values), return_inverse=True)
        if numbers and len(distinct) > COLOURS * MARKERS:
            found.append(_ranges(name, values))
        else:
            found.append(_classes(name, codes.astype(np.int64), [str(each) for each in distinct.tolist()], "others"))
    alike = np.zeros(len(embedding_map.positions), dtype=np.int64)
    return found or [Colouring("", [""], alike)]


def _words(values: Shaped[np.ndarray, " n"]) -> Shaped[np.ndarray, " n"]:
    return np.array([_word(value) for value in values.tolist()])


def _word(value: object) -> str:
    """Several labels of one item with commas between, in the order of the alphabet."""
    if not isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return str(value)
    return ", ".join(sorted(map(str, cast("Iterable[object]", value)))) or "none"


def _classes(name: str, labels: Int[np.ndarray, " n"], names: Sequence[str], others: str) -> Colouring:
    numbers, counts = np.unique(labels, return_counts=True)
    most = np.argsort(-counts, kind="stable")[: COLOURS * MARKERS]
    told_apart = np.sort(numbers[most])
    codes = np.full(len(labels), len(told_apart), dtype=np.int64)
    own = np.isin(labels, told_apart)
    codes[own] = np.searchsorted(told_apart, labels[own])
    values = [names[each] if 0 <= each < len(names) else f"class {each}" for each in map(int, told_apart)]
    return Colouring(name, values if own.all() else [*values, others], codes, rest=not bool(own.all()))


def _ranges(name: str, values: Shaped[np.ndarray, " n"]) -> Colouring:
    known = np.isfinite(values)
    numbers = values[known].astype(np.float64)
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, SHADES + 1))) if known.any() else np.zeros(1)
    steps = max(len(edges) - 1, 1)
    codes = np.full(len(values), steps, dtype=np.int64)
    codes[known] = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, steps - 1)
    told = [f"{low:.4g} to {high:.4g}" for low, high in itertools.pairwise(edges)] or [f"{edges[0]:.4g}"]
    rest = not bool(known.all())
    exact = [f"{each:.4g}" for each in values.tolist()]
    return Colouring(name, [*told, "not known"] if rest else told, codes, ordered=True, exact=exact, rest=rest)
