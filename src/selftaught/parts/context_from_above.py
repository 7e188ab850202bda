"""What a grid of vectors shows down to each row: convolutions that see nothing below."""

from typing import final

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["ContextFromAbove"]


@final
class _Block(nn.Module):
    def __init__(self, width: int, hidden_width: int) -> None:
        super().__init__()
        self.before = nn.Conv2d(width, hidden_width, 1)
        self.across = nn.Conv2d(hidden_width, hidden_width, (1, 3), padding=(0, 1))
        self.down = nn.Conv2d(hidden_width, hidden_width, (2, 1))
        self.after = nn.Conv2d(hidden_width, width, 1)

    def forward(self, vectors: Tensor) -> Tensor:
        hidden = self.across(F.relu(self.before(vectors)))
        hidden = F.relu(self.down(F.pad(hidden, (0, 0, 1, 0))))  # a row of zeros above, none below
        return vectors + self.after(hidden)


@final
class ContextFromAbove(nn.Module):
    """Residual blocks of masked convolutions, as in a PixelCNN: row r of the outcome sees rows 0 to r.

    Args:
        width: of the vectors, and of what comes out.
        hidden_width: inside the blocks.
        blocks: how many; each sees one row further up and one column further to either side.

    Source:
        van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, section 3.2; the layers are those that Henaff et al.
        2019, https://arxiv.org/abs/1905.09272, appendix, write down.

    Example:
        >>> import torch
        >>> from selftaught.parts import ContextFromAbove
        >>> ContextFromAbove(16, hidden_width=8)(torch.zeros(2, 7, 7, 16)).shape
        torch.Size([2, 7, 7, 16])
    """

    def __init__(self, width: int, *, hidden_width: int = 256, blocks: int = 5) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(_Block(width, hidden_width) for _ in range(blocks)))

    def forward(self, vectors: Float[Tensor, "n rows columns width"]) -> Float[Tensor, "n rows columns width"]:
        """A vector for every place of the grid."""
        return F.relu(self.blocks(vectors.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)
