"""`selftaught evaluate` with protocols that read the items anew, and what the run cost."""

import html
import json
import shutil
from functools import partial

import datasets
import pytest
from tiny_runs import write_images

from selftaught.cli.further_lines import further_lines
from selftaught.evaluation import LabelFree, beyond_vectors

pytest_plugins = ["run_fixtures"]


@pytest.fixture
def run(run_folder, tmp_path):
    """A run that may be changed."""
    return shutil.copytree(run_folder, tmp_path / "run")


def test_attack_and_what_is_kept_stand_in_the_json_the_lines_and_the_report(command, run, images, tmp_path):
    test_images = write_images(tmp_path / "test", count=5, seed=1)
    words = ["evaluate", run, "--data", images, "--test-data", test_images, "--device", "cpu"]
    status, out, err = command([*words, "--protocols", "knn,attack,keeps"])
    assert (status, err) == (0, err)
    measured = json.loads((run / "evaluation.json").read_text())
    for network in (measured["protocols"], measured["controls"]["random_start"]):
        assert list(network) == ["knn", "linear", "attack", "keeps"]
        assert network["attack"]["clean"] == {"probe": 1, "knn": 1}  # bright against dark
        assert len(network["attack"]["radii"]) == 3
        assert network["attack"]["items"] == 10
        assert list(network["keeps"]["changes"]) == ["greyscale", "rotation", "noise", "sobel", "blur"]
        assert network["keeps"]["items"] == {"train": 39, "test": 9}
        assert all(each["projection"] is not None for each in network["keeps"]["changes"].values())
    assert measured["protocols"]["keeps"] != measured["controls"]["random_start"]["keeps"]
    assert "attack" not in measured["controls"]["raw_input"]
    for said in ("attack, this encoder: probe 100.0 unchanged", "keeps, random start: greyscale", "training took"):
        assert said in out
    page = html.unescape((run / "report.html").read_text())
    for said in ("Attack", "8 of 255", "What the vectors keep", "sobel", "Cost"):
        assert said in page

    cost, record = measured["cost"], json.loads((run / "run.json").read_text())
    assert cost["seconds"] == record["seconds"] > 0
    assert cost["core_seconds"] == cost["seconds"] * record["machine"]["cores"]
    assert cost["items_per_second"] > 0
    assert 50e6 < cost["peak_bytes"] == record["peak_bytes"]
    ours, start = measured["protocols"]["knn"]["accuracy"], measured["controls"]["random_start"]["knn"]["accuracy"]
    assert cost["knn_accuracy_per_minute"] == pytest.approx(60 * ours / cost["seconds"])
    assert cost["knn_gain_per_minute"] == pytest.approx(60 * (ours - start) / cost["seconds"])


def test_labels_alone_stand_in_the_table_the_verdict_and_the_report(command, run, images, monkeypatch):
    short = partial(beyond_vectors.train_on_labels_alone, rates=(1e-3,), most_steps=10)
    monkeypatch.setattr(beyond_vectors, "train_on_labels_alone", short)
    words = ["evaluate", run, "--data", images, "--protocols", "linear,supervised", "--device", "cpu"]
    status, out, err = command(words)
    assert (status, err) == (0, err)
    measured = json.loads((run / "evaluation.json").read_text())
    assert list(measured["controls"]) == ["random_start", "raw_input", "supervised"]
    assert "supervised" not in measured["protocols"]
    alone = measured["controls"]["supervised"]
    assert {name: len(each["accuracies"]) for name, each in alone["by_budget"].items()} == {"10%": 3, "all": 1}
    assert alone["by_budget"]["all"]["mean"] > 0.8  # bright against dark
    assert set(alone["missing"]) == {"100", "1%"}
    assert "the same network trained from scratch on the same labels" in measured["verdict"]
    assert measured["rules"]["split"] == {"test": "a seeded, stratified fifth of the labelled images", "seed": 0}
    assert "held out" in measured["rules"]["choices"]["rate_and_epochs"]
    assert measured["protocols"]["linear"]["all"]["on_training_items"] == 1
    for said in ("from scratch, labels alone", "train/test gap, this encoder:", "from 100.0 on the items that a probe"):
        assert said in out
    page = html.unescape((run / "report.html").read_text())
    for said in ("Labels alone", "above it, pre-training pays", "linear, all labels, on the training items, %"):
        assert said in page


