"""Texts of every origin, and what is wrong with some of them."""

import json
import pickle

import datasets
import numpy as np
import pytest

from selftaught.core import UserError
from selftaught.data import Splits, TextSource, open_texts

ROWS = [
    {"text": "one", "label": "B", "page": 3},
    {"text": "two, three", "label": "A", "page": 4},
    {"text": "four", "label": "B", "page": 5},
]


def texts(source):
    return list(source.batch(range(len(source))).texts)


@pytest.fixture
def written(tmp_path):
    def write(name, content, encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def as_jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_blank_lines_divide_the_documents_of_a_text_file(written):
    path = written("a.txt", "\n\nOne.\nMore.\n \t\n\nTwo. é\r\n\r\nThree.")
    splits = open_texts(path)
    assert texts(splits.train) == ["One.\nMore.", "Two. é", "Three."]
    assert (splits.test, splits.train.labels) == (None, None)
    assert splits.found == "file of 3 texts, 23 bytes"
    assert splits.train.keys[1] == "1"


def test_a_text_file_is_not_read_into_memory(written, monkeypatch):
    path = written("a.txt", "\n\n".join(f"Document {number}." for number in range(1000)))

    def refuse(*_):
        raise AssertionError("the whole file was read")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    monkeypatch.setattr("pathlib.Path.read_text", refuse)
    source = open_texts(path).train
    assert source.batch([999, 7]).texts == ("Document 999.", "Document 7.")
    assert source.reader.spans.nbytes == 16 * 1000


def test_sources_are_taken_and_pickled(written):
    source = open_texts(written("a.txt", "a\n\nb\n\nc")).train
    again = pickle.loads(pickle.dumps(source.take([2, 0])))
    assert texts(again) == ["c", "a"]
    assert again.keys == ["2", "0"]
    assert again.facts() == {"bytes": 2, "longest_bytes": 1}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.parquet"])
def test_tables_give_texts_classes_and_other_columns(tmp_path, name):
    path = tmp_path / name
    if name.endswith("jsonl"):
        path.write_text(as_jsonl(ROWS))
    elif name.endswith("json"):
        path.write_text(json.dumps(ROWS))
    elif name.endswith("parquet"):
        datasets.Dataset.from_list(ROWS).to_parquet(path)
    else:
        mark = "\t" if name.endswith("tsv") else ","
        cells = [["text", "label", "page"], *([f'"{row["text"]}"', row["label"], str(row["page"])] for row in ROWS)]
        path.write_text("\n".join(mark.join(row) for row in cells))
    source = open_texts(path).train
    assert texts(source) == ["one", "two, three", "four"]
    assert source.labels.tolist() == [1, 0, 1]
    assert source.classes == ("A", "B")
    assert source.columns["page"].tolist() == [3, 4, 5]
    assert open_texts(path, labelled=False).train.labels is None
    by_page = open_texts(path, label="page").train
    assert (by_page.labels.tolist(), by_page.classes) == ([3, 4, 5], None)


def test_numbers_that_are_classes_stay_numbers(written):
    source = open_texts(written("a.jsonl", as_jsonl([{"sentence": "x", "label": 1}, {"sentence": "y", "label": 0}])))
    assert source.train.labels.tolist() == [1, 0]
    assert texts(source.train) == ["x", "y"]


def test_hugging_face_data_sets(tmp_path):
    features = datasets.Features({"body": datasets.Value("string"), "kind": datasets.ClassLabel(names=["no", "yes"])})
    part = datasets.Dataset.from_dict({"body": ["a", "b"], "kind": [1, 0]}, features=features)
    both = datasets.DatasetDict({"test": part.select([0]), "train": part, "extra": part})
    splits = open_texts(both)
    assert (texts(splits.train), texts(splits.test)) == (["a", "b"], ["a"])
    assert (splits.train.classes, splits.test.labels.tolist()) == (("no", "yes"), [1])
    assert splits.found.endswith("not used: extra")
    both.save_to_disk(tmp_path / "saved")
    assert texts(open_texts(tmp_path / "saved").test) == ["a"]


def test_a_folder_is_one_text_a_file_with_classes_below(written, tmp_path):
    for name in ("pos/1.txt", "pos/2.txt", "neg/1.txt"):
        written(f"flat/{name}", f"of {name}\n\nmore")
    source = open_texts(tmp_path / "flat").train
    assert source.classes == ("neg", "pos")
    assert dict(zip(source.keys, source.labels.tolist(), strict=True)) == {
        "neg/1.txt": 0,
        "pos/1.txt": 1,
        "pos/2.txt": 1,
    }
    assert texts(source)[0] == "of neg/1.txt\n\nmore"
    assert open_texts(tmp_path / "flat" / "pos").train.labels is None


def test_parts_of_a_folder(written, tmp_path):
    for name in ("train/pos/1.txt", "train/neg/1.txt", "test/pos/1.txt"):
        written(f"split/{name}", name)
    splits = open_texts(tmp_path / "split")
    assert (splits.test.labels.tolist(), splits.test.classes) == ([1], ("neg", "pos"))
    written("files/train.txt", "One.\n\nTwo.")
    written("files/test.txt", "Three.")
    splits = open_texts(tmp_path / "files")
    assert (texts(splits.train), texts(splits.test)) == (["One.", "Two."], ["Three."])


def test_a_class_of_the_test_part_must_be_known(written, tmp_path):
    for name in ("train/pos/1.txt", "train/neg/1.txt", "test/poss/1.txt", "test/neg/1.txt"):
        written(f"split/{name}", name)
    with pytest.raises(UserError, match="unknown class 'poss': did you mean 'pos'"):
        open_texts(tmp_path / "split")


def test_lists_sources_and_splits(written):
    splits = open_texts(["a", "b"])
    assert isinstance(splits, Splits)
    assert open_texts(splits) is splits
    assert open_texts(splits.train).train is splits.train
    assert isinstance(splits.train, TextSource)
    assert splits.train.kind == "text"


def test_empty_texts_are_left_out_and_counted(written):
    splits = open_texts(["a", " \n", "b", ""])
    assert texts(splits.train) == ["a", "b"]
    assert [key for key, _ in splits.train.skipped] == ["1", "3"]
    assert splits.found == "list of 2 texts, 2 bytes, 2 skipped (the text is empty)"
    with pytest.raises(UserError, match="text 1: the text is empty, as with 1 more"):
        open_texts(["a", " ", "b", ""], strict=True)
    rows = open_texts(written("a.jsonl", as_jsonl([{"text": None}, {"text": "x"}])))
    assert texts(rows.train) == ["x"]


def test_texts_without_a_class_are_left_out_where_others_have_one(written):
    path = written("a.csv", "text,label\none,A\ntwo,\nthree,B\n")
    source = open_texts(path).train
    assert (texts(source), source.labels.tolist()) == (["one", "three"], [0, 1])
    assert source.skipped[0].reason == "it has no label"
    assert texts(open_texts(path, labelled=False).train) == ["one", "two", "three"]
    nobody = open_texts(written("b.csv", "text,label\none,\ntwo,\n")).train
    assert (len(nobody), nobody.labels) == (2, None)


@pytest.mark.parametrize(("name", "place"), [("a.txt", "line 2"), ("a.jsonl", "line 2"), ("a.csv", "line 2")])
def test_another_encoding_is_named_with_its_place(written, name, place):
    first = {"a.txt": "ok\n", "a.jsonl": '{"text": "x"}\n', "a.csv": "text\n"}[name].encode()
    second = {"a.txt": "café", "a.jsonl": '{"text": "café"}', "a.csv": "café\n"}[name].encode("latin-1")
    path = written(name, first + second)
    byte = (first + second).index(b"\xe9")
    with pytest.raises(UserError, match=rf"is not utf-8: byte {byte} \({place}\) is 0xe9; name its encoding"):
        open_texts(path)
    assert "café" in texts(open_texts(path, encoding="latin-1").train)[-1]


def test_other_encodings_and_marks(written):
    assert texts(open_texts(written("a.txt", b"\xef\xbb\xbfOne.\n\nTwo.")).train) == ["One.", "Two."]
    path = written("b.txt", "Öne.\n\nTwo.", encoding="utf-16")
    assert texts(open_texts(path, encoding="utf-16").train) == ["Öne.", "Two."]
    with pytest.raises(UserError, match="unknown encoding 'latin-99'"):
        open_texts(path, encoding="latin-99")


def test_columns_that_cannot_be_found(written):
    path = written("a.jsonl", as_jsonl([{"title": "x", "body": "y"}]))
    with pytest.raises(UserError, match="several columns hold words; its columns: title, body"):
        open_texts(path)
    with pytest.raises(UserError, match="unknown column 'bodi': did you mean 'body'"):
        open_texts(path, text_column="bodi")
    with pytest.raises(UserError, match="unknown column 'kind'"):
        open_texts(path, text_column="body", label="kind")
    source = open_texts(path, text_column="body").train
    assert (texts(source), source.columns["title"].tolist()) == (["y"], ["x"])
    with pytest.raises(UserError, match="no column holds words; its columns: page"):
        open_texts(written("b.jsonl", '{"page": 3}\n'))


def test_data_that_are_no_texts(written, tmp_path):
    with pytest.raises(UserError, match="is empty"):
        open_texts(written("empty.txt", ""))
    with pytest.raises(UserError, match="holds no text"):
        open_texts(written("blank.txt", "\n \n\n"))
    with pytest.raises(UserError, match=r"no file or folder '.*empt\.txt': did you mean '.*empty\.txt'"):
        open_texts(tmp_path / "empt.txt")
    with pytest.raises(UserError, match="is no set of texts: expected a folder, or a file that ends in"):
        open_texts(written("a.doc", "x"))
    with pytest.raises(UserError, match="line 2: no JSON"):
        open_texts(written("a.jsonl", '{"text": "x"}\nnope\n'))
    with pytest.raises(UserError, match="line 1: expected a JSON object, got int"):
        open_texts(written("b.jsonl", "3\n"))
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UserError, match="holds no texts"):
        open_texts(tmp_path / "nothing")
    with pytest.raises(UserError, match="ndarray is no set of texts"):
        open_texts(np.zeros(3))
