"""Texts as sequences of token numbers."""

import pytest

from selftaught.core import Texts, UserError
from selftaught.data import open_texts
from selftaught.encoders import TextPreprocessing
from selftaught.parts.word_pieces import tokenize, train_tokenizer

TEXTS = ("one two three", "", "four", "one one one one one one", "two two two two")
TOKENIZER = train_tokenizer(TEXTS * 4, vocabulary_size=60)


def test_each_text_stands_between_its_special_tokens():
    batch = TextPreprocessing(TOKENIZER, max_tokens=6)(Texts(TEXTS))
    words = tokenize(TOKENIZER, TEXTS)
    for row, text in enumerate(TEXTS):
        tokens = words.values[words.bounds[row] : words.bounds[row + 1]].tolist()[:4]
        length = int(batch.lengths[row])
        assert batch.values[row, :length].tolist() == [2, *tokens, 3], text
        assert (batch.values[row, length:] == 0).all()
    assert batch.values.shape == (5, 6)


def test_a_text_is_the_same_in_any_batch():
    prepare = TextPreprocessing(TOKENIZER, max_tokens=6)
    alone, together = prepare(Texts(TEXTS[:1])), prepare(Texts(TEXTS))
    assert alone.values[0].tolist() == together.values[0, : alone.values.shape[1]].tolist()
    assert prepare(Texts(())).values.shape == (0, 2)


@pytest.mark.parametrize(("max_tokens", "expected"), [(5, 2), (6, 1), (7, 1), (8, 0)])
def test_truncated_texts_are_counted(max_tokens, expected):
    assert TextPreprocessing(TOKENIZER, max_tokens=max_tokens).truncated(open_texts(TEXTS).train) == expected


def test_too_little_room_is_refused():
    with pytest.raises(UserError, match="max_tokens: expected at least 3"):
        TextPreprocessing(TOKENIZER, max_tokens=2)
    with pytest.raises(UserError, match="expected a tokenizer as JSON"):
        TextPreprocessing("nothing")
