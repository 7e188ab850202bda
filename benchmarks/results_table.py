"""Puts the numbers of results/*.json into the pages that show them, between `<!-- NAME -->` and `<!-- /NAME -->`.

`python benchmarks/results_table.py` writes the pages; `--check` only says which are out of date.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench import reached_text
from bits_table import bits
from families_table import families
from five_minutes_table import five_minutes, view_sizes
from futures_table import two_futures
from kinds_tables import cora, digits, trec
from labels_table import rotation_labels
from leaderboard_table import NOTHING, leaderboard_of, neighbours
from learning_table import learns, learns_in_short
from new_images_table import new_images
from precision_table import precision
from record import RESULTS, ROOT, read
from steps_table import steps, views_parts
from students_table import students
from study_table import study
from table_texts import row_text, score_text, sources_text
from tried_rates import tries
from video_table import video

__all__ = ["PAGES", "filled", "speed"]

PAGES = tuple(
    ROOT / page
    for page in (
        *("docs/results.md", "docs/evaluation.md", "docs/studies.md", "docs/speed.md", "docs/semi_supervised.md"),
        "README.md",
    )
)
_PRETEXT = "pretext_and_generative"
STUDIES = (
    "projector",
    "from_moco_v1_to_v2",
    "teacher_momentum",
    "encoder_width",
    "sides",
    "negatives",
    "hard_positives",
    "batch_and_length",
    "operators",
)


def speed(document: Mapping[str, Any]) -> str:
    """Images a second of each contestant, and how many times the slowest default."""
    if not document:
        return NOTHING.format(command="make bench")
    lines = ["| | images a second | times its float32 default |", "|---|---|---|"]
    for one in document["contestants"]:
        rate = one["images_per_second"]
        lines.append(f"| {one['title']} | {rate['mean']:.1f} ± {rate['std'] or 0:.1f} | {one['ratio']:.2f} |")
    return "\n".join([*lines, "", document["task"], "", *sources_text([document])])


def demo(document: Mapping[str, Any]) -> str:
    """What the demo took and what came of it."""
    if not document:
        return NOTHING.format(command="make bench")
    gains = document["points_over_random_start"]
    return "\n".join(
        [
            f"`selftaught demo`: {document['seconds']['mean']:.0f} s, {document['peak_memory_gib']['mean']:.2f} GiB; "
            f"{gains['linear_100']['mean']:+.1f} points over its random start in linear accuracy with 100 labels, "
            f"{gains['knn']['mean']:+.1f} points in kNN.",
            "",
            *sources_text([document]),
        ]
    )


def startup(document: Mapping[str, Any]) -> str:
    """Seconds before anything happens."""
    if not document:
        return NOTHING.format(command="make bench")
    rows = [f"| `{what}` | {one['median']:.2f} | {one['limit'] or ''} |" for what, one in document["seconds"].items()]
    return "\n".join(["| | seconds | limit |", "|---|---|---|", *rows, "", *sources_text([document])])


def views(document: Mapping[str, Any]) -> str:
    """Views a second by image size."""
    if not document:
        return NOTHING.format(command="make bench")
    lines = ["| image size | ours | peer | times |", "|---|---|---|---|"]
    for one in document["sizes"]:
        ours, peer = one["ours"]["mean"], one["peer"]["mean"]
        lines.append(f"| {one['image_size']} px | {ours:,.0f} | {peer:,.0f} | {ours / peer:.1f} |")
    return "\n".join([*lines, "", document["task"], "", *sources_text([document])])


def correlation(document: Mapping[str, Any]) -> str:
    """How well each figure without labels goes along with linear accuracy, the best first."""
    if not document:
        return NOTHING.format(command="python benchmarks/label_free_correlation.py")
    found, names = document["correlations"], document["names"]
    head = ["figure", "runs", "Spearman, all runs", "Spearman within methods", "Pearson, all runs"]
    lines = [row_text(head), row_text(["---"] * len(head))]
    for name in sorted(names, key=lambda name: -_strength(found[name])):
        every, within = found[name]["overall"], found[name]["within_methods"]
        cells = [_coefficient(every, "spearman"), _coefficient(within, "spearman"), _coefficient(every, "pearson")]
        lines.append(row_text([names[name], str(found[name]["runs"]), *cells]))
    each = Counter(run["method"] for run in document["runs"])
    counted = ", ".join(f"{count} of {method}" for method, count in each.items())
    accuracies = [100 * run["accuracies"]["linear"] for run in document["runs"]]
    told = (
        f"{len(document['runs'])} runs: {counted}; linear accuracy from {min(accuracies):.1f} to {max(accuracies):.1f} "
        "per cent. In brackets the middle 95 % of 2,000 resamples of the runs."
    )
    drawing = "![Each figure against linear accuracy, one point a run](images/label_free_correlation.svg)"
    return "\n".join([*lines, "", told, "", drawing, "", *sources_text(document["runs"])])


def bench(document: Mapping[str, Any]) -> str:
    """What was reached of what was set."""
    if not document:
        return NOTHING.format(command="make bench")
    lines = [row_text(["measure", "reached", "must be", "met"]), "|---|---|---|---|"]
    lines += [row_text([row["title"], *reached_text(row)]) for row in document["rows"]]
    return "\n".join([*lines, "", *sources_text(document["documents"].values())])


def verdicts(document: Mapping[str, Any]) -> str:
    """What was said of a collapsed, an undertrained and a good run."""
    if not document:
        return NOTHING.format(command="python benchmarks/three_verdicts.py")
    lines: list[str] = []
    for run in document["runs"]:
        lines += [f"**{run['name'].capitalize()}** ({run['told']}): `{run['outcome']}`", "", f"> {run['verdict']}", ""]
    return "\n".join([*lines, *sources_text(document["runs"])])


def evaluation_speed(document: Mapping[str, Any]) -> str:
    """Where the time of an evaluation goes."""
    if not document:
        return NOTHING.format(command="python benchmarks/evaluation_speed.py")
    lines = [row_text(["protocol", "seconds", "seconds of processors"]), "|---|---|---|"]
    for name, part in document["parts"].items():
        lines.append(row_text([f"`{name}`", f"{part['seconds']:.1f}", f"{part['processor_seconds']:.1f}"]))
    lines.append(row_text(["all but retrieval", f"{document['all_but_retrieval_seconds']:.1f}", ""]))
    return "\n".join([*lines, "", *sources_text([document])])


def kept(document: Mapping[str, Any]) -> str:
    """Which changes of an image can be told from the encoder's output, and from the projection."""
    if not document:
        return NOTHING.format(command="python benchmarks/what_is_kept.py")
    sides = ("encoder", "projection")
    titles = {"among_the_views": "among the views", "not_among_them": "in no view", "random_start": "random start"}
    head = ["change", "chance", *(f"{told}: {side}" for told in titles.values() for side in sides)]
    lines = [row_text([*head, "published: encoder", "projection"]), row_text(["---"] * (len(head) + 2))]
    for row in document["changes"]:
        scores = [score_text(row[title][side]) if title in row else "-" for title in titles for side in sides]
        published = [f"{100 * one:.1f}" for one in row["published"] or ()] or ["-", "-"]
        lines.append(row_text([row["change"], f"{100 * row['chance']:.0f}", *scores, *published]))
    items, seeds = document["runs"][0]["items"], len({run["seed"] for run in document["runs"]})
    told = (
        f"Accuracy in per cent of linear probes, {items['train']:,} test images to learn from and {items['test']:,} to "
        f"be tested on, each in all versions; {seeds} seed{'s' * (seeds > 1)}. Published: ResNet-50 on ImageNet, "
        "probes with a hidden layer; of greyscale where a guess is right in 80 % (Chen et al. 2020, table 3)."
    )
    drawing = "![Accuracy from the encoder and from the projection, for each change](images/what_is_kept.svg)"
    return "\n".join([*lines, "", told, "", drawing, "", *sources_text(document["runs"])])


