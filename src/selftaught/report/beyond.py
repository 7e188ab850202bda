"""Tables of what was measured of changed items, of fine-tuning, of positions, and of what the run cost."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from selftaught.report.charts import severity_chart
from selftaught.report.figures import UNKNOWN, Figure, network_name, other_encoder

__all__ = ["Table", "beyond_tables"]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A section with one table.

    Args:
        name: of the section, within the page.
        title: above it.
        told: what the figures are, in a sentence or two.
        head: what each column holds, that of the names left out.
        rows: a name and its figures as text.
        chart: a drawing; empty for none.
        chart_told: the same in words.

    Example:
        >>> from selftaught.report.beyond import Table
        >>> Table(name="cost", title="Cost", told="", head=(), rows=[("seconds", ["9"])]).chart
        ''
    """

    name: str
    title: str
    told: str
    head: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    chart: str = ""
    chart_told: str = ""


def beyond_tables(evaluation: Mapping[str, Any], start_name: str = "Random start") -> list[Table]:
    """Those for which the evaluation holds figures.

    Args:
        evaluation: the object that `selftaught evaluate --json` prints.
        start_name: what the control "random_start" was.

    Example:
        >>> from selftaught.report.beyond import beyond_tables
        >>> cue = {"clean": 0.8, "tinted": 1.0, "untinted": 0.5, "broken": 0.25, "misled": 0.7}
        >>> [table] = beyond_tables({"protocols": {"spurious_cue": cue}})
        >>> table.title, table.rows
        ('Spurious cue', [('This encoder', ['80.0', '100.0', '50.0', '25.0', '70.0'])])
    """
    networks = {"encoder": evaluation["protocols"], **evaluation.get("controls", {})}
    networks = {network_name(key, start_name): each for key, each in networks.items()} | other_encoder(evaluation)
    tables: list[Table] = []
    for protocol, table in _TABLES.items():
        found = {name: each[protocol] for name, each in networks.items() if protocol in each}
        tables += [table(found)] if found else []
    if cost := evaluation.get("cost"):
        tables.append(_cost(cost))
    return tables


def _percent(share: float | None) -> str:
    return Figure(share, None).percent


def _corruptions(found: Mapping[str, Any]) -> Table:
    first = next(iter(found.values()))
    lines = {
        name: [each["clean"]["probe"], *_by_severity([one["probe"] for one in each["corruptions"].values()])]
        for name, each in found.items()
    }
    rows = [("none", _beside(found, lambda each: (each["clean"]["probe"], 0.0)))]
    for corruption in first["corruptions"]:
        rows.append((corruption.replace("_", " "), _beside(found, lambda each, key=corruption: _means(each, key))))
    rows.append(("mean", _beside(found, lambda each: (each["mean"]["probe"], each["mean"]["drift"]))))
    told = "; ".join(f"{name}: {', '.join(map(_percent, line))} %" for name, line in lines.items())
    return Table(
        name="corruptions",
        title="Corruptions",
        told=f"Per cent of {first['items']:,} test items that a linear probe, fitted to unchanged ones, still puts in "
        "their class, over five severities; and how far the vectors drift, as 1 minus the cosine.",
        head=[f"{name}, {what}" for name in found for what in ("%", "drift")],
        rows=rows,
        chart=severity_chart({name: [100 * share for share in line] for name, line in lines.items()}),
        chart_told=f"Accuracy by severity, from 0, unchanged, to 5, the mean over all corruptions. {told}.",
    )


def _by_severity(accuracies: Sequence[Sequence[float]]) -> list[float]:
    return [statistics.fmean(each) for each in zip(*accuracies, strict=True)]


def _means(found: Mapping[str, Any], corruption: str) -> tuple[float, float]:
    one = found["corruptions"][corruption]
    return statistics.fmean(one["probe"]), statistics.fmean(one["drift"])


def _beside(found: Mapping[str, Any], pair: Callable[[Mapping[str, Any]], tuple[float, float]]) -> list[str]:
    """An accuracy and a drift of each network."""
    pairs = [pair(each) for each in found.values()]
    return [text for accuracy, drift in pairs for text in (_percent(accuracy), f"{drift:.3f}")]


def _attack(found: Mapping[str, Any]) -> Table:
    first = next(iter(found.values()))
    rows = [("unchanged", [text for each in found.values() for text in [_percent(each["clean"]["probe"])] * 2])]
    for place, radius in enumerate(first["radii"]):
        scores = [each["radii"][place] for each in found.values()]
        texts = [_percent(value) for score in scores for value in (score["probe"], score["encoder"]["probe"])]
        rows.append((f"{255 * radius['radius']:.3g} of 255", texts))
    return Table(
        name="attack",
        title="Attack",
        told=f"Per cent of {first['items']:,} test images that a linear probe puts in their class when no pixel has "
        f"changed by more than so much: by {first['steps']} steps of projected gradient descent against the probe with "
        "labels, and against the encoder alone without any.",
        head=[f"{name}, {what}" for name in found for what in ("with labels", "without")],
        rows=rows,
    )


def _spurious_cue(found: Mapping[str, Any]) -> Table:
    figures = {
        "clean": "no tint",
        "tinted": "tinted",
        "untinted": "tint taken away",
        "broken": "tint broken",
        "misled": "misled",
    }
    return Table(
        name="spurious-cue",
        title="Spurious cue",
        told="Per cent of test images in their right class: of a probe that learned without a tint, and of one that "
        "learned from images in the tint of their class. Misled is how often that one says the class of a wrong tint.",
        head=list(figures.values()),
        rows=[(name, [_percent(each[figure]) for figure in figures]) for name, each in found.items()],
    )


