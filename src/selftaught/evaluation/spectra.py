"""How many directions a set of vectors uses: three figures from eigenvalues and singular values."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import UserError

__all__ = ["alpha_req", "lidar", "rankme", "variances"]

_EPSILON = 1e-7
_ROWS = 8192  # at a time, so that no second copy of all vectors is held
_FIRST, _LAST = 4, 100  # ranks that the slope is fitted to
_VANISHED = 1e-12  # of the largest variance: rounding, and no direction


def rankme(vectors: Float[Tensor, "n d"]) -> float:
    """The smooth rank of a matrix of vectors: the exponential of the entropy of its singular values.

        RankMe(Z) = exp(-sum_k p_k log p_k),   p_k = sigma_k(Z) / |sigma(Z)|_1 + 1e-7

    Healthy: above that of the encoder's start, and growing while training goes on. Falling towards 1 is a collapse of
    dimensions. It compares encoders of one width on the same items and says nothing in absolute terms.

    Args:
        vectors: one a row, in any units; not centred, as in the paper.

    Returns:
        1 if all vectors lie on one line, `d` if all directions are used alike; 0 if all are zero.

    Source:
        Garrido et al. 2023, https://arxiv.org/abs/2210.02885, eq. 1. The paper takes it of the embeddings that the loss
        compares; here it is taken of the features that are kept.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import rankme
        >>> round(rankme(torch.eye(5)), 3)
        5.0
    """
    return _smooth_rank(torch.linalg.svdvals(torch.linalg.qr(vectors.double(), mode="r").R))


def variances(vectors: Float[Tensor, "n d"]) -> Float[Tensor, " r"]:
    """The variance of vectors along each of their principal directions, the largest first.

    Args:
        vectors: one a row.

    Returns:
        Eigenvalues of the covariance (mean over the vectors) in float64, none below zero; as many as the smaller of
        `n` and `d`.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.spectra import variances
        >>> variances(torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])).tolist()
        [4.5, 0.5]
    """
    n, d = vectors.shape
    mean = sum(rows.double().sum(0) for rows in vectors.split(_ROWS)) / n
    if n <= d:
        centred = vectors.double() - mean
        products = centred @ centred.mT
    else:
        products = torch.zeros(d, d, dtype=torch.float64, device=vectors.device)
        for rows in vectors.split(_ROWS):
            centred = rows.double() - mean
            products += centred.mT @ centred
    return torch.linalg.eigvalsh(products / n).flip(0).clamp_min(0)


def alpha_req(vectors: Float[Tensor, "n d"]) -> float | None:
    """How fast the variance falls from one principal direction to the next: the exponent of a power law.

        variance_j ~ j^-alpha,   fitted to log variance_j over log j for j = 4..100, with weights 1 / j

    Healthy: near 1, as in the paper's large networks. Well above it (2 and more) few directions carry everything; well
    below it (0.5 and less) noise is spread over all of them.

    Args:
        vectors: one a row, in any units; centred here.

    Returns:
        alpha; None where fewer than 6 directions vary.

    Source:
        Agrawal et al. 2022, "alpha-ReQ: Assessing Representation Quality in Self-Supervised Learning by measuring
        eigenspectrum decay", NeurIPS 35; ranks and weights as in the authors' program, which has the weights from
        Stringer et al. 2019, https://doi.org/10.1038/s41586-019-1346-5.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import alpha_req
        >>> spread = torch.arange(1, 33).double() ** -0.5  # variances fall as 1 / j
        >>> vectors = torch.cat([torch.diag(spread), -torch.diag(spread)])
        >>> round(alpha_req(vectors), 3)
        1.0
    """
    values = variances(vectors)
    values = values[values > _VANISHED * values[:1]][:_LAST]
    if len(values) < _FIRST + 2:
        return None
    rank = torch.arange(_FIRST, len(values) + 1, dtype=torch.float64, device=values.device)
    x, y, weight = rank.log(), values[_FIRST - 1 :].log(), 1 / rank
    weight = weight / weight.sum()
    off = x - (weight * x).sum()
    return -float((weight * off * y).sum() / (weight * off.square()).sum())


def lidar(views: Float[Tensor, "n q d"], *, ridge: float = 1e-4) -> float:
    """The smooth rank of what tells items apart, where views of one item make the noise.

        LiDAR = exp(-sum_k p_k log p_k),   p_k = lambda_k / |lambda|_1 + 1e-7,
        lambda = eigenvalues of  W^(-1/2) B W^(-1/2)

    with B the covariance of the items' means and W that of the views about their item's mean, plus `ridge` on its
    diagonal. Unlike RankMe it does not count directions in which views of one item differ as much as items do.

    Healthy: above that of the encoder's start. It is below the number of items, and below the width.

    Args:
        views: `q` vectors, at least 2, of each of `n` items.
        ridge: > 0, in squared units of the vectors.

    Returns:
        From 1 to the smaller of `n - 1` and `d`; 0 if all items have one mean.

    Raises:
        UserError: fewer than 2 items or views.

    Source:
        Thilak et al. 2023, https://arxiv.org/abs/2312.04000, section 4; there of 1,000 items in 50 views each.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import lidar
        >>> items = torch.eye(4)[:, None] + 0.001 * torch.tensor([[-1.0], [1.0]])  # 4 items of 2 views
        >>> round(lidar(items), 2)
        3.0
    """
    n, q, d = views.shape
    if n < 2 or q < 2:
        raise UserError(f"expected at least 2 items in at least 2 views each, got {n} items in {q}")
    own = views.double()
    means = own.mean(1)  # (n, d)
    between = means - means.mean(0)
    within = (own - means[:, None]).flatten(0, 1)  # (n q, d)
    noise = within.mT @ within / (n * q)
    noise.diagonal().add_(ridge)
    root = torch.linalg.cholesky(noise)
    whitened = torch.linalg.solve_triangular(root, between.mT / math.sqrt(n), upper=False)  # (d, n)
    products = whitened @ whitened.mT if d <= n else whitened.mT @ whitened
    return _smooth_rank(torch.linalg.eigvalsh(products).clamp_min(0))


def _smooth_rank(values: Float[Tensor, " r"]) -> float:
    total = float(values.sum())
    if total == 0:
        return 0.0
    return math.exp(-sum(p * math.log(p) for p in (values / total + _EPSILON).tolist()))
