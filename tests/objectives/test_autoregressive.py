"""Likelihoods of levels against loops written from the papers, and wrong versions that the same checks reject."""

import math

import pytest
import torch
from oracles import autoregressive as oracle
from torch.nn import functional as F

from selftaught.objectives import bits_per_dimension, level_nats, mixture_nats

SHAPES = [(1, 1, 2, 1, 1), (3, 3, 4, 2, 5), (2, 1, 7, 3, 2)]


def case(shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(shape, generator=generator, dtype=torch.float64)
    n, channels, levels, height, width = shape
    return logits.requires_grad_(), torch.randint(levels, (n, channels, height, width), generator=generator)


def accepts(nats):
    for seed, shape in enumerate(SHAPES):
        logits, numbers = case(shape, seed)
        expected = [oracle.level_nats(*each) for each in zip(logits.tolist(), numbers.tolist(), strict=True)]
        found = nats(logits, numbers)
        if found.shape != (shape[0],) or not torch.allclose(
            found, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-10
        ):
            return False
    logits, numbers = case((2, 3, 4, 2, 2))
    return torch.autograd.gradcheck(lambda each: nats(each, numbers), (logits,), raise_exception=False)


def mean_over_pixels(logits, numbers):
    return level_nats(logits, numbers) / numbers[0].numel()


def softmax_over_channels(logits, numbers):
    return level_nats(logits.log_softmax(1), numbers)


def first_channel_only(logits, numbers):
    return level_nats(logits[:, :1], numbers[:, :1])


def in_bits(logits, numbers):
    return level_nats(logits, numbers) / math.log(2)


def of_the_next_row(logits, numbers):
    return level_nats(logits, numbers.roll(-1, 2))


def binary_cross_entropy_of_levels(logits, numbers):
    asked = F.one_hot(numbers, logits.shape[2]).movedim(-1, 2).double()
    return F.binary_cross_entropy_with_logits(logits, asked, reduction="none").flatten(1).sum(1)


def test_the_nats_are_accepted():
    assert accepts(level_nats)


@pytest.mark.parametrize(
    "wrong",
    [
        mean_over_pixels,
        softmax_over_channels,
        first_channel_only,
        in_bits,
        of_the_next_row,
        binary_cross_entropy_of_levels,
    ],
)
def test_wrong_nats_are_rejected(wrong):
    assert not accepts(wrong)


def accepts_mixture(mixture):
    generator = torch.Generator().manual_seed(0)
    for models in (1, 2, 5):
        nats = (20 * torch.rand(models, 3, generator=generator, dtype=torch.float64)).requires_grad_()
        expected = [oracle.mixture_nats(each) for each in nats.T.tolist()]
        if not torch.allclose(mixture(nats), torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-10):
            return False
    return True


def test_a_mixture_averages_probabilities():
    assert accepts_mixture(mixture_nats)
    assert not accepts_mixture(lambda nats: nats.mean(0)), "the mean of logarithms"
    assert not accepts_mixture(lambda nats: -torch.logsumexp(-nats, 0)), "the sum of probabilities"
    assert not accepts_mixture(lambda nats: nats.amin(0)), "the best model alone"


def test_a_mixture_does_not_overflow():
    nats = torch.tensor([[5000.0], [5001.0]])
    assert mixture_nats(nats).item() == pytest.approx(5000 - math.log((1 + math.exp(-1)) / 2), rel=1e-6)


def test_bits_are_the_oracles():
    nats = torch.tensor([3.0, 8.5, 11.0], dtype=torch.float64)
    expected = oracle.bits_per_dimension(nats.tolist(), 6)
    assert bits_per_dimension(nats, 6).item() == pytest.approx(expected, abs=1e-12)
    assert bits_per_dimension(nats, 6).item() != pytest.approx(nats.mean().item() / 6, abs=1e-3)


def test_equally_likely_levels():
    nats = level_nats(torch.zeros(2, 3, 16, 4, 4), torch.zeros(2, 3, 4, 4, dtype=torch.int64))
    assert bits_per_dimension(nats, 48).item() == pytest.approx(4.0, rel=1e-6)
