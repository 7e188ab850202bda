"""Pairs of segments with a fixed count of their tokens hidden: what BERT learns from."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.core import MaskedText, Source, UserError
from selftaught.parts.word_pieces import continuing_pieces, special_tokens, vocabulary_size_of
from selftaught.views.checks import expect_number
from selftaught.views.draws import Draws
from selftaught.views.segment_pairs import PairedSegments, SegmentPairs, pair_segments
from selftaught.views.tokenised import Sentences, tokenise_documents

__all__ = ["MaskedSentencePairs"]

_MASKED, _KEPT = 0.8, 0.1  # of the hidden tokens; the others are replaced
_NEVER = 2.0  # as a draw from [0, 1): comes last


@final
@dataclass(frozen=True, kw_only=True)
class MaskedSentencePairs:
    """Pairs of segments, half of which follow each other, with 15 % of their tokens to be predicted.

    `regroup` makes the pairs, once and fixed by a seed; calling it hides tokens of a batch of them, anew at every
    step. The count of hidden tokens is fixed by the length of the pair. Of ten hidden tokens, on average, eight become
    [MASK], one a random token, and one stays as it is; all are to be predicted. Special tokens are never hidden.

    Args:
        tokenizer: as JSON; see `parts.word_pieces`.
        max_tokens: of a pair, with its three special tokens; at least 5.
        masked_fraction: of the tokens of a pair that are hidden, in (0, 1); at least one token is.
        whole_words: hide all pieces of a word together. Then the count is kept as nearly as words allow, and only a
            first word that is longer goes beyond it.
        short_fraction: of the pairs that are made shorter than there is room, in [0, 1].
        sentences: how documents split: lines, punctuation (full stops and the like), or auto: lines where a document
            has several.
        duplicates: how many times the documents are cut into pairs, each time otherwise.
        pair_seed: of the pairs.

    Raises:
        UserError: a value is out of its range, or the tokenizer lacks a special token.

    Source:
        Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3.1 and appendix A.1 and A.2.

    Example:
        >>> from selftaught.data import open_texts
        >>> from selftaught.parts.word_pieces import train_tokenizer
        >>> from selftaught.views import Draws, MaskedSentencePairs
        >>> documents = ["It rained. We left. Nobody came.", "A cat sat. A dog ran. Both ate."]
        >>> make_views = MaskedSentencePairs(tokenizer=train_tokenizer(documents, vocabulary_size=99), max_tokens=24)
        >>> pairs = make_views.regroup(open_texts(documents).train)
        >>> views = make_views(pairs.batch([0, 1]), draws=Draws(0, batch=2))
        >>> views.target_counts.tolist() == [max(1, round(0.15 * length)) for length in views.lengths.tolist()]
        True
    """

    tokenizer: str
    max_tokens: int = 128
    masked_fraction: float = 0.15
    whole_words: bool = False
    short_fraction: float = 0.1
    sentences: Sentences = "auto"
    duplicates: int = 1
    pair_seed: int = 0

    def __post_init__(self) -> None:
        expect_number("max_tokens", self.max_tokens, 5.0)
        expect_number("short_fraction", self.short_fraction, 0.0, 1.0)
        expect_number("duplicates", self.duplicates, 1.0)
        if not 0 < self.masked_fraction < 1:
            raise UserError(f"masked_fraction: expected a number between 0 and 1, got {self.masked_fraction}")
        special_tokens(self.tokenizer)
        if self.whole_words:
            continuing_pieces(self.tokenizer)

    def regroup(self, source: Source) -> PairedSegments:
        """The pairs that the documents of a source give.

        Raises:
            UserError: the source holds no texts, or fewer than two documents.
        """
        if source.kind != "text":
            raise UserError(f"expected a source of texts, got one of {source.kind}")
        documents = tokenise_documents(source, self.tokenizer, self.sentences)
        pairs = pair_segments(
            documents,
            max_tokens=self.max_tokens,
            short_fraction=self.short_fraction,
            seed=self.pair_seed,
            copies=self.duplicates,
        )
        return PairedSegments(documents, pairs, special_tokens(self.tokenizer))

    def __call__(
        self, items: SegmentPairs, *, index: Int[Tensor, " n"] | None = None, draws: Draws | None = None
    ) -> MaskedText:
        """Hide tokens of every pair.

        Args:
            items: the pairs.
            index: each pair's row among all; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: a pair is longer than `max_tokens`, or the draws are for another number of pairs.
        """
        (n, width), device = items.tokens.shape, items.tokens.device
        draws = Draws.fresh(n) if draws is None else draws
        if len(draws) != n:
            raise UserError(f"expected as many pairs as the draws are for, {len(draws)}, got {n}")
        if width > self.max_tokens:
            raise UserError(f"expected pairs of at most {self.max_tokens} tokens, got {width}")
        ordinary, special, mask = self._kinds_of_token(device)
        real = torch.arange(width, device=device) < items.lengths[:, None]
        eligible = real & ~special[items.tokens]
        wanted = (items.lengths.double() * self.masked_fraction).round().long().clamp(min=1)
        wanted = wanted.minimum(eligible.sum(1))
        # drawn for the longest pair there can be, so that the draws do not depend on who shares the batch
        scores = draws.stream("hidden").uniform(0.0, 1.0, self.max_tokens)[:, :width].to(device)
        if self.whole_words:
            hidden = self._whole_words(items.tokens, eligible, scores, wanted)
        else:
            rank = scores.masked_fill(~eligible, _NEVER).argsort(1).argsort(1)
            hidden = rank < wanted[:, None]
        counts = hidden.sum(1)
        positions = (~hidden).int().argsort(dim=1, stable=True)[:, : max(1, int(counts.max()))]
        chance = draws.stream("change").uniform(0.0, 1.0, self.max_tokens)[:, :width].to(device)
        random = draws.stream("replacement").integers(len(ordinary), self.max_tokens)[:, :width].to(device)
        changed = torch.where(
            chance < _MASKED, mask, torch.where(chance < _MASKED + _KEPT, items.tokens, ordinary[random])
        )
        return MaskedText(
            torch.arange(n, device=device) if index is None else index,
            torch.where(hidden, changed, items.tokens),
            items.lengths,
            items.first_lengths,
            positions,
            items.tokens.gather(1, positions),
            counts,
            items.is_next,
        )

    def describe(self) -> list[str]:
        """Nothing to say: nothing is left out."""
        return []

    def _kinds_of_token(self, device: torch.device) -> tuple[Tensor, Tensor, int]:
        """The ordinary tokens, for each token whether it is special, and the number of [MASK]."""
        numbers = special_tokens(self.tokenizer)
        special = torch.zeros(vocabulary_size_of(self.tokenizer), dtype=torch.bool)
        special[[numbers.padding, numbers.first, numbers.separator, numbers.mask]] = True
        ordinary = (~special).nonzero()[:, 0]
        return ordinary.to(device), special.to(device), numbers.mask

    def _whole_words(
        self,
        tokens: Int[Tensor, "n t"],
        eligible: Bool[Tensor, "n t"],
        scores: Float[Tensor, "n t"],
        wanted: Int[Tensor, " n"],
    ) -> Bool[Tensor, "n t"]:
        """Words in random order, each hidden if it still fits; the first in any case."""
        goes_on = torch.from_numpy(continuing_pieces(self.tokenizer).astype(np.bool_)).to(tokens.device)[tokens]
        before = torch.nn.functional.pad(eligible[:, :-1], (1, 0))
        begins = eligible & ~(goes_on & before)
        word = (begins.cumsum(1) - 1).clamp(min=0)  # (n, t): which word each token belongs to
        sizes = torch.zeros_like(word).scatter_add(1, word, eligible.long())  # (n, t): tokens in each word
        starts = scores.masked_fill(~begins, _NEVER)
        order = torch.full_like(starts, _NEVER).scatter_reduce(1, word, starts, "amin").argsort(1)  # of words
        left, taken = wanted.clone(), torch.zeros_like(eligible)
        for turn in range(int(begins.sum(1).max())):
            size = sizes.gather(1, order[:, turn : turn + 1])[:, 0]
            fits = (size > 0) & ((size <= left) | ((turn == 0) & (wanted > 0)))
            taken.scatter_(1, order[:, turn : turn + 1], fits[:, None])
            left = left - size * fits
        return taken.gather(1, word) & eligible
