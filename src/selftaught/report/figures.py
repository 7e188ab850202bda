"""The numbers of an evaluation, ready to be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["UNKNOWN", "Budget", "Figure", "Row", "accuracy_rows", "flatten", "label_budgets", "label_free_rows"]
__all__ += ["further_rows", "network_name", "other_encoder"]


UNKNOWN = "\N{EN DASH}"


@dataclass(frozen=True)
class Figure:
    """An accuracy in 0..1 and its standard deviation over draws of the labels; None is not known.

    Example:
        >>> from selftaught.report.figures import Figure
        >>> print(Figure(0.7481, 0.0123), Figure(0.9, None), Figure(None, None))
        74.8 ± 1.2 90.0 –
    """

    mean: float | None
    deviation: float | None

    @property
    def percent(self) -> str:
        """The mean in per cent."""
        return UNKNOWN if self.mean is None else f"{100 * self.mean:.1f}"

    @property
    def spread(self) -> str:
        """The standard deviation in per cent, or nothing."""
        return "" if self.deviation is None else f"± {100 * self.deviation:.1f}"

    def __str__(self) -> str:
        """Both in per cent."""
        return f"{self.percent} {self.spread}".rstrip()


@dataclass(frozen=True)
class Budget:
    """How many labels a linear probe had.

    Args:
        name: as the evaluation calls it: "100", "1%", "all".
        title: as a reader calls it.
        count: how many that is, or None where the number of training images is not known.
    """

    name: str
    title: str
    count: int | None


@dataclass(frozen=True)
class Row:
    """The figures of one encoder: kNN, then linear in the order of the budgets."""

    name: str
    knn: Figure
    linear: Sequence[Figure]

    @property
    def figures(self) -> list[Figure]:
        """All of them, in the order of the table."""
        return [self.knn, *self.linear]


def label_budgets(evaluation: Mapping[str, Any]) -> list[Budget]:
    """The label budgets of an evaluation, fewest labels first.

    Example:
        >>> from selftaught.report.figures import label_budgets
        >>> protocols = {"linear": {"100": {}, "1%": {}, "all": {}}}
        >>> [budget.title for budget in label_budgets({"protocols": protocols, "items": {"train": 8000}})]
        ['1 % of labels', '100 labels', 'all labels']
    """
    items: int | None = evaluation.get("items", {}).get("train")

    def budget(name: str) -> Budget:
        if name.endswith("%"):
            count = None if items is None else round(items * float(name[:-1]) / 100)
            return Budget(name, f"{name[:-1]} % of labels", count)
        if name == "all":
            return Budget(name, "all labels", items)
        return Budget(name, f"{int(name):,} labels", int(name))

    budgets = [budget(name) for name in evaluation["protocols"].get("linear", {})]
    return budgets if items is None else sorted(budgets, key=lambda each: each.count or 0)


def accuracy_rows(evaluation: Mapping[str, Any], start_name: str = "Random start") -> list[Row]:
    """This encoder's figures, then those of each control; none where nothing could be measured for want of labels.

    Example:
        >>> from selftaught.report.figures import accuracy_rows
        >>> knn = {"knn": {"accuracy": 0.867}, "linear": {}}
        >>> [row.name for row in accuracy_rows({"protocols": knn, "controls": {"raw_input": knn}})]
        ['This encoder', 'Raw input']
    """
    budgets = label_budgets(evaluation)

    def row(name: str, protocols: Mapping[str, Any]) -> Row:
        by_budget = protocols.get("linear") or protocols.get("by_budget", {})
        linear = [by_budget.get(budget.name, {}) for budget in budgets]
        return Row(
            name,
            Figure(protocols.get("knn", {}).get("accuracy"), None),
            [Figure(each.get("mean"), each.get("std")) for each in linear],
        )

    controls = evaluation.get("controls", {})
    rows = [row("This encoder", evaluation["protocols"])]
    rows += [row(network_name(key, start_name), value) for key, value in controls.items()]
    rows += [row(name, value) for name, value in other_encoder(evaluation).items() if "knn" in value]
    return rows if any(figure.mean is not None for row in rows for figure in row.figures) else []


def other_encoder(evaluation: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The figures of the encoder that this one was compared with, by its name; nothing where there is none.

    Example:
        >>> from selftaught.report.figures import other_encoder
        >>> other_encoder({"against": {"run": "runs/byol", "protocols": {"knn": {"accuracy": 0.5}}}})
        {'runs/byol': {'knn': {'accuracy': 0.5}}}
        >>> other_encoder({"against": None})
        {}
    """
    against = evaluation.get("against") or {}
    return {str(against["run"]): against["protocols"]} if against.get("protocols") else {}


def label_free_rows(evaluation: Mapping[str, Any], start_name: str = "Random start") -> list[tuple[str, str, str, str]]:
    """Of each network: its name, the directions it uses, the share of dead features, and whether it collapsed.

    Example:
        >>> from selftaught.report.figures import label_free_rows
        >>> figures = {"rankme": 41.26, "width": 256, "dead": 0.125, "collapsed": False}
        >>> label_free_rows({"label_free": {"encoder": figures}})
        [('This encoder', '41.3 of 256', '12.5 %', 'no')]
    """
    return [
        (
            network_name(key, start_name),
            f"{each['rankme']:.1f} of {each['width']:,}",
            f"{100 * each['dead']:.1f} %",
            "yes" if each["collapsed"] else "no",
        )
        for key, each in evaluation.get("label_free", {}).items()
    ]


