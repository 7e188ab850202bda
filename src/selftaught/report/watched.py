"""What the page tells of the looks at a run while it trained."""

from typing import Any

from selftaught.report.charts import curve_chart, metric_series
from selftaught.report.contents import ReportContents

__all__ = ["NOT_CURVES", "watched_section"]

NOT_CURVES = ("step", "epoch", "items_seen", "seconds", "loss")
"""Columns of a log that have no small chart of their own."""
_WATCHED = {
    "rankme": "directions used (RankMe)",
    "spread": "spread of the vectors",
    "dead_features": "dead features",
    "alpha_req": "fall of the variances (alpha-ReQ)",
    "uniformity": "evenness of directions (uniformity)",
    "flat": "share of flat directions",
    "energy_area": "ROC area of the energy",
    "lidar": "directions that tell items apart (LiDAR)",
    "alignment": "distance of views of an item (alignment)",
    "embedding_spread": "spread of the embeddings",
    "embedding_rank": "directions that the embeddings vary along",
    "knn_accuracy": "kNN accuracy",
}


def watched_section(contents: ReportContents) -> dict[str, Any] | None:
    """A small chart of each figure that was taken while the run went on, and the alarms; None where nobody looked.

    Args:
        contents: of the page.

    Example:
        >>> from selftaught.report import ReportContents
        >>> from selftaught.report.watched import watched_section
        >>> looks = [{"step": step, "rankme": 8.0 + step} for step in (0, 4)]
        >>> [chart["name"] for chart in watched_section(ReportContents(title="a run", looks=looks))["charts"]]
        ['directions used (RankMe)']
    """
    if not contents.looks:
        return None
    series = metric_series(contents.looks)
    figures = {name: column for name, column in series.items() if name not in NOT_CURVES}
    return {
        "items": contents.watched.get("items"),
        "share": contents.watched.get("share_of_time"),
        "alarms": contents.watched.get("alarms", []),
        "stopped": contents.watched.get("stopped"),
        "best": contents.watched.get("best"),
        "charts": [
            {
                "name": _WATCHED.get(name, name.replace("_", " ")),
                "chart": curve_chart(series["step"], column, name=f"watch-{place}"),
            }
            for place, (name, column) in enumerate(figures.items())
        ],
    }
