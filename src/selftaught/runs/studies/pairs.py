"""Which differences between contenders are real, and the sentences that say so."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from selftaught.evaluation import holm, mean_over_seeds

__all__ = ["Entrant", "Pair", "conclude_pairs", "pair_all"]

_LEVEL = 0.05
BySeed = Mapping[int, Mapping[str, Float[np.ndarray, " items"]]]


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """Of one contender and its controls, what each test item added to each figure: by seed and figure.

    Args:
        name: of the contender.
        encoder: after training.
        start: before.
        raw: of the raw input.
        scratch: of the same network trained on labels alone.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs.studies.pairs import Entrant
        >>> right = {0: {"kNN accuracy": np.array([1.0, 0.0])}}
        >>> Entrant(name="simclr", encoder=right, start=right, raw=right).mean("kNN accuracy")
        0.5
    """

    name: str
    encoder: BySeed
    start: BySeed
    raw: BySeed
    scratch: BySeed = field(default_factory=dict[int, Mapping[str, Float[np.ndarray, " items"]]])

    def mean(self, figure: str) -> float:
        """Over seeds and items; below every other where nothing is known."""
        values = [each[figure].mean() for each in self.encoder.values() if figure in each]
        return float(np.mean(values)) if values else -math.inf


@dataclass(frozen=True, kw_only=True)
class Pair:
    """How much better one does than another by one figure.

    Args:
        question: "between", or the control that `second` is: "random start", "raw input" or "from scratch".
        first: name of the one.
        second: name of the other.
        figure: in words.
        difference: of the first to the second, in [-1, 1].
        interval: of the difference, 95 %, for this pair alone; ends that are not finite are None.
        p_value: for this pair alone.
        corrected: the same, corrected for how many pairs were asked about.
        seeds: how many both have.

    Example:
        >>> from selftaught.runs.studies.pairs import Pair
        >>> print(Pair(question="between", first="a", second="b", figure="kNN accuracy", difference=0.1,
        ...     interval=(0.05, 0.15), p_value=0.001, corrected=0.01, seeds=3))
        +10.0 points of kNN accuracy (95 % interval +5.0 to +15.0, corrected p = 0.01)
    """

    question: str
    first: str
    second: str
    figure: str
    difference: float
    interval: tuple[float | None, float | None]
    p_value: float
    corrected: float
    seeds: int

    @property
    def sign(self) -> int:
        """1 where the first is better beyond chance, -1 where it is worse, else 0."""
        return 0 if self.corrected >= _LEVEL else (1 if self.difference > 0 else -1)

    def __str__(self) -> str:
        ends = ["unknown" if end is None else f"{100 * end:+.1f}" for end in self.interval]
        said = f"{100 * self.difference:+.1f} points of {self.figure} (95 % interval {' to '.join(ends)}"
        return f"{said}, corrected p = {self.corrected:.2g})"


def pair_all(entrants: Sequence[Entrant], figures: Sequence[str]) -> list[Pair]:
    """Every contender against every other and against its controls, by each figure.

    P-values are corrected within a figure and a question, of which there are four: between contenders, to the random
    start, to the raw input, and, where what decides is an accuracy after fine-tuning, to the network from scratch.

    Args:
        entrants: in the order in which they are shown.
        figures: by which they are judged.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs.studies.pairs import Entrant, pair_all
        >>> good, bad = ({0: {"kNN accuracy": np.full(9, share)}} for share in (1.0, 0.0))
        >>> a = Entrant(name="a", encoder=good, start=bad, raw=bad)
        >>> two = [a, Entrant(name="b", encoder=bad, start=bad, raw=bad)]
        >>> [(pair.first, pair.second, pair.sign) for pair in pair_all(two, ["kNN accuracy"])][:2]
        [('a', 'b', 1), ('a', 'random start', 1)]
    """
    families: list[list[Pair]] = []
    for figure in figures:
        between = [
            _pair("between", one.name, other.name, figure, one.encoder, other.encoder)
            for place, one in enumerate(entrants)
            for other in entrants[place + 1 :]
        ]
        starts = [
            _pair("random start", each.name, "random start", figure, each.encoder, each.start) for each in entrants
        ]
        raws = [_pair("raw input", each.name, "raw input", figure, each.encoder, each.raw) for each in entrants]
        scratch = [
            _pair("from scratch", each.name, "from scratch", figure, each.encoder, each.scratch) for each in entrants
        ]
        families += [[pair for pair in family if pair is not None] for family in (between, starts, raws, scratch)]
    corrected: list[Pair] = []
    for family in families:
        values = holm([pair.p_value for pair in family])
        corrected += [replace(pair, corrected=value) for pair, value in zip(family, values, strict=True)]
    return corrected


def _pair(question: str, first: str, second: str, figure: str, ours: BySeed, theirs: BySeed) -> Pair | None:
    seeds = [seed for seed in ours if seed in theirs and figure in ours[seed] and figure in theirs[seed]]
    if not seeds:
        return None
    found = mean_over_seeds(np.stack([ours[seed][figure] - theirs[seed][figure] for seed in seeds]))
    low, high = (end if math.isfinite(end) else None for end in found.interval)
    return Pair(
        question=question,
        first=first,
        second=second,
        figure=figure,
        difference=found.mean,
        interval=(low, high),
        p_value=found.p_value,
        corrected=found.p_value,
        seeds=len(seeds),
    )


def conclude_pairs(pairs: Sequence[Pair], names: Sequence[str], *, noun: str) -> tuple[str, list[str]]:
    """One headline, and sentences: who is better than whom, and who beats what has learned nothing.

    One is better than another where a figure says so beyond chance and none says the opposite.

    Args:
        pairs: what `pair_all` found.
        names: of the contenders, best first.
        noun: what one is called: method, setting.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs.studies.pairs import Entrant, conclude_pairs, pair_all
        >>> good, bad = ({0: {"kNN accuracy": np.full(9, share)}} for share in (1.0, 0.0))
        >>> a = Entrant(name="a", encoder=good, start=bad, raw=bad)
        >>> two = [a, Entrant(name="b", encoder=bad, start=bad, raw=bad)]
        >>> headline, sentences = conclude_pairs(pair_all(two, ["kNN accuracy"]), ["a", "b"], noun="method")
        >>> headline
        'a is better than the other method'
    """
    signs: dict[tuple[str, str], set[int]] = {}
    for pair in pairs:
        signs.setdefault((pair.first, pair.second), set()).add(pair.sign)
        signs.setdefault((pair.second, pair.first), set()).add(-pair.sign)

    def beats(one: str, other: str) -> bool:
        return 1 in signs.get((one, other), set()) and -1 not in signs[one, other]

    beaten = {one: [other for other in names if other != one and beats(one, other)] for one in names}
    unbeaten = [name for name in names if not any(name in others for others in beaten.values())]
    mixed = {one: [other for other in names if signs.get((one, other), set()) >= {1, -1}] for one in names}
    sentences: list[str] = []
    for one in names:
        sentences += [
            f"{one} is better than {other} by one figure, and worse by another."
            for other in mixed[one]
            if names.index(one) < names.index(other)
        ]
        if beaten[one]:
            apart = [
                other for other in names if other not in (one, *beaten[one], *mixed[one]) and not beats(other, one)
            ]
            rest = f"; it cannot be told apart from {_listed(apart, 'and')}" if apart else ""
            sentences.append(f"{one} is better than {_listed(beaten[one], 'and')}{rest}.")
    for control in ("random start", "raw input", "from scratch"):
        sentences += _against(control, names, signs, beats)
    return _headline(names, beaten, unbeaten, noun), sentences


def _headline(names: Sequence[str], beaten: Mapping[str, Sequence[str]], unbeaten: Sequence[str], noun: str) -> str:
    if len(names) == 1:
        return f"One {noun}, beside its controls"
    if not any(beaten.values()):
        return f"No {noun} is better than another beyond chance"
    if len(unbeaten) == 1 and len(beaten[unbeaten[0]]) == len(names) - 1:
        others = f"the other {noun}" if len(names) == 2 else f"every other {noun}"
        return f"{unbeaten[0]} is better than {others}"
    if not unbeaten:
        return f"Every {noun} is worse than another"
    return f"No {noun} is better than {_listed(unbeaten, 'or')}"


def _against(
    control: str, names: Sequence[str], signs: Mapping[tuple[str, str], set[int]], beats: Callable[[str, str], bool]
) -> list[str]:
    asked = [name for name in names if (name, control) in signs]
    better = [name for name in asked if beats(name, control)]
    worse = [name for name in asked if beats(control, name)]
    mixed = [name for name in asked if signs[name, control] >= {1, -1}]
    other = [name for name in asked if name not in (*better, *worse, *mixed)]
    found = [f"Better than {control}: {_listed(better, 'and')}."] if better else []
    found += [f"Better than {control} by one figure, and worse by another: {_listed(mixed, 'and')}."] if mixed else []
    found += [f"Not told apart from {control}: {_listed(other, 'and')}."] if other else []
    return found + ([f"Worse than {control}: {_listed(worse, 'and')}."] if worse else [])


def _listed(names: Sequence[str], last: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
