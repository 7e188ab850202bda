"""Test texts that the training texts hold already, or nearly, by all of their words."""

import unicodedata
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, UInt64

from selftaught.core import Source
from selftaught.evaluation.duplicates import Duplicates

__all__ = ["find_same_texts"]

_RULE = (
    "a test text is the same as a training text if they are equal but for case and white space, and a near-duplicate "
    "if of all words and pairs of neighbouring words that either has at least four fifths are in both"
)
_WORDS = r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|\w+"  # of scripts without spaces each character
_NEAR = 0.8
_PLACES = 2**20
_CHUNK, _ROWS = 1024, 8192  # texts, and test texts beside them, at a time


def find_same_texts(train: Source, test: Source) -> Duplicates:
    """Count the test texts that some training text is, or nearly is.

        near:  |A & B| >= 0.8 |A | B|,   A, B: the words and the pairs of neighbouring words of two texts

    Exact but for collisions of hashes: each text is compared with all that share one of its rarest fifth of words and
    pairs, and so with all that can be near (Bayardo et al. 2007, https://doi.org/10.1145/1242572.1242591). Texts are
    read twice, 1,024 at a time; of the training texts only a number each is kept.

    Args:
        train: the training texts.
        test: the test texts, whose words are kept in memory.

    Example:
        >>> from selftaught.data import open_texts
        >>> from selftaught.evaluation.same_texts import find_same_texts
        >>> train = open_texts(["What is  the capital of Togo ?", "Who was Galileo ?"]).train
        >>> test = open_texts(["what is the capital of Togo?", "who was Galileo ?", "Who was Kepler ?"]).train
        >>> find_same_texts(train, test)
        Duplicates(test_items=3, near=2, identical=1)
    """
    from scipy.sparse import vstack

    frequency, seen = np.zeros(_PLACES, np.int64), list[UInt64[np.ndarray, " n"]]()
    for texts in _chunks(train):
        seen.append(_digests(texts))
        frequency += np.bincount(_grams(texts).indices, minlength=_PLACES)
    same = list[Bool[np.ndarray, " n"]]()
    known = np.unique(np.concatenate(seen)) if seen else np.empty(0, np.uint64)
    asked = list[Any]()
    for texts in _chunks(test):
        same.append(np.isin(_digests(texts), known))
        asked.append(_grams(texts))
    if not asked:
        return Duplicates(test_items=0, near=0, identical=0, rule=_RULE)
    identical = np.concatenate(same)
    near = identical.copy()
    grams: Any = vstack(asked, format="csr")
    rare, sizes = _rarest(grams, frequency), np.diff(grams.indptr)
    for texts in _chunks(train):
        others = _grams(texts)
        rare_others, sizes_of_others = _rarest(others, frequency).T, np.diff(others.indptr)
        for start in range(0, len(near), _ROWS):
            left = start + np.flatnonzero(~near[start : start + _ROWS])
            pairs = (rare[left] @ rare_others).tocoo()
            for place in range(0, pairs.nnz, _CHUNK):
                rows, columns = left[pairs.row[place : place + _CHUNK]], pairs.col[place : place + _CHUNK]
                both = np.asarray(grams[rows].multiply(others[columns]).sum(1)).ravel()
                near[rows[both >= _NEAR * (sizes[rows] + sizes_of_others[columns] - both)]] = True
    return Duplicates(test_items=len(test), near=int(near.sum()), identical=int(identical.sum()), rule=_RULE)


def _chunks(source: Source) -> Iterator[list[str]]:
    for start in range(0, len(source), _CHUNK):
        texts: Sequence[str] = source.batch(range(start, min(start + _CHUNK, len(source)))).texts
        yield [" ".join(unicodedata.normalize("NFKC", text).casefold().split()) for text in texts]


def _digests(texts: Sequence[str]) -> UInt64[np.ndarray, " n"]:
    told = b"".join(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(told, np.uint64)


def _grams(texts: Sequence[str]) -> Any:
    """Which words and pairs of words each text has: ones at the places of their hashes, in a sparse matrix."""
    from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer: Any = HashingVectorizer  # scikit-learn annotates nothing
    hashed = vectorizer(
        n_features=_PLACES,
        binary=True,
        norm=None,
        alternate_sign=False,
        lowercase=False,
        ngram_range=(1, 2),
        token_pattern=_WORDS,
        dtype=np.int32,
    )
    return hashed.transform(texts)


def _rarest(grams: Any, frequency: Int[np.ndarray, " places"]) -> Any:
    """Of each text the rarest of its words and pairs: so many that two near texts share one of them.

    If near texts A and B shared none, the one whose last rare gram is the rarer, say A, had its rare ones for itself
    alone: more than a fifth of A.
    """
    from scipy.sparse import csr_matrix

    counts = np.diff(grams.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((grams.indices, frequency[grams.indices], rows))  # in each row the rarest first, no ties
    rank = np.arange(len(rows)) - grams.indptr[rows]
    kept = order[rank <= np.floor((1 - _NEAR) * counts + 1e-9)[rows]]
    ones = np.ones(len(kept), np.int32)
    return csr_matrix((ones, (rows[kept], grams.indices[kept])), shape=grams.shape)
