"""`selftaught embed`: one vector an image, in parquet or npz, and nothing overwritten unasked."""

import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from pyarrow import parquet

from selftaught import load_encoder

pytest_plugins = ["run_fixtures"]


def test_parquet_has_a_key_a_label_and_a_vector_for_every_image(command, run_folder, images, tmp_path):
    out = tmp_path / "vectors.parquet"
    status, stdout, _ = command(["embed", run_folder, "--data", images, "--out", out, "--device", "cpu"])
    assert (status, stdout) == (0, "")
    table = parquet.read_table(out)
    assert table.column_names == ["key", "label", "embedding"]
    assert str(table.schema.field("embedding").type) == "list<element: float>"
    assert len(table) == 48
    rows = table.to_pylist()
    assert {(row["key"].split("/")[0], row["label"]) for row in rows} == {("bright", "bright"), ("dark", "dark")}
    row = next(row for row in rows if row["key"] == "dark/03.png")
    pixels = torch.from_numpy(np.array(Image.open(images / "dark" / "03.png"))).permute(2, 0, 1)
    with torch.no_grad():
        [vector] = load_encoder(run_folder)(pixels)
    # bfloat16 arithmetic, where the machine has it, is good to two digits.
    assert np.allclose(row["embedding"], vector, atol=0.03 * float(vector.abs().max()))


def test_npz_holds_the_same(command, run_folder, images, tmp_path):
    for name in ("vectors.npz", "vectors.parquet"):
        assert command(["embed", run_folder, "--data", images, "--out", tmp_path / name, "--device", "cpu"])[0] == 0
    with np.load(tmp_path / "vectors.npz") as arrays:
        table = parquet.read_table(tmp_path / "vectors.parquet").to_pydict()
        assert arrays["embedding"].dtype == np.float32
        assert np.array_equal(arrays["embedding"], np.array(table["embedding"], np.float32))
        assert arrays["key"].tolist() == table["key"]
        assert arrays["label"].tolist() == table["label"]


def test_images_without_classes_have_no_label(command, run_folder, images, tmp_path):
    out = tmp_path / "vectors.npz"
    assert command(["embed", run_folder, "--data", images / "dark", "--out", out, "--device", "cpu"])[0] == 0
    with np.load(out) as arrays:
        assert sorted(arrays) == ["embedding", "key"]


def test_a_file_is_overwritten_only_when_asked(command, run_folder, images, tmp_path):
    out = tmp_path / "vectors.npz"
    out.write_text("mine")
    words = ["embed", run_folder, "--data", images, "--out", out, "--device", "cpu"]
    status, _, err = command(words)
    assert status == 2
    assert err == f"error: {out} exists: choose another --out, or give --overwrite\n"
    assert out.read_text() == "mine"
    assert command([*words, "--overwrite"])[0] == 0
    assert len(np.load(out)["key"]) == 48


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("vectors.csv", "expected a file that ends in .parquet or .npz"),
        ("vectors", "expected a file that ends in .parquet or .npz"),
        ("no/such/vectors.npz", "there is no folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_first(command, run_folder, tmp_path, out, said):
    status, _, err = command(["embed", run_folder, "--data", "not-even-looked-at", "--out", tmp_path / out])
    assert status == 2
    assert said in err


def test_an_encoder_folder_will_do(command, run_folder, images, tmp_path):
    encoder = shutil.copytree(run_folder / "encoder", tmp_path / "encoder")
    out = tmp_path / "vectors.npz"
    assert command(["embed", encoder, "--data", images, "--out", out, "--device", "cpu"])[0] == 0
