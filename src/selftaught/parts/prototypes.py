"""Directions that embeddings are compared with."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import UserError
from selftaught.objectives import full_precision

__all__ = ["Prototypes"]


class Prototypes(nn.Module):
    """Trained directions of unit length; the scores of an embedding are its cosines with them.

    The length of a stored row means nothing: it is taken away whenever scores are computed, so that every step sees
    prototypes of unit length and the optimiser's moves need no repair. Scores are in float32 or float64.

    Prototypes may rest at first, while the embeddings find their feet: for `frozen_share` of the run their gradient is
    zero, and `progress`, which the method keeps, says how much of it is done.

    Args:
        count: how many.
        width: of the embeddings.
        frozen_share: of the run, in [0, 1).

    Raises:
        UserError: there are fewer than 2, or the share is out of its range.

    Source:
        Caron et al. 2020, https://arxiv.org/abs/2006.09882, section 3.1 and appendix A; as a last layer normalised by
        its weights, Caron et al. 2021, https://arxiv.org/abs/2104.14294, appendix C.

    Example:
        >>> import torch
        >>> from selftaught.parts import Prototypes
        >>> prototypes = Prototypes(2, 2)
        >>> _ = prototypes.weight.data.copy_(torch.tensor([[5.0, 0.0], [3.0, 4.0]]))
        >>> prototypes(torch.tensor([[2.0, 0.0]])).detach()
        tensor([[1.0000, 0.6000]])
    """

    progress: Tensor

    def __init__(self, count: int, width: int, *, frozen_share: int | float = 0.0) -> None:
        super().__init__()
        if count < 2 or not 0 <= frozen_share < 1:
            raise UserError(
                f"expected at least 2 prototypes, frozen for a share of the run in [0, 1), got {count}, {frozen_share}"
            )
        self.weight = nn.Parameter(torch.randn(count, width) / math.sqrt(width))
        self.frozen_share = frozen_share
        self.register_buffer("progress", torch.zeros(()))

    def extra_repr(self) -> str:
        """What `print` shows between the brackets."""
        return f"{len(self.weight)}, frozen_share={self.frozen_share}"

    def forward(self, embeddings: Float[Tensor, "n width"]) -> Float[Tensor, "n count"]:
        """The cosine of every embedding with every prototype."""
        fixed = self.weight.detach()
        moving = (self.progress >= self.frozen_share).to(fixed.dtype)  # no branch: the device need not be waited for
        return _cosines(embeddings, fixed + moving * (self.weight - fixed))

    @torch.no_grad()
    def reach(self, progress: float) -> None:
        """Note how much of the run is done, in [0, 1]."""
        self.progress.fill_(progress)


@full_precision
def _cosines(embeddings: Float[Tensor, "n width"], directions: Float[Tensor, "k width"]) -> Float[Tensor, "n k"]:
    return F.normalize(embeddings, dim=-1) @ F.normalize(directions, dim=-1).T
