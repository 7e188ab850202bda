"""The players' losses against loops written from the paper, and wrong versions that the same checks reject."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import adversarial as oracle
from torch.nn import functional as F

from selftaught.objectives import discriminator_accuracy, discriminator_energy, discriminator_loss, generator_loss

LOGITS = st.lists(st.floats(-60, 60), min_size=1, max_size=6)


def logits(count, seed=0, scale=2.0):
    draw = torch.randn(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (scale * draw).requires_grad_()


def accepts_discriminator_loss(loss):
    """Whether a function is the discriminator's loss: the oracle's value, and the gradient of that value."""
    for seed, (trues, mades, scale) in enumerate([(1, 1, 1.0), (4, 4, 2.0), (3, 5, 0.1), (2, 6, 40.0)]):
        real, fake = logits(trues, seed, scale), logits(mades, seed + 50, scale)
        expected = oracle.discriminator(real.tolist(), fake.tolist())
        if not abs(loss(real, fake).item() - expected) <= 1e-10 * max(1, expected):
            return False
    return torch.autograd.gradcheck(loss, (logits(3), logits(4, 1)), raise_exception=False)


def accepts_generator_loss(loss):
    """Whether a function is the generator's loss: the oracle's value, and the gradient of that value."""
    for seed, (count, scale) in enumerate([(1, 1.0), (4, 2.0), (5, 0.1), (6, 40.0)]):
        fake = logits(count, seed, scale)
        expected = oracle.generator(fake.tolist())
        if not abs(loss(fake).item() - expected) <= 1e-10 * max(1, expected):
            return False
    return torch.autograd.gradcheck(loss, (logits(4),), raise_exception=False)


def labels_exchanged(real, fake):
    return discriminator_loss(fake, real)


def half_the_sum(real, fake):
    return discriminator_loss(real, fake) / 2


def mean_over_both(real, fake):
    return torch.cat([F.softplus(-real), F.softplus(fake)]).mean() * 2


def sums(real, fake):
    return F.softplus(-real).sum() + F.softplus(fake).sum()


def true_side_only(real, fake):
    return F.softplus(-real).mean()


def hinge(real, fake):
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def least_squares(real, fake):
    return (real - 1).square().mean() + fake.square().mean()


def logarithm_of_the_chance(real, fake):
    return -(real.sigmoid().log().mean() + (1 - fake.sigmoid()).log().mean())


def true_logits_without_gradient(real, fake):
    return discriminator_loss(real.detach(), fake)


WRONG_DISCRIMINATOR_LOSSES = [
    labels_exchanged,
    half_the_sum,
    mean_over_both,
    sums,
    true_side_only,
    hinge,
    least_squares,
    logarithm_of_the_chance,
    true_logits_without_gradient,
]


def saturating(fake):
    return -F.softplus(fake).mean()


def sign_flipped(fake):
    return -generator_loss(fake)


def on_the_discriminators_side(fake):
    return F.softplus(fake).mean()


def summed(fake):
    return F.softplus(-fake).sum()


def critic_of_wasserstein(fake):
    return -fake.mean()


WRONG_GENERATOR_LOSSES = [saturating, sign_flipped, on_the_discriminators_side, summed, critic_of_wasserstein]


def test_the_discriminators_loss_is_accepted():
    assert accepts_discriminator_loss(discriminator_loss)


@pytest.mark.parametrize("wrong", WRONG_DISCRIMINATOR_LOSSES, ids=lambda wrong: wrong.__name__)
def test_a_wrong_discriminators_loss_is_rejected(wrong):
    assert not accepts_discriminator_loss(wrong)


def test_the_generators_loss_is_accepted():
    assert accepts_generator_loss(generator_loss)


@pytest.mark.parametrize("wrong", WRONG_GENERATOR_LOSSES, ids=lambda wrong: wrong.__name__)
def test_a_wrong_generators_loss_is_rejected(wrong):
    assert not accepts_generator_loss(wrong)


@settings(deadline=None, max_examples=50)
@given(real=LOGITS, fake=LOGITS)
def test_all_three_losses_equal_the_oracle(real, fake):
    a, b = (torch.tensor(side, dtype=torch.float64) for side in (real, fake))
    assert discriminator_loss(a, b).item() == pytest.approx(oracle.discriminator(real, fake), rel=1e-10, abs=1e-10)
    assert generator_loss(b).item() == pytest.approx(oracle.generator(fake), rel=1e-10, abs=1e-10)
    swapped = oracle.encoder_and_generator(real, fake)
    assert discriminator_loss(real=b, fake=a).item() == pytest.approx(swapped, rel=1e-10, abs=1e-10)


def test_where_nothing_is_told_apart_each_decision_costs_a_bit():
    zeros = torch.zeros(5, dtype=torch.float64)
    assert discriminator_loss(zeros, zeros).item() == pytest.approx(2 * math.log(2), abs=1e-15)
    assert generator_loss(zeros).item() == pytest.approx(math.log(2), abs=1e-15)


def test_the_generators_gradient_does_not_vanish_where_it_loses():
    fake = torch.full((1,), -50.0, dtype=torch.float64, requires_grad=True)
    generator_loss(fake).backward()
    assert fake.grad.item() == pytest.approx(-1.0)


@pytest.mark.parametrize("objective", [discriminator_energy, generator_loss])
def test_half_precision_is_widened(objective):
    with torch.autocast("cpu", torch.bfloat16):
        assert objective(torch.ones(3, dtype=torch.bfloat16)).dtype == torch.float32


def test_the_energy_is_minus_the_logit():
    assert discriminator_energy(torch.tensor([1.5, -2.0])).tolist() == [-1.5, 2.0]


def test_the_accuracy_counts_both_sides_equally():
    real, fake = torch.tensor([1.0, -1.0]), torch.tensor([-3.0, -2.0, -1.0, 4.0])
    assert discriminator_accuracy(real, fake).item() == pytest.approx((0.5 + 0.75) / 2)
    assert discriminator_accuracy(fake, fake).item() == pytest.approx((0.25 + 0.75) / 2)
