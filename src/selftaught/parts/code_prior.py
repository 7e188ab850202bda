"""How likely a grid of codes is: PixelCNN over the codes of a quantising encoder."""

from typing import final

from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import UserError
from selftaught.objectives import level_nats
from selftaught.parts.ancestral_sampling import sample_levels
from selftaught.parts.causal_blocks import CausalConvolutionBlock
from selftaught.parts.level_head import LevelHead
from selftaught.parts.masked_convolution import MaskedConvolution

__all__ = ["CodePrior"]

_FIRST_KERNEL = 7


@final
class CodePrior(nn.Module):
    """PixelCNN of one channel whose levels have no order: each code enters as a vector of its own.

    Args:
        codes: how many there are.
        features: of each place in the grid, even; 2h in the paper.
        blocks: residual blocks of masked convolutions.
        head_width: features between the two 1x1 convolutions before the softmax.

    Raises:
        UserError: a value is out of its range.

    Source:
        van den Oord et al. 2017, https://arxiv.org/abs/1711.00937, section 3.3: a PixelCNN over the latents, trained
        when they are.

    Example:
        >>> import torch
        >>> from selftaught.parts import CodePrior
        >>> prior = CodePrior(16, features=8, blocks=1, head_width=8)
        >>> codes, log_probabilities = prior.sample(torch.rand(5, 4, 4))
        >>> codes.shape, torch.allclose(-prior.nats(codes), log_probabilities, atol=1e-4)
        (torch.Size([5, 4, 4]), True)
    """

    def __init__(self, codes: int, *, features: int = 64, blocks: int = 6, head_width: int = 128) -> None:
        super().__init__()
        if min(codes, features, head_width) < 2 or blocks < 1 or features % 2:
            raise UserError(
                f"expected at least 2 codes, an even number of features, 1 block and a head width of 2, got {codes}, "
                f"{features}, {blocks} and {head_width}"
            )
        self.table = nn.Embedding(codes, features)
        size = (_FIRST_KERNEL, _FIRST_KERNEL)
        self.first = MaskedConvolution(features, features, size, groups=1, own=False)
        self.blocks = nn.Sequential(*(CausalConvolutionBlock(features, groups=1) for _ in range(blocks)))
        self.head = LevelHead(features, width=head_width, channels=1, levels=codes)
        self.rows_above = _FIRST_KERNEL // 2 + blocks

    def forward(self, codes: Int[Tensor, "n h w"]) -> Float[Tensor, "n codes h w"]:
        """The logits of every code at every place, given the codes before it, row by row from the top left."""
        return self.head(self._states(codes)).squeeze(1)

    def nats(self, codes: Int[Tensor, "n h w"]) -> Float[Tensor, " n"]:
        """Minus the log probability of each grid, exact; its mean is the loss that trains the prior."""
        return level_nats(self(codes)[:, None], codes[:, None])

    def sample(self, uniforms: Float[Tensor, "n h w"]) -> tuple[Int[Tensor, "n h w"], Float[Tensor, " n"]]:
        """Grids of codes drawn place by place, and their log probabilities in nats.

        Args:
            uniforms: numbers of chance in [0, 1], one for each place; they decide the size of the grid.
        """
        codes, total = sample_levels(self._last_row, uniforms[:, None], rows_above=self.rows_above)
        return codes.squeeze(1), total

    def _states(self, codes: Int[Tensor, "n h w"]) -> Float[Tensor, "n features h w"]:
        return self.blocks(self.first(self.table(codes).permute(0, 3, 1, 2)))

    def _last_row(self, codes: Int[Tensor, "n 1 rows w"]) -> Float[Tensor, "n 1 codes w"]:
        return self.head(self._states(codes.squeeze(1))[:, :, -1:]).squeeze(3)
