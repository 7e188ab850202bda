"""`selftaught explore`: all that a viewer of embeddings needs in one table, and a plain word without a viewer."""

import io
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from selftaught.report.projection import project_many
from selftaught.runs import exploring

pytest_plugins = ["run_fixtures"]


@pytest.fixture(scope="module")
def written(run_folder, images, tmp_path_factory):
    from selftaught.cli import main

    out = tmp_path_factory.mktemp("explored") / "map.parquet"
    words = ["explore", run_folder, "--data", images, "--out", out, "--device", "cpu", "--only-write"]
    assert main([str(word) for word in words]) == 0
    return out


def test_a_row_an_item_with_all_that_a_viewer_shows(written, images):
    table = parquet.read_table(written)
    assert table.column_names == [
        "key",
        "label",
        "cluster",
        "image",
        "projection_x",
        "projection_y",
        "neighbors",
        "embedding",
    ]
    rows = table.to_pylist()
    assert len(rows) == 48
    assert set(table["cluster"].to_pylist()) <= {"1", "2"}  # as many as classes
    shown = np.asarray(Image.open(io.BytesIO(rows[0]["image"]["bytes"])))
    assert np.array_equal(shown, np.asarray(Image.open(images / rows[0]["key"])))
    vectors = np.array([row["embedding"] for row in rows])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for row in (0, 17):
        near = rows[row]["neighbors"]
        assert near["ids"][0] == row
        cosines = unit @ unit[row]
        assert np.allclose(np.sort(1 - cosines)[:11], near["distances"], atol=1e-5)
        assert np.allclose(1 - cosines[near["ids"]], near["distances"], atol=1e-5)


def test_without_the_viewer_it_says_what_to_install(command, run_folder, images, tmp_path, monkeypatch):
    monkeypatch.setattr(exploring, "find_spec", lambda name: None)
    out = tmp_path / "map.parquet"
    status, _, err = command(["explore", run_folder, "--data", images, "--out", out, "--device", "cpu"])
    assert status == 2
    assert f"which would show {out}: install it with pip install 'selftaught[explore]', or give --only-write" in err
    assert out.is_file()


def test_the_viewer_is_given_the_columns(written, monkeypatch):
    monkeypatch.setattr(exploring, "find_spec", lambda name: object())
    words = exploring.viewer_command(written)
    assert words[:4] == [sys.executable, "-m", "embedding_atlas.cli", str(written)]
    named = dict(zip(words[4::2], words[5::2], strict=True))
    assert named == {
        "--x": "projection_x",
        "--y": "projection_y",
        "--neighbors": "neighbors",
        "--image": "image",
    }
    assert set(named.values()) <= set(parquet.read_schema(written).names)


@pytest.mark.skipif(find_spec("embedding_atlas") is None, reason="embedding-atlas is not installed: not shown in it")
def test_the_viewer_takes_the_table(written, tmp_path):
    words = [*exploring.viewer_command(written), "--export-application", str(tmp_path / "app.zip")]
    subprocess.run(words, check=True, timeout=300)
    assert (tmp_path / "app.zip").stat().st_size > 1e6


def test_a_file_is_overwritten_only_when_asked(command, run_folder, tmp_path):
    out = tmp_path / "map.parquet"
    out.write_text("mine")
    status, _, err = command(["explore", run_folder, "--data", "not-even-looked-at", "--out", out])
    assert (status, out.read_text()) == (2, "mine")
    assert f"{out} exists" in err
    status, _, err = command(["explore", run_folder, "--data", "x", "--out", tmp_path / "map.npz"])
    assert (status, err) == (2, f"error: {tmp_path / 'map.npz'}: expected a file that ends in .parquet\n")


def test_more_vectors_than_landmarks_stand_among_their_own():
    random = np.random.default_rng(0)
    groups = np.arange(300) % 3
    vectors = (10 * np.eye(3)[groups] + random.normal(size=(300, 3))).astype(np.float32)
    places = project_many(vectors, 0, landmarks=60)
    middles = np.stack([np.median(places[groups == group], axis=0) for group in range(3)])
    nearest = np.square(places[:, None] - middles).sum(2).argmin(1)
    assert (nearest == groups).mean() > 0.95
