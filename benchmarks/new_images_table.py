"""The table of new images beside true ones."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, score_text, sources_text

__all__ = ["new_images"]

_SHARES = ("precision", "recall", "coverage")


def new_images(document: Mapping[str, Any]) -> str:
    """A row for each method, by an encoder's vectors and, for coverage, by pixels, too."""
    if not document:
        return NOTHING.format(command="python benchmarks/new_images.py")
    head = ["", *_SHARES, "classes of 10", "off by, nats", "coverage by pixels"]
    lines = [row_text(head), row_text(["---"] * len(head))]
    for name, judges in document["summary_by_method"].items():
        found = judges["simclr"]
        cells = [score_text(found[share]) for share in _SHARES]
        cells += [f"{found['classes_hit']['mean']:.1f}", f"{found['class_divergence_nats']['mean']:.2f}"]
        title = "true images" if name == "true" else f"`{name}`"
        lines.append(row_text([title, *cells, score_text(judges["pixels"]["coverage"])]))
    counts = {name: len(each["simclr"]["coverage"]["values"]) for name, each in document["summary_by_method"].items()}
    seeds = max(count for name, count in counts.items() if name != "true")
    told = f"A thousand new images each beside 10,000 test images; shares in per cent; {seeds} seeds."
    return "\n".join([*lines, "", told, "", *sources_text([document])])