def test_without_labels_it_measures_what_needs_none(command, run, images, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in list(images.glob("*/*.png"))[:8]:
        shutil.copy(path, flat / f"{path.parent.name}-{path.name}")
    words = ["evaluate", run, "--data", flat, "--protocols", "attack,keeps", "--json", "--device", "cpu"]
    status, out, _ = command(words)
    assert status == 0
    measured = json.loads(out)
    assert measured["notes"][:2] == [
        "attack: not measured, for there are no labels",
        "keeps: not measured, for it needs 10 images, and there are 8",
    ]
    assert measured["cost"]["knn_accuracy_per_minute"] is None


def test_without_the_method_only_the_encoder_is_asked_what_it_keeps(command, run, images):
    shutil.rmtree(run / "checkpoints")
    status, out, _ = command(["evaluate", run, "--data", images, "--protocols", "keeps", "--json", "--device", "cpu"])
    assert status == 0
    measured = json.loads(out)
    assert {each["projection"] for each in measured["protocols"]["keeps"]["changes"].values()} == {None}
    why = "keeps: of the encoder alone and not of a projection, for the method cannot be rebuilt around this encoder"
    assert why in measured["notes"]


def test_positions_are_compared_with_another_encoder_without_labels(command, run, images, tmp_path, monkeypatch):
    few = partial(beyond_vectors.measure_dense_use, train_items=200, test_items=60)
    monkeypatch.setattr(beyond_vectors, "measure_dense_use", few)
    flat, other = tmp_path / "flat", shutil.copytree(run, tmp_path / "other")
    flat.mkdir()
    for path in list(images.glob("*/*.png"))[:8]:
        shutil.copy(path, flat / f"{path.parent.name}-{path.name}")
    shutil.rmtree(other / "encoder")
    shutil.copytree(other / "start", other / "encoder")
    words = ["evaluate", run, "--data", flat, "--protocols", "dense", "--against", other, "--device", "cpu"]
    status, out, err = command(words)
    assert (status, err) == (0, err)
    measured = json.loads((run / "evaluation.json").read_text())
    against = measured["against"]
    assert against["protocols"] == {"dense": measured["controls"]["random_start"]["dense"]}
    assert against["differences"][0]["figure"] == "dense, mean IoU"
    ours = measured["protocols"]["dense"]["segmentation"]["mean_iou"]
    assert against["differences"][0]["first"] == pytest.approx(ours)
    assert "dense, mean IoU" in against["sentence"]
    assert f"dense, {other}: mIoU" in out
    assert "dense, mean IoU" in out
    assert str(other) in html.unescape((run / "report.html").read_text())


def test_columns_of_classes_are_told_with_every_probe(command, run, images, tmp_path):
    """The wrong variant told their kNN alone."""
    table, paths = tmp_path / "table.parquet", sorted(images.glob("*/*.png"))
    columns = {
        "image": [{"bytes": path.read_bytes(), "path": None} for path in paths],
        "kind": [path.parent.name for path in paths],
        "half": ["left" if number % 2 else "right" for number in range(len(paths))],
    }
    words_alone = datasets.Value("string")
    features = datasets.Features({"image": datasets.Image(), "kind": words_alone, "half": words_alone})
    datasets.Dataset.from_dict(columns, features=features).to_parquet(table)
    words = ["evaluate", run, "--data", table, "--label", "half,kind", "--device", "cpu"]
    status, out, err = command([*words, "--protocols", "knn,linear,label_curve"])
    assert (status, err) == (0, err)
    measured = json.loads((run / "evaluation.json").read_text())
    kind = measured["targets"]["kind"]["encoder"]
    assert set(kind["label_curve"]) == {"1", "5", "10"}
    assert set(kind["missing"]) == {"100", "1%", "100 labels a class"}
    assert kind["linear"]["all"]["mean"] > 0.9 > measured["protocols"]["linear"]["all"]["mean"]
    [line] = [line for line in out.splitlines() if line.startswith("kind, this encoder:")]
    for said in ("kNN", "linear", "with 10%", "with all", "labels a class", "with 5"):
        assert said in line
    page = html.unescape((run / "report.html").read_text())
    for said in ("kind, kNN, %", "kind, linear, all labels, %", "kind, linear, 5 labels a class, %"):
        assert said in page


def test_numbers_and_several_labels_are_asked_of_the_other_encoder_too(command, run, images, tmp_path):
    """The wrong variant said that there were no labels to compare by, and ended in an error at the report's map."""
    table, paths = tmp_path / "table.parquet", sorted(images.glob("*/*.png"))
    columns = {
        "image": [{"bytes": path.read_bytes(), "path": None} for path in paths],
        "level": [number / 2 for number in range(len(paths))],
        "tags": [[path.parent.name, "even"][: 1 + (number % 2 == 0)] for number, path in enumerate(paths)],
    }
    value = datasets.Value
    kinds = {"image": datasets.Image(), "level": value("float64"), "tags": datasets.List(value("string"))}
    datasets.Dataset.from_dict(columns, features=datasets.Features(kinds)).to_parquet(table)
    words = ["evaluate", run, "--data", table, "--label", "level,tags", "--against", run, "--device", "cpu"]
    status, out, err = command([*words, "--protocols", "knn"])
    assert (status, err) == (0, err)
    measured = json.loads((run / "evaluation.json").read_text())
    ours = {column: each["encoder"] for column, each in measured["targets"].items()}
    assert set(ours) == {"level", "tags"}
    assert measured["against"]["targets"] == ours
    level, tags = (line for line in out.splitlines() if line.startswith((f"level, {run}: R2", f"tags, {run}: mAP")))
    assert level.partition(": ")[2] == next(
        line.partition(": ")[2] for line in out.splitlines() if line.startswith("level, this encoder")
    )
    assert "mAP" in tags
    sentence = measured["against"]["sentence"]
    assert sentence.startswith(f"{run} and {run} cannot be told apart: R² of level "), sentence
    assert "mean average precision of tags" in sentence
    assert [each["figure"] for each in measured["against"]["differences"]] == [
        "R² of level",
        "mean average precision of tags",
    ]
    assert all(each["interval"] == [0, 0] for each in measured["against"]["differences"])
    assert measured["outcome"] != "unknown"
    assert "R² of level" in measured["verdict"]
    assert "mean average precision of tags" in measured["verdict"]
    assert "even" in html.unescape((run / "report.html").read_text())


def test_a_line_tells_of_what_moves():
    tracks = {"region_similarity": 0.5, "correct_points": 0.75}
    found = {"copied": {"cosine": tracks}, "staying": tracks, "ceiling": tracks}
    [line] = further_lines({"protocols": {"propagation": found}, "controls": {}}, {})
    assert line.startswith("propagation, this encoder: cosine: J 50.0, PCK 75.0; labels that stay: J 50.0")


def test_a_line_says_what_training_along_reached_and_by_which_rate():
    found = {
        "segmentation": {"mean_iou": 0.25, "ceiling": 0.5, "background_only": 0.075},
        "localisation": {"box_iou": 0.625, "ceiling": 0.5, "located": 0.8, "pointed": 0.9},
        "rate": 1e-3,
    }
    [line] = further_lines({"protocols": {"dense_fine_tune": found}, "controls": {}}, {})
    assert line.startswith("dense fine tune, this encoder: mIoU 25.0, background alone 7.5, box IoU 62.5, located 80.0")
    assert line.endswith("by a learning rate of 0.001")


def test_a_line_tells_what_needs_no_labels():
    trained = LabelFree(12.34, 64, 0.25, collapsed=False, flat=0.5, alpha_req=1.25, silhouettes={2: 0.1, 5: 0.375})
    start = LabelFree(1.0, 64, 1.0, collapsed=True)
    found = {"encoder": trained.as_json(), "random_start": start.as_json()}
    lines = further_lines({"protocols": {}, "controls": {}, "label_free": found}, {"random_start": "random start"})
    ours = "RankMe 12.3 of 64, alpha-ReQ 1.25, flat 50.0 %, dead 25.0 %, silhouette 0.38 with 5 clusters"
    assert lines == [
        f"without labels, this encoder: {ours}",
        "without labels, random start: RankMe 1.0 of 64, dead 100.0 %; collapsed",
    ]
