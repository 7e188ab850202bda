"""InfoNCE over frames against loops written from the paper, and wrong versions that the same check rejects."""

import math

import pytest
import torch
from oracles import predictive_coding as oracle
from torch.nn import functional as F

from selftaught.objectives import frame_energy, info_nce_over_frames, predictive_coding
from selftaught.testing import in_processes

CASES = [(3, 6, 4, 3, (6, 4, 5)), (2, 5, 3, 2, (5, 1)), (1, 4, 2, 5, (4,)), (4, 7, 3, 4, (2, 7, 3, 1))]


def normal(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def question(case, seed=0):
    """Matrices, context, frames and lengths; what stands behind the lengths is large, so that it is noticed."""
    n, t, width, offsets, lengths = case
    lengths = torch.tensor(lengths)
    padding = torch.arange(t) >= lengths[:, None]
    weights, context, frames = (
        normal(*shape, seed=seed + i) for i, shape in enumerate([(offsets, width, 2), (n, t, 2), (n, t, width)])
    )
    return weights, context, frames.masked_fill(padding[..., None], 3.0), lengths


def value(weights, context, frames, lengths):
    """The library's loss: the method's matrices applied to the context."""
    return info_nce_over_frames(torch.einsum("kdc,ntc->kntd", weights, context), frames, lengths).loss


def accepts(objective):
    """Whether a function is the loss of CPC: the oracle's value for every case, and the gradient of that value."""
    for seed, case in enumerate(CASES):
        asked = question(case, seed)
        expected = oracle.loss(*(each.tolist() for each in asked))
        if not abs(objective(*asked).item() - expected) <= 1e-10 * max(1, expected):
            return False
    *tensors, lengths = question(CASES[0])
    inputs = tuple(tensor.requires_grad_(True) for tensor in tensors)
    return torch.autograd.gradcheck(lambda *given: objective(*given, lengths), inputs, raise_exception=False)


def plain(weights, context, frames, lengths, *, score=None, padding=False, times=None, own=False):
    """The same loss in another way, with a place for each mistake."""
    n, t, _ = frames.shape
    real = torch.arange(t) < (torch.full((n,), t) if padding else lengths)[:, None]
    losses = []
    for k, matrix in enumerate(weights, start=1):
        expected = context @ matrix.T
        terms = []
        for i in range(n):
            for s in range(int(lengths[i]) - k) if times is None else times(int(lengths[i]) - k):
                rows = torch.arange(n) == i if own else torch.ones(n, dtype=torch.bool)
                candidates = frames[rows][real[rows]]
                scores = (score or torch.mv)(candidates, expected[i, s])
                right = (score or torch.mv)(frames[i, s + k][None], expected[i, s])[0]
                terms.append(scores.logsumexp(0) - right)
        if terms:
            losses.append(torch.stack(terms).mean())
    return torch.stack(losses).mean()


def one_shared_matrix(weights, context, frames, lengths):
    return value(weights[:1].expand_as(weights), context, frames, lengths)


def last_time_only(*asked):
    return plain(*asked, times=lambda count: range(max(count - 1, 0), max(count, 0)))


def first_time_only(*asked):
    return plain(*asked, times=lambda count: range(min(max(count, 0), 1)))


def padding_among_the_candidates(*asked):
    return plain(*asked, padding=True)


def unit_length_and_temperature(*asked):
    return plain(*asked, score=lambda z, p: F.cosine_similarity(z, p[None]) / 0.1)


def temperature(*asked):
    return plain(*asked, score=lambda z, p: z @ p / 0.5)


def candidates_of_the_same_recording_only(*asked):
    return plain(*asked, own=True)


def padding_is_predicted(weights, context, frames, lengths):
    return value(weights, context, frames, torch.full_like(lengths, frames.shape[1]))


def frame_at_t_instead_of_t_plus_k(weights, context, frames, lengths):
    return value(weights, context.roll(-1, 1), frames, lengths)


def mean_over_all_pairs_instead_of_offsets(weights, context, frames, lengths):
    found = info_nce_over_frames(torch.einsum("kdc,ntc->kntd", weights, context), frames, lengths)
    counts = torch.stack([(lengths - k).clamp(min=0).sum() for k in range(1, len(weights) + 1)])
    return (found.losses * counts).sum() / counts.sum() + 0 * found.loss


def offsets_never_asked_for_count_as_zero(weights, context, frames, lengths):
    found = info_nce_over_frames(torch.einsum("kdc,ntc->kntd", weights, context), frames, lengths)
    asked = sum(1 for k in range(1, len(weights) + 1) if (lengths > k).any())
    return found.loss * asked / len(weights)


def candidates_without_gradient(weights, context, frames, lengths):
    return value(weights, context, frames.detach() + 0 * frames, lengths)


def sum_instead_of_mean(weights, context, frames, lengths):
    return value(weights, context, frames, lengths) * len(weights)


WRONG = [
    one_shared_matrix,
    last_time_only,
    first_time_only,
    padding_among_the_candidates,
    unit_length_and_temperature,
    temperature,
    candidates_of_the_same_recording_only,
    padding_is_predicted,
    frame_at_t_instead_of_t_plus_k,
    mean_over_all_pairs_instead_of_offsets,
    offsets_never_asked_for_count_as_zero,
    candidates_without_gradient,
    sum_instead_of_mean,
]


def test_it_is_accepted():
    assert accepts(value)
    assert accepts(plain)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


@pytest.mark.parametrize("case", CASES)
def test_each_offset_has_its_loss_and_its_accuracy(case):
    weights, context, frames, lengths = question(case)
    found = info_nce_over_frames(torch.einsum("kdc,ntc->kntd", weights, context), frames, lengths)
    expected = oracle.losses(weights.tolist(), context.tolist(), frames.tolist(), lengths.tolist())
    assert found.candidates == int(lengths.sum())
    for k, each in enumerate(expected):
        assert found.losses[k].item() == pytest.approx(each or 0.0, rel=1e-10)
        assert found.accuracies[k].isnan() == (each is None)


def test_the_accuracy_is_how_often_the_right_frame_scores_highest():
    frames = 5 * torch.eye(6, dtype=torch.float64)[None]
    right = torch.cat([frames[:, 1:], frames[:, :1]], 1)
    half = right.clone()
    half[:, ::2] = frames[:, ::2]
    lengths = torch.tensor([6])
    found = info_nce_over_frames(torch.stack([right, right]), frames, lengths)
    assert found.accuracies.tolist() == [1.0, 0.0]  # what is right one frame ahead is wrong two ahead
    assert info_nce_over_frames(half[None], frames, lengths).accuracies[0].item() == pytest.approx(2 / 5)


def test_collapse_costs_the_logarithm_of_the_candidates():
    frames, lengths = torch.ones(3, 5, 4, dtype=torch.float64), torch.tensor([5, 2, 3])
    found = info_nce_over_frames(normal(2, 3, 5, 4, seed=0), frames, lengths)
    assert found.losses.tolist() == pytest.approx([math.log(10)] * 2, abs=1e-12)
    energies = frame_energy(normal(2, 3, 5, 4, seed=0), frames, lengths)
    assert energies.tolist() == pytest.approx([math.log(5), math.log(2), math.log(3)], abs=1e-12)


def test_pieces_change_nothing(monkeypatch):
    tensors, lengths = [], question(CASES[0])[-1]
    for size in (1 << 24, 40, 1):
        monkeypatch.setattr(predictive_coding, "_SCORES_AT_ONCE", size)
        weights, context, frames, _ = (each.requires_grad_(each.is_floating_point()) for each in question(CASES[0]))
        loss = value(weights, context, frames, lengths)
        tensors.append([loss, *torch.autograd.grad(loss, (weights, context, frames))])
    for other in tensors[1:]:
        torch.testing.assert_close(other, tensors[0], rtol=1e-12, atol=1e-14)


def test_nothing_to_predict_costs_nothing():
    frames = normal(3, 4, 2, seed=0).requires_grad_(True)
    found = info_nce_over_frames(frames[None].expand(2, -1, -1, -1), frames, torch.ones(3, dtype=torch.long))
    found.loss.backward()
    assert found.loss.item() == 0
    assert frames.grad.abs().max() == 0
    assert frame_energy(frames[None], frames, torch.ones(3, dtype=torch.long)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("case", CASES)
def test_the_energy_is_that_of_the_oracle(case):
    weights, context, frames, lengths = question(case)
    got = frame_energy(torch.einsum("kdc,ntc->kntd", weights, context), frames, lengths)
    for i, length in enumerate(lengths.tolist()):
        expected = oracle.energy(weights.tolist(), context[i].tolist(), frames[i].tolist(), length)
        assert got[i].item() == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_large_scores_do_not_overflow():
    weights, context, frames, lengths = question(CASES[0])
    asked = 300 * weights, context, frames, lengths
    expected = oracle.loss(*(each.tolist() for each in asked))
    assert value(*asked).item() == pytest.approx(expected, rel=1e-10)
    assert value(*(each.float() if each.is_floating_point() else each for each in asked)).item() == pytest.approx(
        expected, rel=1e-4
    )


def share(rank, *, widths=(7, 4)):
    """Two recordings for each of two processes, of which the second pads to a shorter longest recording."""
    weights, context, frames, lengths = question(CASES[3])
    order = torch.tensor([1, 2, 0, 3])  # the longest in the first process
    rows = order[2 * rank : 2 * rank + 2]
    return weights, context[rows, : widths[rank]], frames[rows, : widths[rank]], lengths[rows]


def loss_and_gradient():
    rank = torch.distributed.get_rank()
    weights, context, frames, lengths = share(rank)
    leaves = [each.clone().requires_grad_(True) for each in (weights, context, frames)]
    loss = value(*leaves, lengths)
    loss.backward()
    mean = loss.detach().clone()
    torch.distributed.all_reduce(mean)
    gradient = leaves[0].grad.clone()
    torch.distributed.all_reduce(gradient)
    return mean / 2, gradient / 2, leaves[2].grad / 2, lengths


def test_two_processes_with_recordings_of_other_lengths_are_one():
    leaves = [each.clone().requires_grad_(True) for each in question(CASES[3])[:3]]
    order = torch.tensor([1, 2, 0, 3])
    whole = value(*leaves, question(CASES[3])[3])
    whole.backward()
    for rank, (loss, weights, frames, lengths) in enumerate(in_processes(loss_and_gradient)):
        assert loss.item() == pytest.approx(whole.item(), rel=1e-12)
        torch.testing.assert_close(weights, leaves[0].grad, rtol=1e-10, atol=1e-12)
        own = leaves[2].grad[order[2 * rank : 2 * rank + 2], : frames.shape[1]]
        torch.testing.assert_close(frames, own, rtol=1e-10, atol=1e-12)
        assert lengths.max() <= frames.shape[1]
