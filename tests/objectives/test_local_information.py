"""Bounds of local information against loops written from the papers, and wrong versions that the same checks reject."""

import math

import pytest
import torch
from embeddings import normal
from oracles import local_information as oracle
from torch.nn import functional as F

from selftaught.core import UserError
from selftaught.objectives import discriminator_loss, donsker_varadhan, info_nce_over_parts, part_scores, whole_accuracy
from selftaught.testing import in_processes


def jensen_shannon(own, others):
    return discriminator_loss(real=own.flatten(), fake=others.flatten())


BOUNDS = {
    jensen_shannon: oracle.jensen_shannon,
    donsker_varadhan: oracle.donsker_varadhan,
    info_nce_over_parts: oracle.info_nce,
}


def accepts(bound, truth, score=part_scores):
    """Whether a bound of the scores has the oracle's value, for wholes and parts, and the gradient of that value."""
    for seed, (n, parts, width) in enumerate([(2, 1, 3), (3, 4, 2), (5, 3, 4)]):
        wholes, pieces = 2 * normal(n, width, seed=seed), normal(n, parts, width, seed=seed + 9)
        expected = truth(oracle.scores(wholes.tolist(), pieces.tolist()))
        if abs(bound(*score(wholes, pieces)).item() - expected) > 1e-10 * max(1, abs(expected)):
            return False
    return torch.autograd.gradcheck(
        lambda wholes, pieces: bound(*score(wholes, pieces)),
        (normal(3, 2), normal(3, 2, 2, seed=1)),
        raise_exception=False,
    )


@pytest.mark.parametrize(("bound", "truth"), BOUNDS.items(), ids=lambda each: each.__name__)
def test_each_bound_is_accepted_and_none_of_the_others(bound, truth):
    assert accepts(bound, truth)
    assert not any(accepts(other, truth) for other in BOUNDS if other is not bound)


def own_parts_among_the_others(wholes, parts):
    own, _ = part_scores(wholes, parts)
    return own, torch.einsum("nd,mpd->nmp", wholes, parts)


def parts_of_the_next_item_as_own(wholes, parts):
    return part_scores(wholes, parts.roll(-1, 0))


def parts_averaged_before_they_are_scored(wholes, parts):
    return part_scores(wholes, parts.mean(1, keepdim=True))


def scaled_to_unit_length(wholes, parts):
    return part_scores(F.normalize(wholes, dim=-1), F.normalize(parts, dim=-1))


def one_other_item_only(wholes, parts):
    own, others = part_scores(wholes, parts)
    return own, others[:, :1]


@pytest.mark.parametrize(
    "wrong",
    [
        own_parts_among_the_others,
        parts_of_the_next_item_as_own,
        parts_averaged_before_they_are_scored,
        scaled_to_unit_length,
        one_other_item_only,
    ],
    ids=lambda wrong: wrong.__name__,
)
@pytest.mark.parametrize(("bound", "truth"), BOUNDS.items(), ids=lambda each: each.__name__)
def test_wrong_scores_are_rejected(wrong, bound, truth):
    assert not accepts(bound, truth, wrong)


def each_part_against_one_position(own, others):
    return info_nce_over_parts(own.flatten()[:, None], others.transpose(1, 2).flatten(0, 1)[..., None])


def other_parts_of_the_same_item_as_candidates(own, others):
    wrong = torch.cat([own[:, None], others], 1).flatten(1)
    return (wrong.logsumexp(1)[:, None] - own).mean()


def positive_left_out_of_the_denominator(own, others):
    return (others.flatten(1).logsumexp(1)[:, None] - own).mean()


def parts_summed(own, others):
    return info_nce_over_parts(own.sum(1, keepdim=True), others.sum(2, keepdim=True))


@pytest.mark.parametrize(
    "wrong",
    [
        each_part_against_one_position,
        other_parts_of_the_same_item_as_candidates,
        positive_left_out_of_the_denominator,
        parts_summed,
    ],
    ids=lambda wrong: wrong.__name__,
)
def test_a_wrong_info_nce_is_rejected(wrong):
    assert not accepts(wrong, oracle.info_nce)


def mean_of_logarithms(own, others):
    return (others.flatten(1).logsumexp(1) - math.log(others[0].numel())).mean() - own.mean()


def sum_instead_of_mean(own, others):
    return others.flatten().logsumexp(0) - own.mean()


@pytest.mark.parametrize("wrong", [mean_of_logarithms, sum_instead_of_mean], ids=lambda wrong: wrong.__name__)
def test_a_wrong_donsker_varadhan_is_rejected(wrong):
    assert not accepts(wrong, oracle.donsker_varadhan)


def test_accuracy_counts_as_the_oracle_does():
    for seed in range(6):
        wholes, parts = normal(5, 3, seed=seed), normal(5, 4, 3, seed=seed + 20)
        found = whole_accuracy(*part_scores(wholes, parts)).item()
        assert found == pytest.approx(oracle.accuracy(oracle.scores(wholes.tolist(), parts.tolist())))


def test_collapse_has_the_values_of_guessing():
    own, others = part_scores(torch.ones(4, 3).double(), torch.ones(4, 5, 3).double())
    assert info_nce_over_parts(own, others).item() == pytest.approx(math.log(1 + 3 * 5))
    assert donsker_varadhan(own, others).item() == pytest.approx(0.0, abs=1e-12)
    assert whole_accuracy(own, others).item() == pytest.approx(1 / 4)


def test_large_scores_do_not_overflow():
    own, others = torch.tensor([[900.0]]), torch.tensor([[[-900.0]]])
    assert info_nce_over_parts(own, others).item() == 0
    assert donsker_varadhan(others[0], own[None]).item() == pytest.approx(1800.0)
    assert part_scores(torch.ones(2, 2).bfloat16(), torch.ones(2, 1, 2).bfloat16())[0].dtype == torch.float32


def test_one_item_cannot_be_told_from_others():
    with pytest.raises(UserError, match="at least 2 items in a batch, to be told apart, got 1"):
        part_scores(torch.ones(1, 2), torch.ones(1, 3, 2))


def _share(wholes, parts, rank_of):
    rows = rank_of(len(wholes))
    own, others = part_scores(wholes[rows], parts[rows])
    return torch.stack([bound(own, others) for bound in BOUNDS])


def _half(count):
    from selftaught.core import process_count, process_rank

    share = count // process_count()
    return slice(process_rank() * share, (process_rank() + 1) * share)


def test_two_processes_give_the_loss_of_one():
    wholes, parts = normal(6, 3).detach(), normal(6, 4, 3, seed=1).detach()
    whole = _share(wholes, parts, _half)
    halves = torch.stack(in_processes(_share, wholes, parts, _half))
    torch.testing.assert_close(halves.mean(0), whole, rtol=0, atol=1e-12)
