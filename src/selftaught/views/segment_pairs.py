"""Pairs of segments of documents: the second follows the first in its document, or comes from another document."""

import random
from array import array
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from selftaught.core import Rows, UserError
from selftaught.parts.word_pieces import SpecialTokens
from selftaught.views.tokenised import TokenisedDocuments

__all__ = ["PairedSegments", "Pairs", "SegmentPairs", "pair_segments"]

_SPECIAL_ROOM = 3  # [CLS], [SEP], [SEP]


@final
@dataclass(frozen=True)
class SegmentPairs:
    """A batch of [CLS] first [SEP] second [SEP], as token numbers.

    Args:
        tokens: with padding behind them.
        lengths: how many tokens of each pair are real.
        first_lengths: how many of them belong to the first segment, with its [CLS] and [SEP].
        is_next: whether the second segment follows the first in its document.

    Example:
        >>> import torch
        >>> from selftaught.views import SegmentPairs
        >>> pair = torch.tensor([[2, 9, 3, 8, 7, 3]])
        >>> len(SegmentPairs(pair, torch.tensor([6]), torch.tensor([3]), torch.tensor([True])))
        1
    """

    tokens: Int[Tensor, "n t"]
    lengths: Int[Tensor, " n"]
    first_lengths: Int[Tensor, " n"]
    is_next: Bool[Tensor, " n"]

    def __len__(self) -> int:
        return len(self.tokens)

    def to(self, device: torch.device) -> "SegmentPairs":
        """The same pairs on another device."""
        parts = (self.tokens, self.lengths, self.first_lengths, self.is_next)
        return SegmentPairs(*(part.to(device, non_blocking=True) for part in parts))


class Pairs(NamedTuple):
    """Where the two segments of every pair stand in the tokens of all documents.

    Args:
        first: from where up to where the first segment goes.
        second: the same of the second.
        is_next: whether it follows the first in its document.
        shortened: how many pairs lost tokens because they were too long.

    Example:
        >>> import numpy as np
        >>> from selftaught.views.segment_pairs import Pairs
        >>> Pairs(np.array([[0, 4]]), np.array([[4, 9]]), np.array([True]), 0).is_next.mean()
        np.float64(1.0)
    """

    first: Int[np.ndarray, "n 2"]
    second: Int[np.ndarray, "n 2"]
    is_next: Bool[np.ndarray, " n"]
    shortened: int


def pair_segments(
    documents: TokenisedDocuments, *, max_tokens: int, short_fraction: float, seed: int, copies: int = 1
) -> Pairs:
    """Cut every document into pairs of segments, as BERT's training data are made.

    Sentences are taken until they fill the room (for a share of the pairs: a random part of it) or the document ends;
    the first segment is a random number of them, at least one. Half of the time the others are the second segment.
    Otherwise, and where there is only one sentence, the second begins at a random sentence of another document, and
    those that were not used are put back for the next pair. Pairs that are too long lose tokens from the longer
    segment, at either end.

    Args:
        documents: at least two.
        max_tokens: of a pair, special ones included; at least 5.
        short_fraction: share of the pairs that are made to fill a random part of the room only.
        seed: of all choices.
        copies: how many times to go over the documents, with other choices each time.

    Raises:
        UserError: there are fewer than two documents with text in them.

    Source:
        Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3.1, task 2, and appendix A.2; the details are
        those of the program that the paper published with it.

    Example:
        >>> import numpy as np
        >>> from selftaught.views.segment_pairs import pair_segments
        >>> from selftaught.views.tokenised import TokenisedDocuments
        >>> two = TokenisedDocuments(np.arange(8), np.arange(0, 9, 2), np.array([0, 2, 4]))
        >>> pairs = pair_segments(two, max_tokens=9, short_fraction=0.1, seed=0)
        >>> bool(((pairs.second[:, 0] >= 4) ^ (pairs.first[:, 0] >= 4) ^ pairs.is_next).all())
        True
    """
    count = len(documents.documents) - 1
    if count < 2:
        raise UserError(
            f"next sentence prediction draws its wrong sentences from other documents: expected several documents, got "
            f"{count}; put a blank line between documents in a text file, or give one text for each"
        )
    generator = random.Random(f"pairs {seed}")
    found, shortened, room = array("q"), 0, max_tokens - _SPECIAL_ROOM
    for document in list(range(count)) * copies:
        begin, end = documents.documents[document : document + 2].tolist()
        at = documents.sentences[begin : end + 1].tolist()
        sentence, last = 0, end - begin
        while sentence < last:
            target = generator.randint(2, room) if generator.random() < short_fraction else room
            stop = sentence + 1
            while stop < last and at[stop] - at[sentence] < target:
                stop += 1
            split = sentence + generator.randint(1, max(1, stop - sentence - 1))
            first, is_next = (at[sentence], at[split]), stop > split and generator.random() < 0.5
            if is_next:
                second, sentence = (at[split], at[stop]), stop
            else:
                second, sentence = _elsewhere(documents, document, target - (first[1] - first[0]), generator), split
            cut = _fitting(first, second, room, generator)
            shortened += cut != (*first, *second)
            found.extend((*cut, is_next))
    table = np.fromiter(found, np.int64).reshape(-1, 5)
    return Pairs(table[:, :2], table[:, 2:4], table[:, 4] > 0, shortened)


