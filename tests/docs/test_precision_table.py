"""The table of both precisions says how far apart they are, and whether that is real."""

import json
from pathlib import Path

from test_pages import script
from test_results_table import ORIGIN


def test_a_difference_that_is_not_real_is_not_called_so(tmp_path: Path) -> None:
    figures = {"kNN accuracy": {"mean": 0.8}, "items a second": {"mean": 412.4}}
    gap = {
        "first": "precision bfloat16",
        "second": "precision float32",
        "difference": 0.004,
        "interval": [-0.01, 0.018],
    }
    pairs = [{**gap, "figure": "kNN accuracy", "real": real} for real in (False, True)]
    rows = {"precision bfloat16": figures, "random start": {"kNN accuracy": {"mean": 0.7}}}
    document = {"rows": rows, "between": pairs, "epochs": 3.0, "seeds": 3, **ORIGIN}
    (tmp_path / "precision.json").write_text(json.dumps(document))
    lines = (
        script("benchmarks/results_table.py").filled("<!-- precision -->\n<!-- /precision -->\n", tmp_path).splitlines()
    )
    assert "| precision bfloat16 | 80.0 | - | - | 412 |" in lines
    assert "| random start | 70.0 | - | - | - |" in lines
    told = "kNN: precision bfloat16 +0.4 points (-1.0 to +1.8) beside precision float32: "
    assert [line.removeprefix(told) for line in lines if line.startswith(told)] == [
        "not told apart.",
        "a real difference.",
    ]
