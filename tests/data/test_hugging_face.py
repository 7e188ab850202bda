import io
import json
import os
import urllib.error
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from selftaught.core import UserError
from selftaught.data import hugging_face_loading, open_images

PIXELS = np.random.default_rng(0).integers(0, 256, (10, 8, 9, 3), dtype=np.uint8)
NAMES = ["bird", "cat", "dog"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def write(path, rows, *, column="image", label="label", metadata=True, names=NAMES):
    """Parquet as the Hugging Face hub lays it out: {bytes, path}, and the classes in the schema's metadata."""
    images = pa.array(
        [{"bytes": png(PIXELS[row]), "path": f"{row}.png"} for row in rows],
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    table = pa.table({"id": list(rows), column: images, label: [row % 3 for row in rows]})
    if metadata:
        features = {
            "id": {"dtype": "int64", "_type": "Value"},
            column: {"_type": "Image"},
            label: {"names": names, "_type": "ClassLabel"},
        }
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


def pixels_of(source, row):
    return source.batch([row]).pixels[0].permute(1, 2, 0).numpy()


def test_the_column_of_labels_can_be_named(tmp_path):
    file = write(tmp_path / "pets.parquet", range(4))
    assert open_images(file, label="id").train.labels.tolist() == [0, 1, 2, 3]
    with pytest.raises(UserError, match="unknown column of pets 'lable': did you mean 'label'"):
        open_images(file, label="lable")
    with pytest.raises(UserError, match="label 'kind': only tables have columns"):
        open_images("fashion-mnist-10k", label="kind")


def test_a_parquet_file_with_classes_in_its_schema(tmp_path):
    splits = open_images(write(tmp_path / "pets.parquet", range(10), column="photograph", label="species"))
    assert splits.train.classes == tuple(NAMES)
    assert splits.train.labels.tolist() == [row % 3 for row in range(10)]
    assert np.array_equal(pixels_of(splits.train, 4), PIXELS[4])
    assert splits.found == "parquet file of 10 images, 3 classes, RGB, 9x8"
    assert splits.test is None


def test_a_parquet_file_without_metadata_goes_by_usual_names(tmp_path):
    source = open_images(write(tmp_path / "pets.parquet", range(4), metadata=False)).train
    assert source.labels.tolist() == [0, 1, 2, 0]
    assert source.classes is None
    assert np.array_equal(pixels_of(source, 3), PIXELS[3])


def test_a_column_of_plain_bytes_and_words(tmp_path):
    table = pa.table({"img": [png(PIXELS[row]) for row in range(3)], "label": ["owl", "cat", "owl"]})
    pq.write_table(table, tmp_path / "a.parquet")
    source = open_images(tmp_path / "a.parquet").train
    assert source.classes == ("cat", "owl")
    assert source.labels.tolist() == [1, 0, 1]
    assert np.array_equal(pixels_of(source, 2), PIXELS[2])


@pytest.mark.parametrize("names", [("train", "test"), ("data/train-00000-of-00001", "data/validation-00000-of-00001")])
def test_a_folder_of_parquet_files_with_parts(tmp_path, names):
    write(tmp_path / f"{names[0]}.parquet", range(7))
    write(tmp_path / f"{names[1]}.parquet", range(7, 10))
    splits = open_images(tmp_path)
    assert (len(splits.train), len(splits.test)) == (7, 3)
    assert np.array_equal(pixels_of(splits.test, 0), PIXELS[7])
    assert splits.test.labels.tolist() == [1, 2, 0]


def test_a_folder_of_parquet_files_without_parts(tmp_path):
    write(tmp_path / "part-0.parquet", range(7))
    write(tmp_path / "part-1.parquet", range(7, 10))
    splits = open_images(tmp_path)
    assert len(splits.train) == 10
    assert splits.test is None


def test_missing_labels_are_none(tmp_path):
    import datasets

    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=NAMES)})
    table = {"image": [{"bytes": png(pixels), "path": None} for pixels in PIXELS[:3]], "label": [-1, -1, -1]}
    assert open_images(datasets.Dataset.from_dict(table, features=features)).train.labels is None


def test_a_data_set_saved_to_disk(tmp_path):
    import datasets

    loaded = datasets.Dataset.from_parquet(str(write(tmp_path / "a.parquet", range(10))))
    loaded.save_to_disk(tmp_path / "one")
    loaded.train_test_split(test_size=3, shuffle=False).save_to_disk(tmp_path / "two")
    one, two = open_images(tmp_path / "one"), open_images(tmp_path / "two")
    assert (len(one.train), one.test, len(two.train), len(two.test)) == (10, None, 7, 3)
    assert np.array_equal(pixels_of(two.test, 2), PIXELS[9])
    assert two.train.classes == tuple(NAMES)


def test_a_shuffled_selection_keeps_its_order(tmp_path):
    import datasets

    loaded = datasets.Dataset.from_parquet(str(write(tmp_path / "a.parquet", range(10)))).select([8, 2, 5])
    source = open_images(loaded).train
    assert source.labels.tolist() == [2, 2, 2]
    assert np.array_equal(pixels_of(source, 1), PIXELS[2])


