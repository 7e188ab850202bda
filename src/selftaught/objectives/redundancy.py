"""Embeddings whose features all vary and all say something else: statistics of the batch of all processes."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import UserError, all_sum, process_count
from selftaught.objectives.precision import full_precision

__all__ = [
    "barlow_twins",
    "covariance_penalty",
    "cross_correlation",
    "mean_deviation",
    "mean_squared_distance",
    "variance_hinge",
]

_BATCH_NORM_EPSILON = 1e-5
_VARIANCE_EPSILON = 1e-4


@full_precision
def cross_correlation(a: Float[Tensor, "n d"], b: Float[Tensor, "n d"]) -> Float[Tensor, "d d"]:
    """How every feature of one view goes with every feature of the other, over the batch of all processes.

        C_ij = 1/n sum_n â_ni b̂_nj,   â_ni = (a_ni - mean_i a) / sqrt(var_i a + 1e-5)

    Args:
        a: first views, any scale.
        b: second views; row i of `a` and row i of `b` come from one item.

    Returns:
        Numbers from -1 to 1; 0 for a feature that does not vary. The same in every process.

    Source:
        Zbontar et al. 2021, https://arxiv.org/abs/2103.03230, equation 2; 1e-5 is that of the batch norm with which
        its authors standardise.

    Example:
        >>> import torch
        >>> from selftaught.objectives import cross_correlation
        >>> a = torch.tensor([[5.0, 0.0], [15.0, 0.0], [5.0, 4.0], [15.0, 4.0]])
        >>> cross_correlation(a, -a).diagonal().round(decimals=3)
        tensor([-1., -1.])
    """
    count = len(a) * process_count()
    return all_sum(_standardised(a).mT @ _standardised(b)) / count


@full_precision
def barlow_twins(
    a: Float[Tensor, "n d"], b: Float[Tensor, "n d"], *, redundancy_weight: float = 5e-3
) -> Float[Tensor, ""]:
    """How far the cross-correlation of two views is from the identity.

        loss = sum_i (1 - C_ii)^2  +  lambda sum_{i != j} C_ij^2

    Args:
        a: first views, any scale.
        b: second views; row i of `a` and row i of `b` come from one item.
        redundancy_weight: lambda, at least 0.

    Returns:
        At least 0; d when all rows are equal (collapse), since no feature varies. The same in every process.

    Source:
        Zbontar et al. 2021, https://arxiv.org/abs/2103.03230, equation 1.

    Example:
        >>> import torch
        >>> from selftaught.objectives import barlow_twins
        >>> apart = torch.tensor([[9.0, 9.0], [9.0, -9.0], [-9.0, 9.0], [-9.0, -9.0]])
        >>> barlow_twins(apart, apart).round(decimals=6), barlow_twins(torch.ones(4, 2), torch.ones(4, 2))
        (tensor(0.), tensor(2.))
    """
    correlation = cross_correlation(a, b)
    own = correlation.diagonal()
    return (1 - own).square().sum() + redundancy_weight * (correlation.square().sum() - own.square().sum())


@full_precision
def mean_squared_distance(a: Float[Tensor, "n d"], b: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
    """The squared difference of two rows, as the mean over the features: |a_i - b_i|^2 / d.

    Args:
        a: any scale; the distance is in its units squared.
        b: row i belongs to row i of `a`.

    Returns:
        One number a row, at least 0. 0 when all rows are equal (collapse): nothing in it keeps an encoder from that.

    Source:
        Bardes et al. 2021, https://arxiv.org/abs/2105.04906: its algorithm 1, where equation 5 has the sum over the
        features.

    Example:
        >>> import torch
        >>> from selftaught.objectives import mean_squared_distance
        >>> mean_squared_distance(torch.zeros(2, 4), torch.tensor([[0.0, 0, 0, 0], [2, 2, 2, 2]]))
        tensor([0., 4.])
    """
    return (a - b).square().mean(-1)


@full_precision
def variance_hinge(z: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """How far the standard deviations of features fall short of 1, over the batch of all processes.

        v(Z) = 1/d sum_j max(0, 1 - sqrt(Var(z_j) + 1e-4)),   Var over n - 1

    Args:
        z: one view, in the units in which 1 is wanted.

    Returns:
        From 0 to 0.99; 0.99 when all rows are equal (collapse). The same in every process.

    Raises:
        UserError: fewer than 2 rows.

    Source:
        Bardes et al. 2021, https://arxiv.org/abs/2105.04906, equations 1 and 2, with gamma 1 and epsilon 1e-4.

    Example:
        >>> import torch
        >>> from selftaught.objectives import variance_hinge
        >>> variance_hinge(torch.tensor([[-1.0, 3.0], [1.0, 3.0]]))  # one feature varies enough, one not at all
        tensor(0.4950)
    """
    centred, degrees = _centred(z)
    variance = all_sum(centred.square().sum(0)) / degrees
    return F.relu(1 - (variance + _VARIANCE_EPSILON).sqrt()).mean()


@full_precision
def mean_deviation(z: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """The mean standard deviation of features over the batch of all processes: no loss, but what one should keep up.

    Args:
        z: one view, any scale. Gets no gradient.

    Returns:
        At least 0, in the units of the features; 0 when all rows are equal. The same in every process.

    Source:
        Bardes et al. 2021, https://arxiv.org/abs/2105.04906, equation 1 without epsilon; of n, not n - 1.

    Example:
        >>> import torch
        >>> from selftaught.objectives import mean_deviation
        >>> mean_deviation(torch.tensor([[-1.0, 3.0], [1.0, 3.0]]))
        tensor(0.5000)
    """
    rows, count = z.detach(), len(z) * process_count()
    return (all_sum((rows - all_sum(rows.sum(0)) / count).square().sum(0)) / count).sqrt().mean()


@full_precision
def covariance_penalty(z: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """How much the features of one view say of each other, over the batch of all processes.

        c(Z) = 1/d sum_{i != j} C(Z)_ij^2,   C(Z) = 1/(n - 1) sum_n (z_n - mean z)(z_n - mean z)^T

    Args:
        z: one view, any scale; the penalty is in its units to the fourth.

    Returns:
        At least 0; 0 when all rows are equal (collapse). The same in every process.

    Raises:
        UserError: fewer than 2 rows.

    Source:
        Bardes et al. 2021, https://arxiv.org/abs/2105.04906, equations 3 and 4.

    Example:
        >>> import torch
        >>> from selftaught.objectives import covariance_penalty
        >>> covariance_penalty(torch.tensor([[-1.0, -1.0], [0.0, 0.0], [1.0, 1.0]]))
        tensor(1.)
    """
    centred, degrees = _centred(z)
    covariance = all_sum(centred.mT @ centred) / degrees
    return (covariance.square().sum() - covariance.diagonal().square().sum()) / z.shape[1]


def _centred(z: Float[Tensor, "n d"]) -> tuple[Float[Tensor, "n d"], int]:
    """Rows without the mean of all processes, and the degrees of freedom that are left."""
    count = len(z) * process_count()
    if count < 2:
        raise UserError(f"expected a batch of at least 2 items, got {count}: their variance is asked for")
    return z - all_sum(z.sum(0)) / count, count - 1


def _standardised(z: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    count = len(z) * process_count()
    centred = z - all_sum(z.sum(0)) / count
    return centred * torch.rsqrt(all_sum(centred.square().sum(0)) / count + _BATCH_NORM_EPSILON)
