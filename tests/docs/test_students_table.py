"""What teaching gains, as two tables."""

import pytest
from test_pages import script
from test_results_table import ORIGIN

COMMON = {"data": "fashion-mnist-10k", "encoder": "small_resnet", "features": 16, "seeds": [0, 1], "parameters": 1234}


def row(accuracy: float, **told: object) -> dict:
    return {**COMMON, **told, "accuracy": {"mean": accuracy, "std": 0.01, "values": [accuracy]}}


@pytest.fixture(scope="module")
def table():
    return script("benchmarks/students_table.py").students


def test_a_row_for_each_layer_and_each_way_to_teach(table):
    student = {"student_features": 8, "labels": "1%"}
    rows = [
        row(0.7, part="fine-tuned", labels="1%", from_layer="encoder"),
        row(0.8, part="fine-tuned", labels="all", from_layer="encoder"),
        row(0.75, part="fine-tuned", labels="1%", from_layer="head.1"),
        row(0.65, part="distilled", temperature=1.0, **student),
        row(0.55, part="without a teacher", label_smoothing=0.0, **student),
        row(0.56, part="without a teacher", label_smoothing=0.1, **student),
    ]
    text = table({"summary": rows, "runs": [{**ORIGIN, "test_items": 2000}]})
    assert "| fine-tuned | 1% labels | 10% labels | all labels |" in text
    assert "| from `encoder` | 70.0 ± 1.0 | - | 80.0 ± 1.0 |" in text
    assert "| from `head.1` | 75.0 ± 1.0 | - | - |" in text
    assert "| 8 wide, 1,234 weights, taught | 65.0 ± 1.0 | - |" in text
    assert "| 8 wide, 1,234 weights, alone, plain labels | 55.0 ± 1.0 | - |" in text
    assert "| 8 wide, 1,234 weights, alone, smoothed labels | 56.0 ± 1.0 | - |" in text
    assert "on 2,000 test images of fashion-mnist-10k, 2 seeds" in text


def test_without_measurements_it_says_how_to_measure(table):
    assert "python benchmarks/student_teacher.py" in table({})