def test_other_splits_are_said_to_be_unused(tmp_path):
    import datasets

    loaded = datasets.Dataset.from_parquet(str(write(tmp_path / "a.parquet", range(10))))
    parts = {"validation": loaded.select([0]), "test": loaded.select([1, 2]), "train": loaded.select([3, 4, 5])}
    splits = open_images(datasets.DatasetDict(parts))
    assert (len(splits.train), len(splits.test)) == (3, 2)
    assert splits.found.endswith("; not used: validation")


def test_broken_cells_are_skipped(tmp_path):
    cells = [png(PIXELS[0]), b"", png(PIXELS[1])[:60], None, png(PIXELS[2])]
    pq.write_table(pa.table({"image": cells, "label": [0, 1, 2, 3, 4]}), tmp_path / "a.parquet")
    source = open_images(tmp_path / "a.parquet").train
    assert [skipped.key for skipped in source.skipped] == ["1", "2", "3"]
    assert source.labels.tolist() == [0, 4]
    assert list(source.keys) == ["0", "4"]
    assert np.array_equal(pixels_of(source, 1), PIXELS[2])


def test_a_table_without_images_lists_its_columns(tmp_path):
    pq.write_table(pa.table({"imag": ["a"], "audio": [1.0]}), tmp_path / "a.parquet")
    with pytest.raises(
        UserError, match=r"a has no column of images; its columns: imag \(string\), audio \(float64\); rename"
    ):
        open_images(tmp_path / "a.parquet")


def test_a_file_that_is_no_parquet_is_refused_in_one_line(tmp_path):
    (tmp_path / "a.parquet").write_text("hello\nworld")
    with pytest.raises(UserError, match=r"a\.parquet' cannot be read as parquet: ") as raised:
        open_images(tmp_path / "a.parquet")
    assert "\n" not in str(raised.value)


def test_a_truncated_parquet_file_is_refused(tmp_path):
    path = write(tmp_path / "a.parquet", range(10))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="cannot be read as parquet"):
        open_images(path)


def test_a_damaged_saved_data_set_is_refused(tmp_path):
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(UserError, match="cannot be read as a saved data set"):
        open_images(tmp_path)


def test_the_hub_out_of_reach_is_said_at_once(monkeypatch):
    def refuse(*given, **options):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(hugging_face_loading.urllib.request, "urlopen", refuse)
    with pytest.raises(UserError, match=r"'hub:nobody/nothing' cannot be loaded: .*; the hub cannot be reached"):
        open_images("hub:nobody/nothing")
    import datasets

    assert not datasets.config.HF_HUB_OFFLINE


def test_a_hub_data_set_is_opened_by_name_and_configuration(tmp_path, monkeypatch):
    import datasets

    loaded = datasets.Dataset.from_parquet(str(write(tmp_path / "a.parquet", range(10))))
    asked = []
    monkeypatch.setattr(hugging_face_loading, "_hub_answers", lambda: True)
    monkeypatch.setattr(
        datasets, "load_dataset", lambda *given: asked.append(given) or datasets.DatasetDict({"train": loaded})
    )
    assert (
        open_images("hub:owner/pets:small").found == "hub data set owner/pets:small of 10 images, 3 classes, RGB, 9x8"
    )
    assert asked == [("owner/pets", "small")]


def test_cifar10_of_the_shared_data():
    folder = os.environ.get("SELFTAUGHT_BENCH_DATA")
    if folder is None:
        pytest.skip("SELFTAUGHT_BENCH_DATA is not set")
    splits = open_images(Path(folder) / "cifar10/test.parquet")
    assert splits.found == "parquet file of 10,000 images, 10 classes, RGB, 32x32"
    assert np.bincount(splits.train.labels).tolist() == [1000] * 10
    assert splits.train.classes[:2] == ("airplane", "automobile")


def test_other_columns_are_kept_beside_the_images_that_can_be_read(tmp_path):
    import datasets

    images = [{"bytes": png(each), "path": None} for each in PIXELS[:4]]
    images[1] = {"bytes": b"broken", "path": None}
    table = datasets.Dataset.from_dict(
        {
            "image": images,
            "age": [1.5, 2.0, 2.5, 3.0],
            "side": ["left", "left", None, "right"],
            "tags": [["a", "b"], [], ["b"], ["a", "b"]],
            "kind": [0, 1, -1, 1],
            "raw": [b"x"] * 4,
        }
    ).cast_column("kind", datasets.ClassLabel(names=["tea", "coffee"]))
    columns = open_images(table.cast_column("image", datasets.Image(decode=False))).train.columns
    found = {name: column.tolist() for name, column in columns.items()}
    assert found == {
        "age": [1.5, 2.5, 3.0],
        "side": ["left", None, "right"],
        "tags": [["a", "b"], ["b"], ["a", "b"]],
        "kind": ["tea", None, "coffee"],
    }


def test_several_columns_of_an_image_table_are_targets(tmp_path):
    import datasets

    from selftaught.runs.labelling import labelled_parts

    count = len(PIXELS)
    table = datasets.Dataset.from_dict(
        {
            "image": [{"bytes": png(each), "path": None} for each in PIXELS],
            "age": [row / 2 for row in range(count)],
            "side": ["left", "right"] * (count // 2),
        }
    )
    images = open_images(table.cast_column("image", datasets.Image(decode=False))).train
    train, _, targets = labelled_parts(["side", "age"], lambda label: (images, None), seed=0)
    assert train.classes == ("left", "right")
    assert [(target.name, target.kind) for target in targets] == [("age", "numbers")]
