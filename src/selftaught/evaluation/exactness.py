"""Numbers that can be relied on: products in full precision, and no inf or nan."""

from collections.abc import Generator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import UserError

__all__ = ["check_finite", "exact_products"]


@contextmanager
def exact_products() -> Generator[None, None, None]:
    """Lets no float32 product be taken in bfloat16 or TensorFloat-32. Also a decorator.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.exactness import exact_products
        >>> with exact_products():
        ...     torch.get_float32_matmul_precision()
        'highest'
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def check_finite(vectors: Float[Tensor, "n d"], what: str) -> None:
    """Refuses vectors with inf or nan, as an encoder gives that has diverged.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.exactness import check_finite
        >>> check_finite(torch.tensor([[0.0, torch.inf]]), "training vectors")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: expected finite training vectors, got inf or nan in 1 of 1
    """
    broken = sum(int((~rows.isfinite()).any(1).sum()) for rows in vectors.split(8192))
    if broken:
        raise UserError(f"expected finite {what}, got inf or nan in {broken} of {len(vectors)}")
