"""Two figures of vectors on the unit sphere: how near views of one item are, and how evenly items are spread."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from selftaught.core import UserError

__all__ = ["alignment", "uniformity"]

_MOST_ITEMS = 4096  # 8 million pairs; more change the figure little
_ROWS = 512


def alignment(a: Float[Tensor, "n d"], b: Float[Tensor, "n d"]) -> float:
    """How far apart two views of an item are: the mean squared distance of their directions.

        mean_i |a_i / |a_i| - b_i / |b_i||²

    Healthy: well below 2 (what vectors at right angles have), together with a low `uniformity`. 0 alone says nothing:
    a collapsed encoder has it too.

    Args:
        a: vectors of one view.
        b: of another; row i of both comes from one item.

    Returns:
        0 if views agree, 2 if they are unrelated, at most 4.

    Raises:
        UserError: there are no vectors.

    Source:
        Wang and Isola 2020, https://arxiv.org/abs/2005.10242, section 4.1, with exponent 2.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import alignment
        >>> alignment(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 5.0]]))
        2.0
    """
    if len(a) == 0:
        raise UserError("expected at least one vector, got none")
    return float((F.normalize(a.double(), dim=1) - F.normalize(b.double(), dim=1)).square().sum(1).mean())


def uniformity(vectors: Float[Tensor, "n d"], *, seed: int = 0) -> float:
    """How evenly directions are spread: the logarithm of the mean Gaussian potential of all pairs.

        log mean_{i < j} exp(-2 |x_i / |x_i| - x_j / |x_j||²)

    Healthy: lower than at the encoder's start. Features that end in a ReLU have no negative values and lie in a narrow
    cone, so that values above -1 are usual for them.

    Args:
        vectors: one a row, at least 2; of more than 4,096 a sample.
        seed: of the sample.

    Returns:
        0 if all directions are one; about -4 if they are spread evenly over many dimensions.

    Raises:
        UserError: there are fewer than 2 vectors.

    Source:
        Wang and Isola 2020, https://arxiv.org/abs/2005.10242, section 4.1, with t = 2.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import uniformity
        >>> uniformity(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))  # one pair, at squared distance 2
        -4.0
    """
    n = min(len(vectors), _MOST_ITEMS)
    if n < 2:
        raise UserError(f"expected at least 2 vectors, got {n}")
    if len(vectors) > n:
        generator = torch.Generator().manual_seed(seed)
        vectors = vectors[torch.randperm(len(vectors), generator=generator)[:n].to(vectors.device)]
    points = F.normalize(vectors.double(), dim=1)
    lengths = points.square().sum(1)  # 1, or 0 of a zero vector
    total = 0.0
    for start in range(0, n, _ROWS):
        rows = slice(start, start + _ROWS)
        squares = (lengths[rows, None] + lengths - 2 * points[rows] @ points.T).clamp_min(0)
        later = torch.arange(n, device=points.device) > torch.arange(n, device=points.device)[rows, None]
        total += float((torch.exp(-2 * squares) * later).sum())
    return float(torch.tensor(total / (n * (n - 1) / 2), dtype=torch.float64).log())
