"""TF-IDF beside scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer

from selftaught.core import Texts, UserError
from selftaught.data import open_texts
from selftaught.encoders import TextPreprocessing
from selftaught.extraction.tf_idf import TfIdf
from selftaught.parts.word_pieces import tokenize, train_tokenizer

TEXTS = ["one two two", "two three", "four one one five", "five", "six six two", "one three five five"]
TOKENIZER = train_tokenizer(TEXTS * 4, vocabulary_size=80)


def pieces(text):
    return tokenize(TOKENIZER, [text]).values.tolist()


def test_it_equals_scikit_learns():
    prepare = TextPreprocessing(TOKENIZER, max_tokens=32)
    control = TfIdf.fit(prepare, open_texts(TEXTS).train)
    theirs = TfidfVectorizer(analyzer=pieces).fit(TEXTS)
    other = ["two six", "one one unknown five"]
    ours = control(prepare(Texts(tuple(other)))).numpy()
    expected = theirs.transform(other).toarray()[:, [theirs.vocabulary_[token] for token in control.kept.tolist()]]
    assert np.allclose(ours, expected, atol=1e-6)


def test_the_most_frequent_tokens_have_a_place():
    prepare = TextPreprocessing(TOKENIZER, max_tokens=32)
    control = TfIdf.fit(prepare, open_texts(TEXTS).train, features=2)
    assert control.width == 2
    counts = np.bincount(tokenize(TOKENIZER, TEXTS).values)
    assert counts[control.kept.numpy()].tolist() == sorted(counts, reverse=True)[:2]


def test_padding_and_truncated_words_do_not_count():
    prepare = TextPreprocessing(TOKENIZER, max_tokens=4)
    control = TfIdf.fit(prepare, open_texts(TEXTS).train)
    alone = control(prepare(Texts(("five",))))
    assert torch.equal(control(prepare(Texts(("five", "one two two"))))[:1], alone)
    assert torch.equal(control(prepare(Texts(("",)))), torch.zeros(1, control.width))


def test_it_moves_with_its_buffers_and_refuses_nothing():
    prepare = TextPreprocessing(TOKENIZER, max_tokens=32)
    control = TfIdf.fit(prepare, open_texts(TEXTS).train)
    assert set(control.state_dict()) == {"kept", "weights"}
    with pytest.raises(UserError, match="no text has a token"):
        TfIdf.fit(prepare, open_texts(TEXTS).train.take([]))
