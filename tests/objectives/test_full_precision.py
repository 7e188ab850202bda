"""Under autocast and on half-precision inputs, objectives compute in float32; float64 stays float64."""

import pytest
import torch
from embeddings import normal

from selftaught.objectives import cosine_distance, full_precision, info_nce, nt_xent

OBJECTIVES = {
    "nt_xent": lambda a, b: nt_xent(a, b, temperature=0.07),
    "info_nce": lambda a, b: info_nce(a, b, b.flip(0), temperature=0.07),
    "cosine_distance": lambda a, b: cosine_distance(a, b),
}


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_autocast_changes_nothing(name, dtype):
    a, b = (normal(16, 32, seed=seed).detach().to(dtype) for seed in range(2))
    expected = OBJECTIVES[name](a, b)
    with torch.autocast("cpu", torch.bfloat16):
        got = OBJECTIVES[name](a, b)
        assert torch.is_autocast_enabled("cpu")
    assert got.dtype == dtype
    assert torch.equal(got, expected)


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_widened(name, dtype):
    a, b = (normal(16, 32, seed=seed).detach().to(dtype) for seed in range(2))
    assert torch.equal(OBJECTIVES[name](a, b), OBJECTIVES[name](a.float(), b.float()))


def test_a_loss_without_it_is_moved_by_autocast():
    def plain(a, b):
        return (a @ b.T / 0.07).logsumexp(1).mean()

    a, b = (torch.nn.functional.normalize(normal(16, 32, seed=seed).detach().float()) for seed in range(2))
    expected = plain(a, b)
    with torch.autocast("cpu", torch.bfloat16):
        assert abs(plain(a, b) - expected) > 1e-4
        assert torch.equal(full_precision(plain)(a, b), expected)
        assert torch.equal(full_precision(plain)(a, b=b), expected)
