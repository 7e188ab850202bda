"""Recordings in tables and in memory."""

import datasets
import numpy as np
import pytest
import torch
from sound_files import encoded, tone

from selftaught.core import UserError
from selftaught.data import open_audio


def rows(**columns):
    cells = [{"bytes": encoded(tone(800 + 80 * row), form="FLAC"), "path": None} for row in range(4)]
    return {"audio": cells, **columns}


def table(**columns):
    return datasets.Dataset.from_dict(rows(**columns))


def test_a_parquet_file_with_labels_by_name(tmp_path):
    path = tmp_path / "spoken.parquet"
    table(digit=[1, 0, 1, 1], speaker=["a", "b", "b", "a"]).to_parquet(path)
    splits = open_audio(path, label="digit")
    assert splits.train.labels.tolist() == [1, 0, 1, 1]
    assert splits.train.classes is None
    assert splits.train.columns["speaker"].tolist() == ["a", "b", "b", "a"]
    assert splits.train.columns["digit"].tolist() == [1, 0, 1, 1]
    assert splits.found.startswith("parquet file of 4 recordings, 2 classes, 8,000 Hz")
    assert splits.train.batch([3]).lengths.tolist() == [1040]
    by_speaker = open_audio(path, label="speaker").train
    assert (by_speaker.labels.tolist(), by_speaker.classes) == ([0, 1, 1, 0], ("a", "b"))
    bare = open_audio(path, label="digit", labelled=False).train
    assert (bare.labels, dict(bare.columns)) == (None, {})
    assert open_audio(path).train.labels is None
    with pytest.raises(UserError, match="did you mean 'digit'"):
        open_audio(path, label="digits")


def test_a_folder_of_parquet_files_has_parts(tmp_path):
    table(label=["x", "y", "x", "y"]).to_parquet(tmp_path / "train-0.parquet")
    table(label=["y", "y", "y", "y"]).to_parquet(tmp_path / "test-0.parquet")
    splits = open_audio(tmp_path)
    assert splits.train.labels.tolist() == [0, 1, 0, 1]
    assert splits.test.labels.tolist() == [1, 1, 1, 1]


def test_a_hugging_face_data_set_is_not_decoded_by_its_own_decoder(tmp_path):
    audio = table(label=[3, 3, 5, 5]).cast_column("audio", datasets.Audio(sampling_rate=8000))
    splits = open_audio(audio)
    assert splits.train.labels.tolist() == [0, 0, 1, 1]
    assert splits.train.classes == ("3", "5")
    undecoded = audio.cast_column("audio", datasets.Audio(decode=False))
    assert torch.equal(open_audio(undecoded).train.batch([1]).values, splits.train.batch([1]).values)
    datasets.DatasetDict({"train": audio, "validation": audio}).save_to_disk(tmp_path / "saved")
    saved = open_audio(tmp_path / "saved")
    assert len(saved.test) == 4


def test_named_classes_of_a_data_set_come_along():
    features = datasets.Features(
        {"audio": {"bytes": datasets.Value("binary"), "path": datasets.Value("string")},
         "kind": datasets.ClassLabel(names=["no", "yes"])}
    )  # fmt: skip
    train = open_audio(datasets.Dataset.from_dict(rows(kind=[1, 1, 0, 1]), features=features)).train
    assert (train.labels.tolist(), train.classes) == ([1, 1, 0, 1], ("no", "yes"))


def test_what_has_no_label_is_for_pre_training_only():
    splits = open_audio(table(label=["a", None, "b", None]))
    assert len(splits.train) == 2
    assert splits.train.labels.tolist() == [0, 1]
    assert len(splits.unlabelled) == 4
    assert splits.found.endswith("2 without a label, for pre-training only")
    assert open_audio(table(label=[None] * 4)).train.labels is None


def test_labels_that_are_neither_words_nor_whole_numbers_are_refused():
    with pytest.raises(UserError, match="expected words or whole numbers in the column 'label'"):
        open_audio(table(label=[0.5, 1.5, 2.5, 3.5]))


def test_empty_cells_are_passed_over():
    cells = [{"bytes": encoded(tone(80)), "path": None}, {"bytes": None, "path": None}, None]
    train = open_audio(datasets.Dataset.from_dict({"audio": cells})).train
    assert [skipped.reason for skipped in train.skipped] == ["the cell is empty"] * 2


def test_a_table_without_recordings_says_which_columns_it_has():
    with pytest.raises(UserError, match="no column of recordings; its columns: audios, b; rename 'audios'"):
        open_audio(datasets.Dataset.from_dict({"audios": [b"x"], "b": [1]}))


def test_arrays_of_every_shape_and_type():
    arrays = {
        "float": tone(800),
        "double": tone(400).astype(np.float64),
        "whole": (tone(300) * 32767).astype(np.int16),
        "stereo": tone(200, channels=2),
        "tensor": torch.from_numpy(tone(100)),
    }
    source = open_audio(arrays, sample_rate_hz=8000).train
    assert list(source.keys) == list(arrays)
    batch = source.batch(range(5))
    assert batch.lengths.tolist() == [800, 400, 300, 200, 100]
    for samples, length in zip(batch.values, batch.lengths.tolist(), strict=True):
        assert np.abs(samples[:length].numpy() - tone(length)).max() < 1e-4
        assert samples[length:].abs().sum() == 0


def test_arrays_that_are_no_sound_are_passed_over():
    wrong = [tone(80), np.zeros(0), np.zeros((2, 80)), np.array([np.nan]), np.array([3000.0]), np.array(["a"])]
    source = open_audio(wrong, sample_rate_hz=8000).train
    assert [skipped.key for skipped in source.skipped] == ["1", "2", "3", "4", "5"]


def test_arrays_need_their_rate():
    with pytest.raises(UserError, match="sample_rate_hz: expected the rate of the arrays"):
        open_audio([tone(80)])
    with pytest.raises(UserError, match="sample_rate_hz: expected a number above 0"):
        open_audio([tone(80)], sample_rate_hz=0)
    with pytest.raises(UserError, match="got list"):
        open_audio([[0.0, 0.1]], sample_rate_hz=8000)
    with pytest.raises(UserError, match="int is no set of recordings"):
        open_audio(7, sample_rate_hz=8000)


def test_a_source_comes_back():
    splits = open_audio([tone(80)], sample_rate_hz=8000)
    assert open_audio(splits) is splits
    assert open_audio(splits.train).train is splits.train
