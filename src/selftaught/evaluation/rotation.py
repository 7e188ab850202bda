"""Vectors standardised and turned to their principal axes, where a linear probe is quick to fit and no different."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["ItemSets", "Rotation", "Standard", "moments"]

_ROWS = 8192  # at a time, so that no second copy of all vectors is held
_LARGEST_DOUBLE = 2**20  # entries of a matrix that is kept in float64


def moments(vectors: Float[Tensor, "n d"]) -> tuple[Float[Tensor, " d"], Float[Tensor, " d"]]:
    """The mean and the standard deviation (root of the mean square) of each feature, in float64.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.rotation import moments
        >>> moments(torch.tensor([[0.0, 5.0], [2.0, 5.0]]))[1].tolist()
        [1.0, 0.0]
    """
    mean, square = (torch.zeros(vectors.shape[1], dtype=torch.float64, device=vectors.device) for _ in range(2))
    for rows in vectors.split(_ROWS):
        mean += rows.double().sum(0) / len(vectors)
    for rows in vectors.split(_ROWS):
        square += (rows.double() - mean).square().sum(0)
    return mean, (square / len(vectors)).sqrt()


@dataclass(frozen=True)
class Standard:
    """The mean and standard deviation of each feature.

    Args:
        mean: of each feature.
        deviation: of each feature, the root of the mean square; 1 where a feature does not vary.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.rotation import Standard
        >>> standard = Standard.of(torch.tensor([[0.0, 5.0], [2.0, 5.0]]))
        >>> standard(torch.tensor([[3.0, 5.0]])).tolist()
        [[2.0, 0.0]]
    """

    mean: Float[Tensor, " d"]
    deviation: Float[Tensor, " d"]

    @classmethod
    def of(cls, vectors: Float[Tensor, "n d"]) -> "Standard":
        """Measured on some vectors, in float64."""
        mean, deviation = moments(vectors)
        constant = deviation <= 10 * torch.finfo(vectors.dtype).eps * mean.abs()
        return cls(mean, deviation.masked_fill(constant, 1.0))

    def __call__(self, vectors: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        """The same vectors in units of the deviation from the mean, in float64."""
        return (vectors.double() - self.mean) / self.deviation


@dataclass(frozen=True)
class Rotation:
    """Standardises vectors and turns them to the principal axes of the training set.

    A penalty on the square of a probe's coefficients does not see a rotation, so that the probe stays the same. Axes
    beyond the span of the training set are dropped: there the coefficients are zero.

    Args:
        standard: of the training set.
        axes: orthonormal columns, or zero ones beyond the rank.
        dtype: of the rotated vectors.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.rotation import Rotation
        >>> rotation = Rotation.of(torch.randn(50, 8))
        >>> rotated = rotation(torch.randn(20, 8))
        >>> rotated.shape, rotated.dtype
        (torch.Size([20, 8]), torch.float64)
    """

    standard: Standard
    axes: Float[Tensor, "d r"]
    dtype: torch.dtype

    @classmethod
    def of(cls, vectors: Float[Tensor, "n d"]) -> "Rotation":
        """The axes of some vectors."""
        n, d = vectors.shape
        standard = Standard.of(vectors)
        dtype = torch.float64 if n * min(n, d) <= _LARGEST_DOUBLE else torch.float32
        if n < d:
            return cls(standard, _span(standard(vectors)[None])[1][0], dtype)
        gram = torch.zeros(d, d, dtype=torch.float64, device=vectors.device)
        for rows in vectors.split(_ROWS):
            standardised = standard(rows).to(dtype)
            gram += standardised.mT @ standardised
        return cls(standard, torch.linalg.eigh(gram).eigenvectors, dtype)

    def __call__(self, vectors: Float[Tensor, "n d"]) -> Float[Tensor, "n r"]:
        """The vectors on these axes."""
        axes = self.axes.to(self.dtype)
        rotated = torch.empty(len(vectors), axes.shape[1], dtype=self.dtype, device=vectors.device)
        for rows, into in zip(vectors.split(_ROWS), rotated.split(_ROWS), strict=True):
            into.copy_(self.standard(rows).to(self.dtype) @ axes)
        return rotated


@dataclass(frozen=True)
class ItemSets:
    """Equally large sets of labelled items that probes are fitted to, each centred and on few axes.

    Args:
        items: `p` sets of `n` items; the last column is one throughout, for the intercept.
        curvature: the mean square of every column.
        centre: what was taken off the items of each set.
        axes: where the items of a set span fewer axes than they came on, those of the set.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.rotation import ItemSets
        >>> sets = ItemSets.of(torch.randn(50, 8), torch.tensor([[0, 1, 2], [3, 4, 5]]))
        >>> sets.items.shape  # 3 items span 3 axes at most
        torch.Size([2, 3, 4])
    """

    items: Float[Tensor, "p n r"]
    curvature: Float[Tensor, "p r"]
    centre: Float[Tensor, "p 1 d"]
    axes: Float[Tensor, "p d s"] | None

    @classmethod
    def of(cls, rotated: Float[Tensor, "all d"], rows: Int[Tensor, "p n"]) -> "ItemSets":
        """The sets that some rows of rotated vectors make up."""
        centre = torch.stack([rotated[chosen].double().mean(0, keepdim=True) for chosen in rows]).to(rotated.dtype)
        items = torch.empty(*rows.shape, min(rotated.shape[1], rows.shape[1]) + 1, dtype=rotated.dtype)
        items = items.to(rotated.device)
        axes = None
        if rows.shape[1] < rotated.shape[1]:
            items[..., :-1], axes = _span(rotated[rows].double() - centre)
            axes = axes.to(rotated.dtype)
        else:
            for into, chosen, middle in zip(items, rows, centre, strict=True):
                torch.sub(rotated[chosen], middle, out=into[:, :-1])
        items[..., -1] = 1
        curvature = torch.stack([(chosen.mT @ chosen).diagonal() / len(chosen) for chosen in items])
        return cls(items, curvature, centre, axes)

    def scores(self, rotated: Float[Tensor, "o d"], coefficients: Float[Tensor, "p k r"]) -> Float[Tensor, "p k o"]:
        """The logits that coefficients of these sets give other vectors."""
        slopes, intercept = self.slopes(coefficients)
        return slopes @ rotated.T + intercept[..., None]

    def slopes(self, coefficients: Float[Tensor, "p k r"]) -> tuple[Float[Tensor, "p k d"], Float[Tensor, "p k"]]:
        """Coefficients of these sets on the axes that the items came on, and the intercepts there."""
        slopes = coefficients[..., :-1] if self.axes is None else coefficients[..., :-1] @ self.axes.mT
        return slopes, coefficients[..., -1] - (slopes * self.centre).sum(2)


def _span(items: Float[Tensor, "p n d"]) -> tuple[Float[Tensor, "p n n"], Float[Tensor, "p d n"]]:
    """Fewer items than axes: the same items on `n` axes, and those axes."""
    values, vectors = torch.linalg.eigh(items @ items.mT)
    within = values > values[:, -1:] * 1e-12
    root = torch.where(within, values.clamp_min(0).sqrt(), 0)[:, None]
    inverse = torch.where(within, 1 / values.clamp_min(1e-300).sqrt(), 0)[:, None]
    return vectors * root, items.mT @ (vectors * inverse)
