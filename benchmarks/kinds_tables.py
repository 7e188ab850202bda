"""The tables of what was learned from graphs, recordings and texts."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from leaderboard_table import NOTHING
from table_texts import budget_text, row_text, score_text, sources_text

__all__ = ["cora", "digits", "trec"]

_WHO = ("value", "at_start", "chance")


def cora(document: Mapping[str, Any]) -> str:
    """Accuracy of nodes on the public split, beside what was published."""
    if not document:
        return NOTHING.format(command="python benchmarks/dgi_cora.py")
    published = document["published"]
    told = {
        "dgi": f"{100 * published['mean']:.1f} ± {100 * published['std']:.1f}",
        "random_start": f"{100 * published['random_start']:.1f}",
        "raw_features": f"{100 * published['raw_features']:.1f}",
    }
    rows = [
        f"| {name.replace('_', ' ')} | {score_text(one)} | {told[name]} |" for name, one in document["results"].items()
    ]
    runs = f"{document['runs']} runs of the probe over {document['encoders']} encoders."
    return "\n".join(
        ["| vectors | accuracy, % | published |", "|---|---|---|", *rows, "", runs, "", *sources_text([document])]
    )


def digits(document: Mapping[str, Any]) -> str:
    """Accuracy of the digit for speakers that were kept out."""
    if not document:
        return NOTHING.format(command="python benchmarks/cpc_digits.py")
    names = {"cpc": "CPC", "random_start": "random start", "log_mel": "mean log-mel"}
    summary = document["accuracies"]
    measures = list(summary["cpc"])
    lines = [row_text(["vectors", *measures]), row_text(["---"] * (len(measures) + 1))]
    lines += [row_text([told, *(score_text(summary[name][each]) for each in measures)]) for name, told in names.items()]
    runs = f"{len(document['runs'])} seeds, each with two other speakers kept out; accuracy in per cent."
    return "\n".join([*lines, "", runs, "", *sources_text([document])])


def trec(document: Mapping[str, Any]) -> str:
    """What a small BERT learned: its own questions, and the kinds of TREC's; means and deviations over seeds."""
    if not document:
        return NOTHING.format(command="python benchmarks/bert_trec.py")
    runs: list[Mapping[str, Any]] = document["runs"]
    lines: list[str] = []
    for part in (name for name in runs[0] if name.startswith("held_out_") or name == "chapters_of_a_book"):
        what = part.removeprefix("held_out_").replace("_", " ")
        lines += [f"| {what} that it has not read | trained | start | chance |", "|---|---|---|---|"]
        for name in runs[0][part]:
            cells = [_own(name, [run[part][name][who] for run in runs]) for who in _WHO]
            lines.append(row_text([name.replace("_", " "), *cells]))
        lines.append("")
    vectors = [_vectors(run) for run in runs]
    budgets = [name for name, one in vectors[0]["BERT"]["linear"].items() if one["mean"] is not None]
    lines += [row_text(["TREC", "kNN", *(f"linear, {budget_text(name)}" for name in budgets)])]
    lines.append(row_text(["---"] * (len(budgets) + 2)))
    for title in vectors[0]:
        found = [of[title] for of in vectors]
        knn = score_text(_over([one["knn"]["accuracy"] for one in found]))
        linear = [found[0]["linear"][name] for name in budgets]  # of one seed with its spread over draws
        if len(runs) > 1:
            linear = [_over([one["linear"][name]["mean"] for one in found]) for name in budgets]
        lines.append(row_text([title, knn, *map(score_text, linear)]))
    seeds = f"{len(runs)} seeds" if len(runs) > 1 else "1 seed"
    minutes = max(run["train_seconds"] for run in runs) / 60
    lines += ["", f"{seeds}, {runs[0]['steps']:,} steps, at most {minutes:.0f} minutes; accuracy in per cent.", ""]
    return "\n".join([*lines, *sources_text([document])])


def _vectors(run: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """By name, what was measured of the vectors of TREC's questions."""
    vectors = {
        "BERT": run["protocols"],
        "random start": run["controls"]["random_start"],
        "bag of untrained embeddings": run["bag_of_untrained_embeddings"],
        "TF-IDF": run["controls"]["raw_input"],
    }
    for found in run.get("depths", {}).values():
        vectors["BERT, all layers side by side"] = found["encoder"]
        vectors["random start, all layers"] = found["random_start"]
    return vectors


def _over(values: Sequence[float]) -> dict[str, Any]:
    return {"mean": statistics.fmean(values), "std": statistics.stdev(values) if len(values) > 1 else None}


def _own(name: str, values: Sequence[float]) -> str:
    if name.endswith("accuracy"):
        return f"{score_text(_over(values))} %"
    return f"{statistics.fmean(values):.2f} nats"
