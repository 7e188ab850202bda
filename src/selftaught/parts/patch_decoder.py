"""From the vectors of visible patches to the values of hidden ones."""

from typing import Any, cast, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import UserError
from selftaught.parts.positions import grid_positions

__all__ = ["PatchDecoder"]


@final
class PatchDecoder(nn.Module):
    """A transformer over all patches: the visible ones as an encoder sees them, one learned vector for every hidden.

    Positions are sines and cosines, added to all of them and never trained.

    Args:
        encoder_width: features of a visible patch's vector.
        values: of a patch that is to be guessed: pixels times channels.
        patches: in an image, a square number.
        width: features inside, a multiple of 4 and of the heads.
        depth: how many transformer blocks.
        heads: of attention in every block.

    Raises:
        UserError: a value out of its range.

    Source:
        He et al. 2021, https://arxiv.org/abs/2111.06377, section 3, MAE decoder.

    Example:
        >>> import torch
        >>> from selftaught.parts import PatchDecoder
        >>> decoder = PatchDecoder(encoder_width=16, values=12, patches=9, width=8, depth=1, heads=2)
        >>> order = torch.arange(9).expand(5, 9)
        >>> decoder(torch.zeros(5, 3, 16), order[:, :3], order[:, 3:]).shape
        torch.Size([5, 6, 12])
    """

    positions: Float[Tensor, "patches width"]

    def __init__(self, *, encoder_width: int, values: int, patches: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        if depth < 1 or heads < 1 or width < 1 or width % heads:
            raise UserError(
                "expected a decoder of at least 1 block, whose width its heads divide, got "
                f"width {width}, depth {depth}, heads {heads}"
            )
        from timm.models.vision_transformer import Block  # slow to import

        self.enter = nn.Linear(encoder_width, width)
        self.mask = nn.Parameter(torch.empty(width))
        self.register_buffer("positions", grid_positions(round(patches**0.5), width), persistent=False)
        block = cast("Any", Block)
        self.blocks = nn.Sequential(*(block(width, heads, qkv_bias=True) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, values)
        nn.init.normal_(self.mask, std=0.02)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(cast("Tensor", layer.bias))

    def forward(
        self,
        visible: Float[Tensor, "n kept encoder_width"],
        keep: Int[Tensor, "n kept"],
        hidden: Int[Tensor, "n hidden"],
    ) -> Float[Tensor, "n hidden values"]:
        """A guess of the values of every hidden patch.

        Args:
            visible: what an encoder says of the patches that it saw.
            keep: where these stand.
            hidden: where those stand that are to be guessed.
        """
        # Attention knows no order: a patch's place is its position vector, not its row.
        seen, unseen = self.enter(visible) + self.positions[keep], self.mask + self.positions[hidden]
        rows = torch.cat([seen, unseen.to(seen.dtype)], 1)  # (n, patches, width)
        return self.leave(self.norm(self.blocks(rows)[:, keep.shape[1] :]))
