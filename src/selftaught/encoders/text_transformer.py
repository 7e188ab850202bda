"""Token numbers to vectors: the transformer of BERT."""

import math
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import Sequences, TokenEncoder, UserError

__all__ = ["TextTransformer"]

_DEVIATION = 0.02  # of all weights at the start
_EPSILON = 1e-12  # of the norms
_SLOWEST = 100.0  # the longest wave of the positions, over the shortest, which is of 2 pi tokens


class _Layer(nn.Module):
    """Attention and a feed-forward network, each added to what came in, and a norm after each sum or before each."""

    def __init__(self, width: int, heads: int, dropout: float, *, norm_first: bool) -> None:
        super().__init__()
        self.heads, self.dropout, self.norm_first = heads, dropout, norm_first
        self.attention = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.attention_norm = nn.LayerNorm(width, eps=_EPSILON)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.norm = nn.LayerNorm(width, eps=_EPSILON)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        if self.norm_first:
            x = x + self._attend(self.attention_norm(x), seen)
            return x + self._feed_forward(self.norm(x))
        x = self.attention_norm(x + self._attend(x, seen))
        return self.norm(x + self._feed_forward(x))

    def _attend(self, x: Tensor, seen: Tensor) -> Tensor:
        n, t, width = x.shape
        asked, keys, values = self.attention(x).view(n, t, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        attended = F.scaled_dot_product_attention(asked, keys, values, attn_mask=seen, dropout_p=dropout)
        return F.dropout(self.output(attended.transpose(1, 2).reshape(n, t, width)), self.dropout, self.training)

    def _feed_forward(self, x: Tensor) -> Tensor:
        return F.dropout(self.narrow(F.gelu(self.widen(x))), self.dropout, self.training)


@final
class TextTransformer(TokenEncoder):
    """The transformer encoder of BERT, small by default: 5.3 million weights with 8,192 tokens.

    Token, position and segment vectors are added and normalised; every layer normalises what it adds to. Padding is
    kept out of attention and of the mean, so that a text has the same vectors in any batch.

    Position vectors are learnt and begin as sines and cosines, as long as the paper's random ones: which token stands
    next to which is then a rotation, the same at every place, which short runs learn sooner.

    Norms after each sum, as in the paper, need many steps before anything but how frequent the tokens are is learnt.
    With `norm_first` they stand before attention and feed-forward network, and one more at the end: for short runs.

    Args:
        vocabulary_size: how many tokens there are.
        max_tokens: how many tokens a sequence may have, special ones included.
        width: of every vector; divisible by `heads`.
        layers: how many.
        heads: of attention, in every layer.
        dropout: share of the values, and of the attention, that a training step leaves out, in [0, 1).
        norm_first: the norms stand before what they belong to, not after the sum, as in the paper.

    Raises:
        UserError: a number out of its range; a sequence of more than `max_tokens`.

    Source:
        Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3; the layers are those of Vaswani et al. 2017,
        https://arxiv.org/abs/1706.03762, with GELU. For `norm_first` Xiong et al. 2020,
        https://arxiv.org/abs/2002.04745, figure 1b.

    Example:
        >>> import torch
        >>> from selftaught.core import Sequences
        >>> from selftaught.encoders import TextTransformer
        >>> encoder = TextTransformer(vocabulary_size=100, max_tokens=16, width=32, layers=2)
        >>> batch = Sequences.of([torch.tensor([2, 50, 60, 3]), torch.tensor([2, 70, 3])])
        >>> encoder(batch).shape, encoder.local(batch).shape, encoder.lengths(batch).tolist()
        (torch.Size([2, 32]), torch.Size([2, 4, 32]), [4, 3])
    """

    def __init__(
        self,
        *,
        vocabulary_size: int,
        max_tokens: int = 128,
        width: int = 256,
        layers: int = 4,
        heads: int = 4,
        dropout: float = 0.1,
        norm_first: bool = False,
    ) -> None:
        super().__init__()
        if min(vocabulary_size, max_tokens, width, layers, heads) < 1 or width % heads:
            raise UserError(f"expected positive numbers and a width that {heads} heads divide, got {width}")
        if not 0 <= dropout < 1:
            raise UserError(f"dropout: expected a number in [0, 1), got {dropout}")
        self.vocabulary_size, self.max_tokens, self.width = vocabulary_size, max_tokens, width
        self.layers, self.heads, self.dropout, self.norm_first = layers, heads, dropout, norm_first
        self.embedding = nn.Embedding(vocabulary_size, width)
        self.positions = nn.Embedding(max_tokens, width)
        self.segments = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=_EPSILON)
        self.blocks = nn.ModuleList(_Layer(width, heads, dropout, norm_first=norm_first) for _ in range(layers))
        self.last_norm = nn.LayerNorm(width, eps=_EPSILON) if norm_first else nn.Identity()
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.trunc_normal_(module.weight, std=_DEVIATION, a=-2 * _DEVIATION, b=2 * _DEVIATION)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
        self.positions.weight.data.copy_(_waves(max_tokens, width))

    def forward(self, items: Sequences) -> Float[Tensor, "n width"]:
        """The mean over all tokens of a sequence, its [CLS] and [SEP] among them."""
        return (self.local(items) * items.mask[:, :, None]).sum(1) / items.lengths[:, None]

    def local(self, items: Sequences, segments: Int[Tensor, "n t"] | None = None) -> Float[Tensor, "n t width"]:
        """One vector a token; see `TokenEncoder.local`."""
        t = items.values.shape[1]
        if t > self.max_tokens:
            raise UserError(f"expected sequences of at most {self.max_tokens} tokens, got {t}")
        segment = self.segments.weight[0] if segments is None else self.segments(segments)
        x = self.norm(self.embedding(items.values) + self.positions.weight[:t] + segment)
        x = F.dropout(x, self.dropout, self.training)
        seen = items.mask[:, None, None, :]  # (n, 1, 1, t): by which token, for every head and every asking token
        for block in self.blocks:
            x = block(x, seen)
        return self.last_norm(x)

    def lengths(self, items: Sequences) -> Int[Tensor, " n"]:
        """How many tokens of each sequence are real."""
        return items.lengths


def _waves(places: int, width: int) -> Float[Tensor, "places width"]:
    """Half of the columns sines, half cosines of the place, from fast to slow."""
    rates = _SLOWEST ** -torch.linspace(0, 1, (width + 1) // 2)
    angles = torch.arange(places)[:, None] * rates
    return _DEVIATION * math.sqrt(2) * torch.cat([angles.sin(), angles.cos()], dim=1)[:, :width]