TABLES: dict[str, tuple[Callable[[Mapping[str, Any]], str], str]] = {
    "learns": (learns, "learns.json"),
    "learns_in_short": (learns_in_short, "learns.json"),
    "speed": (speed, "speed_against_lightly.json"),
    "cora": (cora, "dgi_cora.json"),
    "digits": (digits, "cpc_digits.json"),
    "trec": (trec, "bert_trec.json"),
    "packages": (trec, "bert_packages.json"),
    "views": (views, "views.json"),
    "views_parts": (views_parts, "views.json"),
    "startup": (startup, "startup.json"),
    "demo": (demo, "demo.json"),
    "correlation": (correlation, "label_free_correlation.json"),
    "verdicts": (verdicts, "three_verdicts.json"),
    "evaluation_speed": (evaluation_speed, "evaluation_speed.json"),
    "leaderboard_joint": (leaderboard_of("joint_embedding"), "leaderboard_joint_embedding.json"),
    "leaderboard_joint_cifar10": (
        leaderboard_of("joint_embedding --data cifar10"),
        "leaderboard_joint_embedding_cifar10.json",
    ),
    "tries": (tries, "recipe_tries.json"),
    "families": (families, "leaderboard_joint_embedding.json"),
    "leaderboard_pretext": (leaderboard_of(_PRETEXT), f"leaderboard_{_PRETEXT}.json"),
    "leaderboard_pretext_cifar10": (
        leaderboard_of(f"{_PRETEXT} --data cifar10"),
        f"leaderboard_{_PRETEXT}_cifar10.json",
    ),
    "bench": (bench, "bench.json"),
    "neighbours": (neighbours, "nearest.json"),
    **{f"study_{name}": (study(name), "published_studies.json") for name in STUDIES},
    "kept": (kept, "what_is_kept.json"),
    "video": (video, "video.json"),
    "two_futures": (two_futures, "two_futures.json"),
    "five_minutes": (five_minutes, "learning_per_minute.json"),
    "view_sizes": (view_sizes, "view_sizes.json"),
    "precision": (precision, "precision.json"),
    "steps": (steps, "steps.json"),
    "rotation_labels": (rotation_labels, "rotation_labels.json"),
    "students": (students, "student_teacher.json"),
    "new_images": (new_images, "new_images.json"),
    "bits": (bits, "bits_per_dimension.json"),
}


