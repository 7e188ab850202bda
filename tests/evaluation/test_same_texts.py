"""Duplicates among texts: found by all of their words, and no others."""

from itertools import pairwise

import numpy as np
import pytest

from selftaught.core import Texts
from selftaught.data import open_texts
from selftaught.encoders import TextPreprocessing
from selftaught.evaluation import find_duplicates, find_same_texts
from selftaught.evaluation import same_texts as module
from selftaught.evaluation.neighbours import nearest_rows
from selftaught.extraction import TfIdf
from selftaught.parts.word_pieces import train_tokenizer
from selftaught.runs.kinds import kind_named

RARE = [f"name{letter}{other}" for letter in "abcdefghij" for other in "klmnopqrst"]
TRAIN = [f"What is the capital of {name} ?" for name in RARE[:50]] + ["Who was Galileo ?"] * 50
TEST = [f"What is the capital of {name} ?" for name in RARE[50:]] + ["who  was GALILEO ?"]


def source(texts):
    return open_texts(texts).train


def test_texts_that_differ_in_a_rare_word_are_not_the_same_though_tf_idf_cannot_tell_them():
    prepare = TextPreprocessing(train_tokenizer(TRAIN * 4, vocabulary_size=400), max_tokens=16)
    control = TfIdf.fit(prepare, source(TRAIN), features=8)
    train, test = (control(prepare(Texts(tuple(each)))) for each in (TRAIN, TEST))
    by_raw_input = find_duplicates(train, test, nearest_rows(train, test, k=1).rows[:, 0])
    assert by_raw_input.near > 40, "the old way no longer fails"
    found = kind_named("text").find_same(source(TRAIN), source(TEST))
    assert (found.test_items, found.near, found.identical) == (51, 1, 1)
    assert "pairs of neighbouring words" in found.as_json()["rule"]
    assert kind_named("images").find_same(source(TRAIN), source(TEST)) is None


def test_case_white_space_and_forms_of_letters_do_not_matter_and_order_does():
    train = source(["One  two\nthree four", "ﬁne words", "你好世界再见"])
    test = source(["one two three four", "FINE words", "four three two one", "你好世界再見", "你好世界再见"])
    found = find_same_texts(train, test)
    assert (found.near, found.identical) == (3, 3)


def test_a_changed_word_of_many_is_near_and_one_of_few_is_not():
    many = [f"word{number}" for number in range(30)]
    changed = [*many[:11], "another", *many[12:]]
    found = find_same_texts(
        source([" ".join(many), "a short one here"]), source([" ".join(changed), "a short two here"])
    )
    assert (found.near, found.identical) == (1, 0)


@pytest.mark.parametrize("chunk", [7, 1024])
def test_what_is_found_is_what_comparing_all_pairs_finds(chunk, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", chunk)
    monkeypatch.setattr(module, "_ROWS", chunk)
    random = np.random.default_rng(0)

    def grams(text):
        words = text.split()
        return {*words, *pairwise(words)}

    train = [[f"w{word}" for word in random.zipf(1.3, random.integers(1, 30)) % 500] for _ in range(60)]
    test = [list(train[row]) for row in random.integers(0, 60, 80)]
    for words in test[10:]:
        for _ in range(int(random.integers(0, 5))):
            words[random.integers(len(words))] = f"w{random.integers(500)}"
    first, second = ([" ".join(words) for words in texts] for texts in (train, test))
    overlaps = [[len(grams(a) & grams(b)) / len(grams(a) | grams(b)) for b in first] for a in second]
    near = sum(max(row) >= 0.8 for row in overlaps)
    assert 10 < near < 80
    found = find_same_texts(source(first), source(second))
    assert (found.near, found.identical) == (near, sum(text in first for text in second))


def test_texts_without_words_are_only_ever_the_same():
    found = find_same_texts(source(["? !", "..."]), source(["?  !", "!!"]))
    assert (found.near, found.identical) == (1, 1)