def further_rows(evaluation: Mapping[str, Any], start_name: str = "Random start") -> dict[str, Any]:
    """What stands in no other table, figure by figure: a heading a network, and rows of text; no rows where nothing is.

    Example:
        >>> from selftaught.report.figures import further_rows
        >>> free = {"encoder": {"alpha_req": 1.25}, "random_start": {"alpha_req": None}}
        >>> further_rows({"protocols": {}, "label_free": free})
        {'networks': ['This encoder', 'Random start'], 'rows': [('alpha-ReQ', ['1.25', '–'])]}
    """
    keys = ["encoder", *(key for key in evaluation.get("controls", {}) if key != "supervised")]
    keys += [key for key in evaluation.get("label_free", {}) if key not in keys]
    found = [_further(evaluation, key) for key in keys]
    names = dict.fromkeys(name for each in found for name in each)
    rows = [(name, [each.get(name, UNKNOWN) for each in found]) for name in names]
    return {
        "networks": [network_name(key, start_name) for key in keys],
        "rows": [(name, values) for name, values in rows if any(value != UNKNOWN for value in values)],
    }


def _further(evaluation: Mapping[str, Any], key: str) -> dict[str, str]:
    """The figures of one network by name, in the order in which they are shown."""
    protocols = evaluation["protocols"] if key == "encoder" else evaluation.get("controls", {}).get(key, {})
    shown = _curve(protocols)
    learned = protocols.get("linear", {}).get("all", {}).get("on_training_items")
    if learned is not None:
        shown["linear, all labels, on the training items, %"] = Figure(learned, None).percent
    if clustering := protocols.get("clustering"):
        shown["k-means, accuracy, %"] = Figure(clustering["accuracy"], None).percent
        for name in ("nmi", "ari"):
            shown[f"k-means, {name.upper()}"] = _decimals(clustering[name], clustering.get(f"{name}_interval"))
    if retrieval := protocols.get("retrieval"):
        shown |= {f"recall@{k}, %": Figure(retrieval[f"recall@{k}"], None).percent for k in (1, 5, 10)}
        shown["retrieval, mAP, %"] = Figure(retrieval["map"], None).percent
    for column, target in evaluation.get("targets", {}).items():
        told = target.get(key, {})
        shown |= {
            f"{column}, {words}": _decimals(told[name], told.get(f"{name}_interval"))
            for name, words in _TOLD.items()
            if name in told
        }
        if "knn" in told:
            shown[f"{column}, kNN, %"] = Figure(told["knn"]["accuracy"], None).percent
            for budget in label_budgets({"protocols": told, "items": target.get("items", {})}):
                score = told["linear"][budget.name]
                shown[f"{column}, linear, {budget.title}, %"] = str(Figure(score["mean"], score["std"]))
            shown |= {f"{column}, {name}": figure for name, figure in _curve(told).items()}
    free = evaluation.get("label_free", {}).get(key, {})
    shown |= {words: _decimals(free[name]) for name, words in _LABEL_FREE.items() if name in free}
    scores = free.get("silhouettes", {})
    best = max(scores, key=lambda count: scores[count], default=None)
    if best is not None:
        shown["silhouette, best"] = f"{scores[best]:.2f} with {best} groups"
    return shown


def _curve(protocols: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"linear, {count} label{'s' * (count != '1')} a class, %": str(Figure(score["mean"], score["std"]))
        for count, score in protocols.get("label_curve", {}).items()
    }


_LABEL_FREE = {
    "alpha_req": "alpha-ReQ",
    "flat": "flat directions, share",
    "uniformity": "uniformity",
    "alignment": "alignment",
    "lidar": "LiDAR",
}
_TOLD = {"r2": "R²", "mae": "mean absolute error", "map": "mAP"}


def _decimals(value: float | None, interval: Sequence[float] | None = None) -> str:
    if value is None or interval is None:
        return UNKNOWN if value is None else f"{value:.3g}"
    low, high = interval
    return f"{value:.3g} ({low:.3g} to {high:.3g})"


def network_name(key: str, start_name: str) -> str:
    """What a reader calls one of the networks of an evaluation.

    Example:
        >>> from selftaught.report.figures import network_name
        >>> network_name("random_start", "Before training"), network_name("raw_input", "Before training")
        ('Before training', 'Raw input')
        >>> network_name("supervised", "Before training")
        'Labels alone'
    """
    named = {"encoder": "This encoder", "random_start": start_name, "supervised": "Labels alone"}
    return named.get(key, key.replace("_", " ").capitalize())


def flatten(facts: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Nested settings as one table a section, dotted names before values as text.

    Single values at the top stand in the section "run".

    Example:
        >>> from selftaught.report.figures import flatten
        >>> flatten({"seed": 0, "method": {"name": "simclr", "head": {"width": 128}}})
        {'run': {'seed': '0'}, 'method': {'name': 'simclr', 'head.width': '128'}}
    """
    tables: dict[str, dict[str, str]] = {}
    for section, value in facts.items():
        if isinstance(value, Mapping):
            tables[section] = dict(_leaves(value, ""))
        else:
            tables.setdefault("run", {})[section] = _text(value)
    return tables


def _leaves(facts: Mapping[str, Any], before: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            found += _leaves(value, f"{before}{name}.")
        else:
            found.append((f"{before}{name}", _text(value)))
    return found


def _text(value: object) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(_text(each) for each in value)
        case _:
            return str(value)
