"""Recognise what comes some frames later, among all frames there are."""

from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import all_sum, gather, process_count, process_rank
from selftaught.objectives.precision import full_precision

__all__ = ["FramePredictions", "frame_energy", "info_nce_over_frames"]

_SCORES_AT_ONCE = 1 << 24  # of one offset: no more are held


@final
@dataclass(frozen=True)
class FramePredictions:
    """How well the frames that come later were recognised.

    The mean of each value over the processes is that of the whole batch.

    Args:
        loss: the mean of `losses` over the offsets that some recording is long enough for; 0 if there is none.
        losses: of each offset, in nats; 0 where no recording is long enough.
        accuracies: of each offset, how often the right frame had the highest score; not a number where no recording
            is long enough.
        candidates: how many frames each right one stood among, itself included.

    Example:
        >>> import torch
        >>> from selftaught.objectives.predictive_coding import info_nce_over_frames
        >>> frames = torch.ones(2, 3, 4)
        >>> info_nce_over_frames(frames[None], frames, torch.tensor([3, 2])).candidates
        5
    """

    loss: Float[Tensor, ""]
    losses: Float[Tensor, " k"]
    accuracies: Float[Tensor, " k"]
    candidates: int


@full_precision
def info_nce_over_frames(
    predictions: Float[Tensor, "k n t d"], frames: Float[Tensor, "n t d"], lengths: Int[Tensor, " n"]
) -> FramePredictions:
    """Mean cross-entropy of picking the frame k steps later out of all frames of all recordings of all processes.

    With z the real frames of the batch, and p_k(i, t) what frame t of recording i makes expect k frames later:

        loss_k = mean over i, t with t + k real
                     -log( exp(p_k(i, t)·z(i, t + k))  /  sum over real j, s  exp(p_k(i, t)·z(j, s)) )
        loss   = mean_k loss_k

    Scores are plain dot products: neither scaled to unit length nor divided by a temperature. The candidates are all
    frames of the batch, those of the same recording among them; padding is none. Large batches are worked through in
    pieces, so that no more than some 16 million scores are held at once.

    Args:
        predictions: for the offsets 1, 2, ..., k, what is expected from every frame.
        frames: the frames themselves, of the same recordings.
        lengths: how many frames of each recording are real, at least 1.

    Returns:
        Losses in nats, log(candidates) when all frames are equal (collapse), and accuracies.

    Source:
        van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, equations 3 and 4.

    Example:
        >>> import torch
        >>> from selftaught.objectives import info_nce_over_frames
        >>> frames = torch.ones(2, 4, 3)  # collapsed: each of 7 real frames is as good as the others
        >>> found = info_nce_over_frames(frames.expand(2, -1, -1, -1), frames, torch.tensor([4, 3]))
        >>> torch.allclose(found.loss, torch.tensor(7.0).log())
        True
    """
    n, t, _ = frames.shape
    widest = int(gather(torch.tensor([t], device=frames.device)).max())
    real = _real(gather(lengths), widest)  # (all, widest)
    candidates = gather(F.pad(frames, (0, 0, 0, widest - t)))[real]  # (m, d): the real frames of all processes
    places = (real.flatten().cumsum(0) - 1).view(real.shape)[process_rank() * n :][:n]  # (n, widest): among candidates
    losses: list[Tensor] = []
    hits: list[Tensor] = []
    counts: list[Tensor] = []
    for offset, expected in enumerate(predictions, start=1):
        asked = _real(lengths - offset, t)  # (n, t)
        targets = places.roll(-offset, 1)[:, :t][asked]
        loss, hit = _CrossEntropy.apply(expected[asked], candidates, targets)
        losses.append(loss)
        hits.append(hit)
        counts.append(asked.sum())
    count = all_sum(torch.stack(counts))  # (k,)
    each = torch.stack(losses) * process_count() / count.clamp(min=1)
    return FramePredictions(
        loss=each.sum() / (count > 0).sum().clamp(min=1),
        losses=each.detach(),
        accuracies=torch.stack(hits) * process_count() / count,
        candidates=len(candidates),
    )


