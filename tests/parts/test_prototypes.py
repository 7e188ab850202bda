"""Prototypes of unit length, which rest at first."""

import pytest
import torch
from oracles import prototypes as oracle
from torch.nn import functional as F

from selftaught.core import UserError
from selftaught.parts import Prototypes


def built(**options):
    torch.manual_seed(0)
    return Prototypes(5, 3, **options).double()


def embeddings(n=4):
    return torch.randn(n, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_scores_are_cosines():
    prototypes, vectors = built(), embeddings()
    expected = oracle.cosines(vectors.tolist(), prototypes.weight.tolist())
    torch.testing.assert_close(prototypes(vectors), torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12)
    without = F.normalize(vectors, dim=1) @ prototypes.weight.T  # the toy trap: prototypes not normalised
    assert (prototypes(vectors) - without).abs().max() > 0.1


def test_the_length_of_a_stored_row_means_nothing():
    prototypes, vectors = built(), embeddings()
    before = prototypes(vectors)
    with torch.no_grad():
        prototypes.weight.mul_(torch.tensor([[0.1], [2.0], [30.0], [1.0], [5.0]]))
    torch.testing.assert_close(prototypes(vectors), before, rtol=1e-12, atol=1e-14)
    prototypes(vectors).square().sum().backward()
    assert (prototypes.weight * prototypes.weight.grad).sum(1).abs().max() < 1e-12  # no move along itself


def test_they_rest_for_their_share_of_the_run():
    prototypes, moving, vectors = built(frozen_share=0.25), built(), embeddings()
    for progress, rests in ((0.0, True), (0.2, True), (0.25, False), (1.0, False)):
        prototypes.reach(progress)
        prototypes.weight.grad = moving.weight.grad = None
        inputs = [vectors.clone().requires_grad_(True) for _ in range(2)]
        for each, given in zip((prototypes, moving), inputs, strict=True):
            each(given).pow(3).sum().backward()
        assert torch.equal(inputs[0].grad, inputs[1].grad)  # embeddings learn all the time
        expected = torch.zeros_like(moving.weight) if rests else moving.weight.grad
        assert torch.equal(prototypes.weight.grad, expected)


def test_a_checkpoint_knows_how_far_the_run_is():
    prototypes, fresh = built(frozen_share=0.5), built(frozen_share=0.5)
    prototypes.reach(0.75)
    fresh.load_state_dict(prototypes.state_dict())
    assert fresh.progress.item() == 0.75


def test_scores_stay_in_full_precision():
    prototypes = built().float()
    with torch.autocast("cpu", torch.bfloat16):
        scores = prototypes(embeddings().bfloat16())
    assert scores.dtype == torch.float32
    torch.testing.assert_close(scores, prototypes(embeddings().bfloat16().float()), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("count", "share"), [(1, 0.0), (5, 1.0), (5, -0.1)])
def test_settings_out_of_range_are_refused(count, share):
    with pytest.raises(UserError, match="expected at least 2 prototypes, frozen for a share of the run"):
        Prototypes(count, 3, frozen_share=share)
