"""Images of which some blocks are to be told from another block."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core.views import Views

__all__ = ["BlockMaskedImages"]


@final
@dataclass(frozen=True)
class BlockMaskedImages(Views):
    """Square images, each with the patches that may be seen, and several blocks that are to be told from them.

    Patches are numbered from the top left, row by row.

    Args:
        images: of which only the patches in `context` may be looked at.
        whole: the same images, for whoever says what stands in the blocks.
        context: the patches that may be seen; equally many of each image, and none of a block.
        blocks: the patches of every block, which may overlap.
        patch_pixels: side of a patch.

    Example:
        >>> import torch
        >>> from selftaught.core import BlockMaskedImages
        >>> views = BlockMaskedImages.example(2, torch.Generator())
        >>> views.context.shape, views.blocks.shape
        (torch.Size([2, 20]), torch.Size([2, 2, 12]))
    """

    images: Float[Tensor, "n c s s"]
    whole: Float[Tensor, "n c s s"]
    context: Int[Tensor, "n kept"]
    blocks: Int[Tensor, "n blocks size"]
    patch_pixels: int

    def mismatched(self) -> Mapping[str, "BlockMaskedImages"]:
        """What may be seen beside blocks that do not belong there.

        The next item's; the own ones under noise as strong as normalised images are; and what stands there when the
        image is turned upside down.
        """
        noise = torch.randn(self.whole.shape, generator=torch.Generator().manual_seed(0)).to(self.whole)
        return {
            "blocks of another item": replace(self, whole=self.whole.roll(-1, 0)),
            "noise over the blocks": replace(self, whole=self.whole + noise),
            "blocks upside down": replace(self, whole=self.whole.flip(2)),
        }

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "BlockMaskedImages":
        """Random RGB images of 16x16 pixels, of whose 64 patches 20 may be seen and two blocks of 3x4 are asked for."""
        images = torch.randn(n, 3, 16, 16, generator=generator)
        grid = torch.arange(64).view(8, 8)
        blocks = torch.stack([grid[:3, :4].flatten(), grid[4:7, 3:7].flatten()])
        free = torch.tensor(sorted(set(range(64)) - set(blocks.flatten().tolist())))
        context = free[torch.rand(n, len(free), generator=generator).argsort(1)[:, :20]]
        return cls(torch.arange(n), images, images, context, blocks.expand(n, -1, -1), 2)
