"""The control for texts that has learned nothing but how rare each token is."""

from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import Sequences, Source, Track, UserError, silent
from selftaught.encoders.text_preprocessing import TextPreprocessing
from selftaught.parts.word_pieces import special_tokens, tokenize, vocabulary_size_of

__all__ = ["TfIdf"]

_CHUNK = 1024


@final
class TfIdf(nn.Module):
    """Counts of a text's tokens, weighted by how few texts have them, scaled to unit length.

        weight(token) = ln((1 + texts) / (1 + texts with the token)) + 1

    Args:
        kept: the tokens that have a place in the vectors.
        weights: of each.
        vocabulary_size: how many tokens there are.

    Source:
        Spärck Jones 1972; the smoothed form that scikit-learn's TfidfVectorizer has.

    Example:
        >>> from selftaught.core import Texts
        >>> from selftaught.data import open_texts
        >>> from selftaught.encoders import TextPreprocessing
        >>> from selftaught.extraction.tf_idf import TfIdf
        >>> from selftaught.parts.word_pieces import train_tokenizer
        >>> texts = ["one two", "one three three"]
        >>> prepare = TextPreprocessing(train_tokenizer(texts * 4, vocabulary_size=60), max_tokens=8)
        >>> control = TfIdf.fit(prepare, open_texts(texts).train)
        >>> control(prepare(Texts(("three one two", "three")))).norm(dim=1)
        tensor([1., 1.])
    """

    def __init__(self, kept: Int[Tensor, " d"], weights: Float[Tensor, " d"], *, vocabulary_size: int) -> None:
        super().__init__()
        self.kept: Tensor
        self.weights: Tensor
        self.register_buffer("kept", kept)
        self.register_buffer("weights", weights)
        self.vocabulary_size, self.width = vocabulary_size, len(kept)

    @classmethod
    def fit(
        cls, preprocessing: TextPreprocessing, source: Source, *, features: int = 4096, track: Track = silent
    ) -> "TfIdf":
        """Count the tokens of a source, as the encoder would see its texts.

        Args:
            preprocessing: of the encoder that this is a control for.
            source: the texts to learn from.
            features: how many tokens have a place in the vectors at most: those that are there most often. Special
                tokens have none.
            track: shows progress.

        Raises:
            UserError: no text has a token.
        """
        size, longest = vocabulary_size_of(preprocessing.tokenizer), preprocessing.max_tokens - 2
        total, texts_with = np.zeros(size, np.int64), np.zeros(size, np.int64)
        starts = range(0, len(source), _CHUNK)
        for start in track(starts, "counting tokens", len(starts)):
            texts = source.batch(range(start, min(start + _CHUNK, len(source)))).texts
            found = tokenize(preprocessing.tokenizer, texts)
            for begin, end in zip(found.bounds, found.bounds[1:], strict=False):
                tokens, counts = np.unique(found.values[begin : min(end, begin + longest)], return_counts=True)
                total[tokens] += counts
                texts_with[tokens] += 1
        special = special_tokens(preprocessing.tokenizer)
        total[[special.padding, special.first, special.separator, special.mask]] = 0
        kept = np.argsort(-total, kind="stable")[: min(features, int((total > 0).sum()))]
        if not len(kept):
            raise UserError(f"{source.name}: no text has a token")
        weights = np.log((1 + len(source)) / (1 + texts_with[kept])) + 1
        return cls(torch.from_numpy(kept), torch.from_numpy(weights).float(), vocabulary_size=size)

    def forward(self, items: Sequences) -> Float[Tensor, "n d"]:
        """One vector a text, all zeros for one without a token that has a place."""
        counts = torch.zeros(len(items), self.vocabulary_size, device=items.values.device)
        counts.scatter_add_(1, items.values, items.mask.float())
        return F.normalize(counts[:, self.kept] * self.weights, dim=1)
