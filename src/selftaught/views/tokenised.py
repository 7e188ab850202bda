"""Documents as sentences as token numbers, compact enough for texts that are larger than memory."""

import itertools
import re
import tempfile
from array import array
from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int

from selftaught.core import Source, Track, silent
from selftaught.parts.word_pieces import tokenize, vocabulary_size_of

__all__ = ["Sentences", "TokenisedDocuments", "split_sentences", "tokenise_documents"]

Sentences = Literal["auto", "lines", "punctuation"]
"""How a document splits into sentences; see `split_sentences`."""

_DOCUMENTS_TOGETHER = 1024
_MEMORY_BYTES = 256 << 20  # more tokens than fill this are kept in a temporary file
_SENTENCE_END = re.compile(r"""(?:(?<=[.!?])|(?<=[.!?]["')\]]))\s+(?=["'(\[]?[A-Z0-9])""")


def split_sentences(text: str, how: Sentences = "auto") -> list[str]:
    """The sentences of a document.

    Args:
        text: the document.
        how: lines takes every line for a sentence; punctuation ends one at a full stop, question or exclamation mark
            before a capital letter or a digit, wherever lines end; auto takes lines where there are several.

    Example:
        >>> from selftaught.views.tokenised import split_sentences
        >>> split_sentences('It rained. We left at 3.30 and so on! "Then?" Nothing.')
        ['It rained.', 'We left at 3.30 and so on!', '"Then?"', 'Nothing.']
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if how == "lines" or (how == "auto" and len(lines) > 1):
        return lines
    return [sentence for sentence in _SENTENCE_END.split(" ".join(lines)) if sentence]


class TokenisedDocuments(NamedTuple):
    """Every sentence of every document as token numbers, one behind the other.

    Args:
        tokens: all of them.
        sentences: sentence s stands at tokens[sentences[s] : sentences[s + 1]]; none is empty.
        documents: document d holds the sentences from documents[d] up to documents[d + 1]; none is empty.

    Example:
        >>> from selftaught.data import open_texts
        >>> from selftaught.parts.word_pieces import train_tokenizer
        >>> from selftaught.views.tokenised import tokenise_documents
        >>> source = open_texts(["a b. C", "d"]).train
        >>> found = tokenise_documents(source, train_tokenizer(["a b c d."] * 4, vocabulary_size=60))
        >>> found.documents.tolist(), found.sentences.tolist()
        ([0, 2, 3], [0, 3, 4, 5])
    """

    tokens: Int[np.ndarray, " all"]
    sentences: Int[np.ndarray, " s_and_one"]
    documents: Int[np.ndarray, " d_and_one"]


def tokenise_documents(
    source: Source, tokenizer: str, how: Sentences = "auto", *, track: Track = silent
) -> TokenisedDocuments:
    """Split and tokenise every document of a source, batch by batch.

    More than 256 MiB of tokens go to a temporary file, so that the texts may be larger than memory. Sentences and
    documents without a single token are left out.

    Args:
        source: of texts.
        tokenizer: as JSON.
        how: see `split_sentences`.
        track: shows progress.

    Example:
        >>> from selftaught.data import open_texts
        >>> from selftaught.parts.word_pieces import train_tokenizer
        >>> from selftaught.views.tokenised import tokenise_documents
        >>> tokenizer = train_tokenizer(["a b c"] * 4, vocabulary_size=60)
        >>> len(tokenise_documents(open_texts(["a b c"]).train, tokenizer).tokens)
        3
    """
    narrow = vocabulary_size_of(tokenizer) <= np.iinfo(np.int16).max
    dtype = np.dtype(np.int16 if narrow else np.int32)
    lengths, counts = array("q"), array("q")
    with tempfile.TemporaryFile() as file:
        starts = range(0, len(source), _DOCUMENTS_TOGETHER)
        for start in track(starts, "counting out tokens", len(starts)):
            texts = source.batch(range(start, min(start + _DOCUMENTS_TOGETHER, len(source)))).texts
            sentences = [split_sentences(text, how) for text in texts]
            found = tokenize(tokenizer, list(itertools.chain.from_iterable(sentences)))
            each = iter(found.lengths().tolist())
            for document in sentences:
                full = [length for length in itertools.islice(each, len(document)) if length]
                lengths.extend(full)
                counts.extend([len(full)] if full else [])
            found.values.astype(dtype).tofile(file)
        total, _ = file.tell(), file.seek(0)
        if total > _MEMORY_BYTES:
            tokens = np.memmap(file, dtype=dtype, mode="r")
        else:
            tokens = np.frombuffer(file.read(), dtype=dtype)
    return TokenisedDocuments(tokens, _bounds(lengths), _bounds(counts))


def _bounds(lengths: Iterable[int]) -> Int[np.ndarray, " n_and_one"]:
    return np.concatenate([[0], np.cumsum(np.fromiter(lengths, np.int64))]).astype(np.int64)
