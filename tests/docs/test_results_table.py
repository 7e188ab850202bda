"""The tables show the numbers of the documents, each in its place."""

import json
from pathlib import Path

import pytest
from test_pages import ROOT, script

ORIGIN = {
    "command": "python benchmarks/evidence.py",
    "commit": "abc",
    "date": "2026-01-02",
    "machine": {"processor": "Some CPU", "cores": 2},
    "versions": {"torch": "2.14.1"},
}


def scores(knn: float, linear: float) -> dict[str, object]:
    return {"knn": {"mean": knn, "std": 0.001}, "linear": {"100": {"mean": linear, "std": 0.02}}}


def learns() -> dict[str, object]:
    group = {
        "data": "fashion-mnist",
        "method": "simclr",
        "recipe": "simclr_fashion_mnist",
        "encoder": "small_resnet",
        "epochs": 6,
        "seeds": [0, 1, 2],
        **scores(0.867, 0.748),
        "controls": {"random_start": scores(0.792, 0.559), "raw_input": scores(0.8, 0.691)},
        **ORIGIN,
    }
    return {"summary": [group]}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "learns.json").write_text(json.dumps(learns()))
    return tmp_path


def test_every_number_stands_in_its_row(results: Path) -> None:
    filled = script("benchmarks/results_table.py").filled("# A\n<!-- learns -->\nold\n<!-- /learns -->\nend\n", results)
    rows = {cells[2]: cells[4:6] for line in filled.splitlines() if len(cells := line.split(" | ")) > 5}
    assert rows["random start"] == ["79.2 ± 0.1", "55.9 ± 2.0 |"]
    assert rows["raw input"] == ["80.0 ± 0.1", "69.1 ± 2.0 |"]
    assert "| **simclr**, 6 epochs, `simclr_fashion_mnist` | 3 | 86.7 ± 0.1 | 74.8 ± 2.0 |" in filled
    assert "`python benchmarks/evidence.py` on 2026-01-02, commit abc, Some CPU, 2 cores, torch 2.14.1." in filled
    assert "old" not in filled
    assert filled.startswith("# A\n")
    assert filled.endswith("\nend\n")


def test_the_first_page_shows_before_and_after(results: Path) -> None:
    marker = "<!-- learns_in_short -->\n<!-- /learns_in_short -->\n"
    filled = script("benchmarks/results_table.py").filled(marker, results)
    row = "| fashion-mnist | `simclr` | 3 | 79.2 ± 0.1 | 86.7 ± 0.1 | 55.9 ± 2.0 | 74.8 ± 2.0 |"
    assert row in filled.splitlines()


def test_filling_twice_changes_nothing(results: Path) -> None:
    tables = script("benchmarks/results_table.py")
    once = tables.filled("<!-- learns -->\n<!-- /learns -->\n\n<!-- speed -->\n<!-- /speed -->\n", results)
    assert tables.filled(once, results) == once
    assert "Not measured yet: `make bench` measures it." in once


def test_a_marker_without_a_table_is_an_error(results: Path) -> None:
    with pytest.raises(KeyError):
        script("benchmarks/results_table.py").filled("<!-- nothing -->\n<!-- /nothing -->\n", results)


@pytest.mark.parametrize("path", sorted((ROOT / "results").glob("*.json")), ids=lambda path: path.name)
def test_every_document_says_where_it_comes_from(path: Path) -> None:
    document = json.loads(path.read_text())
    for part in document.get("summary", [document]):
        assert {"command", "commit", "date", "machine", "versions"} <= set(part)
        assert part["machine"]["processor"]
        assert part["machine"]["cores"] > 0


def run(seed: int, knn: float, start: float) -> dict[str, object]:
    def protocols(accuracy: float) -> dict[str, object]:
        return {"knn": {"accuracy": accuracy}, "linear": {"all": {"mean": accuracy - 0.1, "std": None}}}

    return {
        "method": "moco",
        "data": "cifar10",
        "seed": seed,
        "recipe": "moco_v2_cifar10",
        "encoder": "small_resnet",
        "epochs": 2,
        "train_seconds": 10.0 * seed,
        "images_per_second": 100.0,
        "protocols": protocols(knn),
        "controls": {"random_start": protocols(start), "raw_input": protocols(0.3)},
        "items": {"train": 5, "test": 6},
        **ORIGIN,
    }


def test_seeds_are_summarised() -> None:
    [group] = script("benchmarks/evidence.py").summarise([run(2, 0.56, 0.30), run(1, 0.50, 0.32)])
    assert group["seeds"] == [1, 2]
    assert group["knn"]["mean"] == pytest.approx(0.53)
    assert group["knn"]["std"] == pytest.approx(0.06 / 2**0.5)
    assert group["linear"]["all"]["values"] == pytest.approx([0.40, 0.46])
    assert group["controls"]["random_start"]["knn"]["mean"] == pytest.approx(0.31)
    assert group["gain_over_random_start"]["knn"]["values"] == pytest.approx([0.18, 0.26])
    assert group["train_seconds"]["mean"] == pytest.approx(15.0)
