"""What a run cost, and what came of it for that."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selftaught.runs.record import Record

__all__ = ["run_cost"]


def run_cost(record: Record, metrics: Path, measured: Mapping[str, Any]) -> dict[str, Any]:
    """Time, speed, memory and an energy proxy, and what kNN accuracy a minute of training brought.

    Cores are all that the machine lent, busy or not, so that core-seconds are at most what was used; a GPU's energy is
    not in them.

    Args:
        record: of the run.
        metrics: `metrics.csv`, for the items a second; looks at the encoder and checkpoints count as time.
        measured: an evaluation; of its kNN accuracy and that of the start.

    Returns:
        Numbers by name with their units; None for what is not known.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs import pretrain
        >>> from selftaught.runs.cost import run_cost
        >>> import tempfile
        >>> images = np.random.default_rng(0).integers(0, 256, (8, 12, 12), dtype=np.uint8)
        >>> run = pretrain("simclr", images, tempfile.mkdtemp(), settings={"epochs": 1, "batch_size": 4})
        >>> nothing = {"protocols": {"knn": {"accuracy": None}}, "controls": {}}
        >>> cost = run_cost(run.record, run.folder.metrics, nothing)
        >>> cost["core_seconds"] == cost["seconds"] * cost["cores"], cost["knn_accuracy_per_minute"]
        (True, None)
    """
    seconds, cores = record.seconds, record.machine.get("cores")
    ours = _knn(measured["protocols"])
    before = _knn(measured["controls"].get("random_start", {}))
    minutes = seconds / 60
    return {
        "seconds": seconds,
        "items_per_second": _items_per_second(metrics),
        "cores": cores,
        "core_seconds": None if cores is None else seconds * cores,
        "device": record.machine.get("device"),
        "peak_bytes": record.peak_bytes,
        "knn_accuracy_per_minute": None if ours is None or minutes == 0 else ours / minutes,
        "knn_gain_per_minute": None if ours is None or before is None or minutes == 0 else (ours - before) / minutes,
    }


def _knn(protocols: Mapping[str, Any]) -> float | None:
    return protocols.get("knn", {}).get("accuracy")


def _items_per_second(metrics: Path) -> float | None:
    """By the last row of the log."""
    if not metrics.is_file():
        return None
    with metrics.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.get("items_seen") and row.get("seconds")]
    last = rows[-1] if rows else {"items_seen": "0", "seconds": "0"}
    return float(last["items_seen"]) / float(last["seconds"]) if float(last["seconds"]) > 0 else None
