"""Sinkhorn's codes against plain loops and closed forms, in one process and in several; wrong versions are rejected."""

import math

import pytest
import torch
from embeddings import normal
from oracles import prototypes as oracle

from selftaught.core import UserError
from selftaught.objectives import sinkhorn
from selftaught.testing import in_processes

CASES = [(2, 2), (6, 3), (3, 7), (16, 5)]


def scores_of(n, k, seed=0):
    return torch.nn.functional.normalize(normal(n, k, seed=seed).detach(), dim=1)


def accepts(codes_of):
    """Whether the codes are those of the paper's algorithm, for several shapes and settings."""
    for n, k in CASES:
        for epsilon, iterations in ((0.05, 3), (0.5, 1), (0.2, 5)):
            scores = scores_of(n, k)
            expected = torch.tensor(oracle.sinkhorn(scores.tolist(), epsilon, iterations), dtype=torch.float64)
            if not torch.allclose(codes_of(scores, epsilon, iterations), expected, rtol=1e-9, atol=1e-12):
                return False
    return True


def softmax_targets(scores, epsilon, iterations):
    return (scores / epsilon).softmax(1)


def items_first(scores, epsilon, iterations):
    codes = (scores / epsilon).exp()
    for _ in range(iterations):
        codes = codes / codes.sum(1, keepdim=True)
        codes = codes / codes.sum(0)
    return codes


def one_iteration_less(scores, epsilon, iterations):
    return sinkhorn(scores, epsilon=epsilon, iterations=max(iterations - 1, 1))


def epsilon_as_a_factor(scores, epsilon, iterations):
    return sinkhorn(scores * epsilon, epsilon=1.0, iterations=iterations)


def prototypes_get_one_in_all(scores, epsilon, iterations):
    codes = sinkhorn(scores, epsilon=epsilon, iterations=iterations)
    return codes / codes.sum()


def largest_only(scores, epsilon, iterations):
    codes = sinkhorn(scores, epsilon=epsilon, iterations=iterations)
    return torch.nn.functional.one_hot(codes.argmax(1), codes.shape[1]).double()


def test_it_is_accepted():
    assert accepts(lambda scores, epsilon, iterations: sinkhorn(scores, epsilon=epsilon, iterations=iterations))


@pytest.mark.parametrize(
    "wrong",
    [softmax_targets, items_first, one_iteration_less, epsilon_as_a_factor, prototypes_get_one_in_all, largest_only],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


@pytest.mark.parametrize(("n", "k"), CASES)
def test_many_iterations_meet_both_sums(n, k):
    codes = sinkhorn(scores_of(n, k), epsilon=0.5, iterations=500)
    torch.testing.assert_close(codes.sum(1), torch.ones(n, dtype=torch.float64), rtol=0, atol=1e-12)
    torch.testing.assert_close(codes.sum(0), torch.full((k,), n / k, dtype=torch.float64), rtol=0, atol=1e-9)


def test_two_items_and_two_prototypes_in_closed_form():
    """Scaling rows and columns keeps ad/bc; with both sums 1 that is p^2 / (1 - p)^2."""
    scores = torch.tensor([[0.9, 0.1], [0.8, 0.3]], dtype=torch.float64)
    odds = math.exp((0.9 + 0.3 - 0.1 - 0.8) / 2 / 0.2)
    expected = odds / (1 + odds)
    codes = sinkhorn(scores, epsilon=0.2, iterations=200)
    assert codes.diagonal().tolist() == pytest.approx([expected] * 2, abs=1e-12)


def test_collapse_gives_every_prototype_the_same():
    same = scores_of(1, 6).expand(8, 6)  # a collapsed encoder: the prototypes differ, the items do not
    torch.testing.assert_close(sinkhorn(same), torch.full((8, 6), 1 / 6, dtype=torch.float64), rtol=0, atol=1e-12)


def test_a_prototype_that_all_items_like_gets_no_more_for_it():
    scores = scores_of(8, 5)
    liked = scores + torch.tensor([0.7, 0.0, 0.0, -0.2, 0.0], dtype=torch.float64)
    torch.testing.assert_close(sinkhorn(liked), sinkhorn(scores), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(sinkhorn(scores + 100), sinkhorn(scores), rtol=1e-9, atol=1e-12)


def test_the_order_of_items_and_prototypes_does_not_matter():
    scores = scores_of(8, 5)
    rows, columns = torch.randperm(8), torch.randperm(5)
    torch.testing.assert_close(sinkhorn(scores[rows][:, columns]), sinkhorn(scores)[rows][:, columns])


def test_no_score_is_too_large():
    wide = torch.tensor([[1e4, -1e4, 0.0], [0.0, 1e4, -1e4], [-1e4, 0.0, 1e4]])
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        codes = sinkhorn(wide.to(dtype))
        assert codes.dtype == torch.float32
        torch.testing.assert_close(codes, torch.eye(3), rtol=0, atol=1e-6)
    assert not (wide / 0.05).exp().isfinite().all()  # as the paper's pseudo-code has it


def test_half_precision_is_widened_under_autocast():
    scores = scores_of(16, 5).float()
    with torch.autocast("cpu", torch.bfloat16):
        inside = sinkhorn(scores)
    assert torch.equal(inside, sinkhorn(scores))
    assert not sinkhorn(scores.clone().requires_grad_(True)).requires_grad


def codes_of_part(scores):
    rank, count = torch.distributed.get_rank(), torch.distributed.get_world_size()
    return sinkhorn(scores.chunk(count)[rank])


@pytest.mark.parametrize("count", [2, 3])
def test_several_processes_are_one(count):
    scores = scores_of(12, 5)
    parts = torch.cat(in_processes(codes_of_part, scores, count=count))
    torch.testing.assert_close(parts, sinkhorn(scores), rtol=0, atol=1e-12)


def test_codes_of_each_process_alone_are_other_codes():
    """The wrong variant that peers ship as their default."""
    scores = scores_of(12, 5)
    parts = torch.cat([sinkhorn(part) for part in scores.chunk(2)])
    assert (parts - sinkhorn(scores)).abs().max() > 0.01


@pytest.mark.parametrize("wrong", [{"epsilon": 0.0}, {"epsilon": -0.1}, {"iterations": 0}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(UserError, match="expected an epsilon above 0 and at least 1 iteration"):
        sinkhorn(scores_of(4, 3), **wrong)