@full_precision
def frame_energy(
    predictions: Float[Tensor, "k n t d"], frames: Float[Tensor, "n t d"], lengths: Int[Tensor, " n"]
) -> Float[Tensor, " n"]:
    """How badly each recording's own frames are recognised among themselves.

    As `info_nce_over_frames`, but with the real frames of the same recording as candidates, and the mean over all its
    pairs (t, k) with t + k real. So the energy of a recording depends on no other.

    Args:
        predictions: for the offsets 1, 2, ..., k, what is expected from every frame.
        frames: the frames themselves, of the same recordings.
        lengths: how many frames of each recording are real, at least 1.

    Returns:
        Nats; log(length) when all frames are equal, and 0 for a recording of one frame, which predicts nothing.

    Source:
        Equation 4 of van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, for one sequence: what its table 2
        calls "current sequence only".

    Example:
        >>> import torch
        >>> from selftaught.objectives import frame_energy
        >>> frames = torch.ones(2, 4, 3)
        >>> torch.allclose(frame_energy(frames[None], frames, torch.tensor([4, 2])), torch.tensor([4.0, 2.0]).log())
        True
    """
    _, t, _ = frames.shape
    padding = ~_real(lengths, t)
    frames = frames.masked_fill(padding[..., None], 0)
    total, count = frames.new_zeros(len(frames)), torch.zeros_like(lengths)
    for offset, expected in enumerate(predictions[:, :, : max(t - 1, 0)], start=1):
        if offset >= t:
            break
        asked = _real(lengths - offset, t - offset)  # (n, t - offset)
        scores = expected[:, : t - offset] @ frames.transpose(1, 2)  # (n, t - offset, t)
        scores = scores.masked_fill(padding[:, None], float("-inf"))
        surprise = scores.logsumexp(2) - scores.diagonal(offset, 1, 2)  # (n, t - offset): of frame t + offset
        total = total + surprise.masked_fill(~asked, 0).sum(1)
        count = count + asked.sum(1)
    return total / count.clamp(min=1)


def _real(lengths: Int[Tensor, " n"], t: int) -> Bool[Tensor, "n t"]:
    return torch.arange(t, device=lengths.device) < lengths[:, None]


class _CrossEntropy(torch.autograd.Function):
    """The summed cross-entropy of rows·candidates, and how many targets score highest; piece by piece.

    The gradient is computed with the loss, while the scores of a piece are there, and only scaled in the backward pass.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, candidates: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        loss, hits = rows.new_zeros(()), rows.new_zeros(())
        with_gradient = any(ctx.needs_input_grad)
        row_gradient = torch.empty_like(rows) if with_gradient else rows
        candidate_gradient = torch.zeros_like(candidates)
        size = max(_SCORES_AT_ONCE // max(len(candidates), 1), 1)
        for start in range(0, len(rows), size):
            piece, target = rows[start : start + size], targets[start : start + size, None]
            scores = piece @ candidates.T  # (rows, m)
            top, best = scores.max(1, keepdim=True)
            right = scores.gather(1, target)
            probabilities = scores.sub_(top).exp_()
            total = probabilities.sum(1, keepdim=True)
            loss += (top + total.log() - right).sum()
            hits += (best == target).sum()
            if with_gradient:
                probabilities /= total
                probabilities.scatter_add_(1, target, probabilities.new_full(target.shape, -1))
                row_gradient[start : start + size] = probabilities @ candidates
                candidate_gradient.addmm_(probabilities.T, piece)
        ctx.mark_non_differentiable(hits)
        ctx.save_for_backward(row_gradient, candidate_gradient)
        return loss, hits

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        row_gradient, candidate_gradient = ctx.saved_tensors
        return gradients[0] * row_gradient, gradients[0] * candidate_gradient, None