def filled(page: str, results: Path = RESULTS) -> str:
    """The text of a page with its tables made anew; markers that name no table are an error."""

    def table(found: re.Match[str]) -> str:
        render, file = TABLES[found[1]]
        return f"<!-- {found[1]} -->\n{render(read(results / file)).strip()}\n<!-- /{found[1]} -->"

    return re.sub(r"<!-- (\w+) -->\n(?:.*?\n)??<!-- /\1 -->", table, page, flags=re.DOTALL)


def _strength(found: Mapping[str, Any]) -> float:
    """By which figures are sorted: within methods, where the methods' own levels do not count."""
    within = found["within_methods"]
    return -1.0 if within is None or within["spearman"] is None else abs(within["spearman"]["value"])


def _coefficient(found: Mapping[str, Any] | None, name: str) -> str:
    if found is None or found[name] is None:
        return "-"
    low, high = found[name]["interval"]
    return f"{found[name]['value']:+.2f} ({low:+.2f} to {high:+.2f})"


def main() -> None:
    """Write the pages, or say with `--check` which are out of date."""
    outdated = [page for page in PAGES if filled(page.read_text(encoding="utf-8")) != page.read_text(encoding="utf-8")]
    if "--check" in sys.argv[1:]:
        if outdated:
            sys.exit(f"out of date, run `make docs`: {', '.join(str(page.relative_to(ROOT)) for page in outdated)}")
        return
    for page in outdated:
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
