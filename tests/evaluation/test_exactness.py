import pytest
import torch

from selftaught.core import UserError
from selftaught.evaluation.exactness import check_finite, exact_products


def test_precision_is_restored_after_an_error():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        with exact_products():
            assert torch.get_float32_matmul_precision() == "highest"
        with pytest.raises(KeyError), exact_products():
            raise KeyError
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision(before)


def test_vectors_that_are_not_finite():
    vectors = torch.zeros(10_000, 2)
    check_finite(vectors, "vectors")
    vectors[9000, 1], vectors[3, 0], vectors[3, 1] = torch.nan, torch.inf, torch.nan
    with pytest.raises(UserError, match=r"expected finite vectors, got inf or nan in 2 of 10000"):
        check_finite(vectors, "vectors")