def _elsewhere(documents: TokenisedDocuments, document: int, wanted: int, generator: random.Random) -> tuple[int, int]:
    """Sentences of another document, from a random one on, until they have so many tokens or the document ends."""
    other = generator.randrange(len(documents.documents) - 2)
    other += other >= document
    begin, end = documents.documents[other : other + 2].tolist()
    start = generator.randrange(begin, end)
    stop = start + 1
    while stop < end and documents.sentences[stop] - documents.sentences[start] < wanted:
        stop += 1
    return int(documents.sentences[start]), int(documents.sentences[stop])


def _fitting(
    first: tuple[int, int], second: tuple[int, int], room: int, generator: random.Random
) -> tuple[int, int, int, int]:
    """Both without what is too much: token by token from the longer, each time from a random end."""
    lengths = [first[1] - first[0], second[1] - second[0]]
    too_many = max(0, sum(lengths) - room)
    difference = lengths[0] - lengths[1]
    from_longer = min(too_many, abs(difference))
    rest = too_many - from_longer
    cuts = [rest // 2 + from_longer * (difference > 0), rest - rest // 2 + from_longer * (difference <= 0)]
    bounds: list[int] = []
    for (begin, end), cut in zip((first, second), cuts, strict=True):
        in_front = generator.getrandbits(cut).bit_count() if cut else 0  # as many heads as so many coins show
        bounds += [begin + in_front, end - (cut - in_front)]
    return bounds[0], bounds[1], bounds[2], bounds[3]


@final
@dataclass(frozen=True, eq=False)
class PairedSegments:
    """What training goes over: the pairs that documents give.

    Args:
        documents: with their tokens.
        pairs: where the segments stand in them.
        special: the numbers of the special tokens.

    Example:
        >>> import numpy as np
        >>> from selftaught.parts.word_pieces import SpecialTokens
        >>> from selftaught.views.segment_pairs import PairedSegments, pair_segments
        >>> from selftaught.views.tokenised import TokenisedDocuments
        >>> two = TokenisedDocuments(np.arange(10, 18), np.arange(0, 9, 2), np.array([0, 2, 4]))
        >>> pairs = pair_segments(two, max_tokens=9, short_fraction=0.1, seed=0)
        >>> PairedSegments(two, pairs, SpecialTokens(0, 1, 2, 3, 4)).batch([0]).tokens[0, 0]
        tensor(2)
    """

    documents: TokenisedDocuments
    pairs: Pairs
    special: SpecialTokens

    def __len__(self) -> int:
        return len(self.pairs.is_next)

    def batch(self, rows: Rows) -> SegmentPairs:
        """The pairs of these rows, in this order."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows.astype(np.int64)
        (begin_1, end_1), (begin_2, end_2) = self.pairs.first[rows].T, self.pairs.second[rows].T
        first = end_1 - begin_1 + 2  # with [CLS] and [SEP]
        lengths = first + end_2 - begin_2 + 1
        place = np.arange(int(lengths.max(initial=0)))  # (t,)
        in_first = place < first[:, None] - 1
        where = np.where(in_first, begin_1[:, None] + place - 1, (begin_2 - first)[:, None] + place)
        tokens = self.documents.tokens[where.clip(0, len(self.documents.tokens) - 1)].astype(np.int64)
        each = np.arange(len(rows))
        tokens[place >= lengths[:, None]] = self.special.padding
        tokens[:, 0] = self.special.first
        tokens[each, first - 1] = tokens[each, lengths - 1] = self.special.separator
        columns = (tokens, lengths, first, self.pairs.is_next[rows])
        return SegmentPairs(*(torch.from_numpy(np.ascontiguousarray(column)) for column in columns))

    def describe(self) -> list[str]:
        """What became of the documents, a sentence each."""
        documents, sentences = len(self.documents.documents) - 1, len(self.documents.sentences) - 1
        share = float(self.pairs.is_next.mean())
        notes = [
            f"{len(self):,} pairs of segments from {sentences:,} sentences of {documents:,} documents; "
            f"the second follows the first in {share:.1%}"
        ]
        if self.pairs.shortened:
            notes.append(f"{self.pairs.shortened:,} pairs were too long and lost tokens at an end")
        return notes