def _fine_tune(found: Mapping[str, Any]) -> Table:
    tuned, *others = found.values()
    parts = {"from this encoder": tuned["from_encoder"], "from scratch": tuned["from_scratch"]}
    parts |= {f"from {name}": each["from_encoder"] for name, each in zip([*found][1:], others, strict=True)}
    return Table(
        name="fine-tuning",
        title="Fine-tuning",
        told="Per cent of test items in their right class after all weights were trained on with so many labels, "
        "starting from this encoder and from scratch; mean and standard deviation over draws of the labels.",
        head=[*parts],
        rows=[
            (_labels(name), [str(Figure(part[name]["mean"], part[name]["std"])) for part in parts.values()])
            for name in tuned["from_encoder"]
        ],
    )


def _labels(budget: str) -> str:
    return "all labels" if budget == "all" else f"{budget.replace('%', ' %')} of labels"


def _keeps(found: Mapping[str, Any]) -> Table:
    first = next(iter(found.values()))
    rows = [
        (
            change,
            [
                _percent(chance["chance"]),
                *(_percent(each["changes"][change][part]) for each in found.values() for part in _PARTS),
            ],
        )
        for change, chance in first["changes"].items()
    ]
    return Table(
        name="keeps",
        title="What the vectors keep",
        told="How often, in per cent, a linear probe tells from its vector whether, or how, an image was changed: "
        "before the method's projection and behind it.",
        head=["chance", *(f"{name}, {part}" for name in found for part in _PARTS)],
        rows=rows,
    )


_PARTS = ("encoder", "projection")


def _dense(found: Mapping[str, Any], *, tuned: bool = False) -> Table:
    first = next(iter(found.values()))

    def row(title: str, part: str, figure: str, floor: str | None, ceiling: str | None) -> tuple[str, list[str]]:
        ends = [UNKNOWN if name is None else _percent(first[part][name]) for name in (floor, ceiling)]
        return title, [*(_percent(each[part][figure]) for each in found.values()), *ends]

    return Table(
        name="dense_fine_tune" if tuned else "dense",
        title="Positions, the encoder trained along" if tuned else "Positions",
        told=f"Per cent, on {first['items']['test']:,} composites of clothes on {first['background']} with exact "
        f"masks, by a linear {'layer' if tuned else 'probe'} on the vectors of {first['grid']} by {first['grid']} "
        "positions"
        + (", learned together with the encoder. " if tuned else ". ")
        + "The floor is what blindness reaches, the ceiling what naming every cell rightly would"
        + ("; who learns shades within cells may pass it." if tuned else "."),
        head=[*found, "floor", "ceiling"],
        rows=[
            row("segmentation, mIoU", "segmentation", "mean_iou", "background_only", "ceiling"),
            row("box around the object, IoU", "localisation", "box_iou", None, "ceiling"),
            row("boxes with an IoU of 50 %", "localisation", "located", None, None),
            row("surest pixel on the object", "localisation", "pointed", "pointed_blindly", None),
        ],
    )


def _propagation(found: Mapping[str, Any]) -> Table:
    first = next(iter(found.values()))
    figures = {
        "masks, J": "region_similarity",
        "points, PCK at 0.2": "correct_points",
        "points, PCK at 0.1": "correct_points_strict",
    }
    rows = [
        (
            f"{title}, by {likeness}",
            [*(_percent(each["copied"][likeness][key]) for each in found.values()), *_ends(first, key)],
        )
        for title, key in figures.items()
        for likeness in first["copied"]
    ]
    return Table(
        name="propagation",
        title="Following what moves",
        told=f"Per cent, on {first['clips']:,} made clips of {first['frames']} frames in which clothes move over "
        "photographs. Masks and points of the first frame are copied from frame to frame by the likeness of "
        f"{first['grid']} by {first['grid']} positions. Labels that stay are copied without motion; the ceiling is "
        "what so coarse a grid allows.",
        head=[*found, "labels that stay", "ceiling"],
        rows=rows,
    )


def _ends(found: Mapping[str, Any], figure: str) -> list[str]:
    return [_percent(found["staying"][figure]), _percent(found["ceiling"][figure])]


_TABLES: Mapping[str, Callable[[Mapping[str, Any]], Table]] = {
    "corruptions": _corruptions,
    "attack": _attack,
    "spurious_cue": _spurious_cue,
    "fine_tune": _fine_tune,
    "keeps": _keeps,
    "dense": _dense,
    "dense_fine_tune": partial(_dense, tuned=True),
    "propagation": _propagation,
}


def _cost(cost: Mapping[str, Any]) -> Table:
    shown = {
        "training, seconds": (cost["seconds"], 1),
        "items a second": (cost["items_per_second"], 1),
        "cores": (cost["cores"], 1),
        "time by cores, core-seconds": (cost["core_seconds"], 1),
        "memory at most, GB": (cost["peak_bytes"], 1e-9),
        "kNN accuracy, points a minute": (cost["knn_accuracy_per_minute"], 100),
        "kNN accuracy over the start, points a minute": (cost["knn_gain_per_minute"], 100),
    }
    rows = [(name, [_number(value * factor)]) for name, (value, factor) in shown.items() if value is not None]
    return Table(
        name="cost",
        title="Cost",
        told="Of the training, evaluation left out. Cores are all that the machine lent, busy or not, so that time by "
        "cores is an upper bound; a GPU's work is not in it.",
        head=[""],
        rows=rows,
    )


def _number(value: int | float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
