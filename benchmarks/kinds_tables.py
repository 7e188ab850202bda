"""The tables of what was learned from graphs, recordings and texts."""

from collections.abc import Mapping
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
    """What a small BERT learned: its own questions, and the kinds of TREC's."""
    if not document:
        return NOTHING.format(command="python benchmarks/bert_trec.py")
    lines: list[str] = []
    for run in document["runs"]:
        kept_out = next(name for name in run if name.startswith("held_out_"))
        for what, own in (
            (kept_out.removeprefix("held_out_"), run[kept_out]),
            ("chapters of a book", run["chapters_of_a_book"]),
        ):
            lines += [f"| {what} that it has not read | trained | start | chance |", "|---|---|---|---|"]
            for name, found in own.items():
                scale, unit = (100, "%") if name.endswith("accuracy") else (1, "nats")
                cells = [f"{scale * found[who]:.{1 if unit == '%' else 2}f} {unit}" for who in _WHO]
                lines.append(row_text([name.replace("_", " "), *cells]))
            lines.append("")
        vectors = {
            "BERT": run["protocols"],
            "random start": run["controls"]["random_start"],
            "bag of untrained embeddings": run["bag_of_untrained_embeddings"],
            "TF-IDF": run["controls"]["raw_input"],
        }
        for found in run.get("depths", {}).values():
            vectors |= {
                "BERT, all layers side by side": found["encoder"],
                "random start, all layers": found["random_start"],
            }
        budgets = [name for name, one in run["protocols"]["linear"].items() if one["mean"] is not None]
        lines += [row_text(["TREC", "kNN", *(f"linear, {budget_text(name)}" for name in budgets)])]
        lines.append(row_text(["---"] * (len(budgets) + 2)))
        for title, one in vectors.items():
            knn = f"{100 * one['knn']['accuracy']:.1f}"
            lines.append(row_text([title, knn, *(score_text(one["linear"][name]) for name in budgets)]))
        minutes = f"{run['train_seconds'] / 60:.0f} minutes"
        lines += ["", f"Seed {run['seed']}, {run['steps']:,} steps, {minutes}; accuracy in per cent.", ""]
    return "\n".join([*lines, *sources_text([document])])
