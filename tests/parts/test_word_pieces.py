"""Tokenizers: trained, loaded, refused."""

import itertools
import json
import subprocess
import sys

import pytest

from selftaught.core import UserError
from selftaught.parts.word_pieces import (
    continuing_pieces,
    load_tokenizer,
    special_tokens,
    tokenize,
    train_tokenizer,
    vocabulary_size_of,
)

TEXTS = ["The quick brown fox jumps.", "A quicker fox, a browner dog.", "Cafés jump quickly"] * 5


def test_it_is_lower_cased_without_accents_and_counts_from_the_special_tokens():
    tokenizer = train_tokenizer(TEXTS, vocabulary_size=90)
    assert special_tokens(tokenizer) == (0, 1, 2, 3, 4)
    assert vocabulary_size_of(tokenizer) <= 90
    found = tokenize(tokenizer, ["the FOX", "The fox", "cafes", "Cafés", ""])
    first, second, third, fourth, last = (found.values[a:b].tolist() for a, b in itertools.pairwise(found.bounds))
    assert first == second
    assert third == fourth
    assert last == []
    assert found.values.dtype == "int32"


def test_training_is_repeatable():
    first = train_tokenizer(TEXTS, vocabulary_size=90)
    assert all(train_tokenizer(TEXTS[::-1], vocabulary_size=90) == first for _ in range(5))
    code = f"from selftaught.parts.word_pieces import train_tokenizer as t; print(t({TEXTS!r}, vocabulary_size=90))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert other.strip() == first


def test_long_lists_are_tokenised_in_order():
    tokenizer = train_tokenizer(TEXTS, vocabulary_size=90)
    many = [TEXTS[number % 3] for number in range(2500)]
    found, three = tokenize(tokenizer, many), tokenize(tokenizer, TEXTS[:3])
    assert found.lengths().tolist() == [three.lengths().tolist()[number % 3] for number in range(2500)]
    assert (
        found.values[found.bounds[2497] : found.bounds[2498]].tolist()
        == three.values[three.bounds[1] : three.bounds[2]].tolist()
    )


def test_special_tokens_in_a_text_are_words():
    tokenizer = train_tokenizer([*TEXTS, "[SEP] [MASK]"], vocabulary_size=90)
    assert not set(tokenize(tokenizer, ["[SEP] a [MASK] [CLS] [PAD]"]).values.tolist()) & {0, 2, 3, 4}


def test_pieces_inside_words_are_known():
    tokenizer = train_tokenizer(TEXTS, vocabulary_size=62)
    goes_on = continuing_pieces(tokenizer)
    found = tokenize(tokenizer, ["quickly fox"])
    assert found.lengths()[0] > 2
    assert (~goes_on[found.values]).sum() == 2


def test_a_saved_tokenizer_is_loaded_without_its_limits(tmp_path):
    parsed = json.loads(train_tokenizer(TEXTS, vocabulary_size=90))
    parsed["truncation"] = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    (tmp_path / "tokenizer.json").write_text(json.dumps(parsed))
    assert tokenize(load_tokenizer(tmp_path / "tokenizer.json"), [TEXTS[0]]).lengths()[0] > 2


def test_what_is_no_tokenizer_is_refused(tmp_path):
    for content in ("nope", "[]", '{"a": 1}'):
        (tmp_path / "wrong.json").write_text(content)
        with pytest.raises(UserError, match="is no tokenizer that can be used"):
            load_tokenizer(tmp_path / "wrong.json")
    without = json.loads(train_tokenizer(TEXTS, vocabulary_size=90))
    without["model"]["vocab"].pop("[MASK]")
    without["added_tokens"] = []
    (tmp_path / "without.json").write_text(json.dumps(without))
    with pytest.raises(UserError, match=r"it lacks \[MASK\]"):
        load_tokenizer(tmp_path / "without.json")
    with pytest.raises(UserError, match="vocabulary_size: expected at least"):
        train_tokenizer(TEXTS, vocabulary_size=3)


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(UserError, match=r"pip install selftaught\[text\]"):
        train_tokenizer(TEXTS)
