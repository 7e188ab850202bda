"""Encoders of tokens whose input table a method may read words back with."""

from abc import abstractmethod

from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core.encoder import SequenceEncoder
from selftaught.core.items import Sequences

__all__ = ["TokenEncoder"]


class TokenEncoder(SequenceEncoder):
    """An encoder of sequences of token numbers, with one position a token.

    Its table of token vectors is public, so that a head that predicts tokens can use the same weights the other way
    round: `F.linear(x, encoder.embedding.weight)`.
    """

    vocabulary_size: int
    max_tokens: int
    embedding: nn.Embedding

    @abstractmethod
    def local(self, items: Sequences, segments: Int[Tensor, "n t"] | None = None) -> Float[Tensor, "n t width"]:
        """One vector a token, each of the whole sequence; what stands behind the sequence means nothing.

        Args:
            items: token numbers.
            segments: which of two texts each token belongs to, 0 or 1; all to the first if None.
        """
