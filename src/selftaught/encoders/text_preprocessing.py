"""From texts to the token numbers that an encoder takes."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from selftaught.core import Preparation, Sequences, Source, Texts, Track, UserError, silent
from selftaught.parts.word_pieces import Ragged, special_tokens, tokenize

__all__ = ["TextPreprocessing"]

_CHUNK = 1024


@final
@dataclass(frozen=True)
class TextPreprocessing(Preparation):
    """Each text as [CLS] tokens [SEP]: what evaluation and use do to every text.

    Tokens beyond `max_tokens` are left out from the end; `truncated` counts the texts that lose some.

    Args:
        tokenizer: as JSON; see `parts.word_pieces`.
        max_tokens: of a sequence, with [CLS] and [SEP]; at least 3.

    Raises:
        UserError: the tokenizer lacks a special token, or `max_tokens` is below 3.

    Example:
        >>> from selftaught.core import Texts
        >>> from selftaught.encoders import TextPreprocessing
        >>> from selftaught.parts.word_pieces import train_tokenizer
        >>> tokenizer = train_tokenizer(["one two three four"] * 4, vocabulary_size=60)
        >>> batch = TextPreprocessing(tokenizer, max_tokens=5)(Texts(("One two", "one two three four")))
        >>> batch.lengths.tolist(), batch.values[0, :4].tolist() == [2, *batch.values[1, 1:3].tolist(), 3]
        ([4, 5], True)
    """

    tokenizer: str
    max_tokens: int = 128

    def __post_init__(self) -> None:
        if self.max_tokens < 3:
            raise UserError(f"max_tokens: expected at least 3, for [CLS], a token and [SEP], got {self.max_tokens}")
        special_tokens(self.tokenizer)

    @property
    def values_an_item(self) -> int:
        """As many numbers as the longest sequence has tokens."""
        return self.max_tokens

    def __call__(self, batch: Texts) -> Sequences:
        """The token numbers, on the CPU, padded to the longest."""
        found, special = tokenize(self.tokenizer, batch.texts), special_tokens(self.tokenizer)
        lengths = np.minimum(found.lengths(), self.max_tokens - 2) + 2
        place = np.arange(int(lengths.max(initial=2)))
        from_text = (place >= 1) & (place < lengths[:, None] - 1)
        values = np.full(from_text.shape, special.padding, dtype=np.int64)
        values[from_text] = found.values[_kept(found, lengths - 2)]
        values[:, 0] = special.first
        values[np.arange(len(values)), lengths - 1] = special.separator
        return Sequences(torch.from_numpy(values), torch.from_numpy(lengths.astype(np.int64)))

    def truncated(self, source: Source, *, track: Track = silent) -> int:
        """How many texts of a source have more tokens than `max_tokens` leaves room for.

        Example:
            >>> from selftaught.data import open_texts
            >>> from selftaught.encoders import TextPreprocessing
            >>> from selftaught.parts.word_pieces import train_tokenizer
            >>> tokenizer = train_tokenizer(["one two three four"] * 4, vocabulary_size=60)
            >>> source = open_texts(["one two", "one two three four"]).train
            >>> TextPreprocessing(tokenizer, max_tokens=5).truncated(source)
            1
        """
        count, starts = 0, range(0, len(source), _CHUNK)
        for start in track(starts, "counting tokens", len(starts)):
            texts = source.batch(range(start, min(start + _CHUNK, len(source)))).texts
            count += int((tokenize(self.tokenizer, texts).lengths() > self.max_tokens - 2).sum())
        return count


def _kept(found: Ragged, counts: np.ndarray) -> np.ndarray:
    """Which of the tokens are among the first so many of their text."""
    place = np.arange(len(found.values)) - np.repeat(found.bounds[:-1], found.lengths())
    return place < np.repeat(counts, found.lengths())
