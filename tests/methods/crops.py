"""Crops of two sizes to try methods on, and the gradient of a loss as one vector."""

import torch

from selftaught.core import MultiCrop


def crops(count=8, seed=0):
    return MultiCrop.example(count, torch.Generator().manual_seed(seed)).to(torch.device("cpu"), torch.float64)


def gradient_of(method, loss):
    """Zeros where no gradient came."""
    method.zero_grad()
    loss.backward()
    weights = [weight for weight in method.parameters() if weight.requires_grad]
    return torch.cat([torch.zeros_like(w).flatten() if w.grad is None else w.grad.flatten() for w in weights])


def mean_over_pairs(scores, targets, temperature):
    """Cross-entropy of every pair of a target and another crop, one by one."""
    terms = [
        -(targets[i] * (scores[v] / temperature).log_softmax(-1)).sum(-1).mean()
        for i in range(len(targets))
        for v in range(len(scores))
        if v != i
    ]
    return torch.stack(terms).mean()
