"""Epps and Pulley's statistic and SIGReg against loops written from the paper, and wrong versions that are rejected."""

import math

import pytest
import torch
from embeddings import normal, tensor
from oracles import gaussianity as oracle

from selftaught.objectives import epps_pulley, gaussianity, sigreg
from selftaught.testing import in_processes

KNOTS = torch.linspace(-5, 5, 17, dtype=torch.float64)


def directions(width, count, seed=7):
    drawn = normal(width, count, seed=seed).detach()
    return drawn / drawn.norm(dim=0)


def accepts(objective):
    """Whether a function is SIGReg, of narrow, wide and shifted embeddings: value and gradient."""
    for seed, (count, scale, shift) in enumerate([(2, 1, 0), (5, 0.2, 1), (9, 3, 0), (16, 1, -0.5)]):
        z, columns = scale * normal(count, 3, seed=seed) + shift, directions(3, 4, seed)
        got = objective(z, columns)
        expected = oracle.sigreg(z.tolist(), columns.tolist())
        if got.shape != () or abs(got.item() - expected) > 1e-10 * max(1, expected):
            return False
    columns = directions(4, 2)
    return torch.autograd.gradcheck(lambda z: objective(z, columns), (normal(3, 4),), raise_exception=False)


def by_knots(samples, *, target=None, window=None, knots=KNOTS, scale=None):
    """The statistic with complex numbers, after the paper's program, with parts to be replaced by wrong ones."""
    target = (-knots.square() / 2).exp() if target is None else target
    window = (-knots.square() / 2).exp() if window is None else window
    empirical = (1j * samples[..., None] * knots).exp().mean(0)
    heights = (empirical - target).abs().square() * window
    return torch.trapezoid(heights, knots, dim=1) * (len(samples) if scale is None else scale)


def wrong(**replaced):
    return lambda z, columns: by_knots(z @ columns, **replaced).mean()


WRONG = {
    "not times n": wrong(scale=1),
    "no window": wrong(window=torch.ones(17, dtype=torch.float64)),
    "window of half the width": wrong(window=(-KNOTS.square()).exp()),
    "density for characteristic function": wrong(target=(-KNOTS.square() / 2).exp() / math.sqrt(2 * math.pi)),
    "knots from -3 to 3": wrong(knots=torch.linspace(-3, 3, 17, dtype=torch.float64)),
    "positive knots counted once": wrong(knots=torch.linspace(0, 5, 9, dtype=torch.float64)),
    "real part only": lambda z, columns: by_knots(
        torch.cat([z, -z]) @ columns, scale=len(z)
    ).mean(),  # symmetrised: a shift and skewness go unseen
    "standardised first": lambda z, columns: sigreg((z - z.mean(0)) / z.std(0), columns),
    "sum over directions": lambda z, columns: epps_pulley(z @ columns).sum(),
    "the first features for directions": lambda z, columns: epps_pulley(z).mean(),
    "without gradient of half the rows": lambda z, columns: sigreg(
        torch.cat([z[: len(z) // 2].detach(), z[len(z) // 2 :]]), columns
    ),
}


def test_sigreg_is_accepted():
    assert accepts(sigreg)
    assert accepts(wrong())  # the paper's program with nothing replaced


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_sigreg_is_rejected(name):
    assert not accepts(WRONG[name])


def test_the_integral_is_the_solved_one():
    for seed in range(3):
        sample = normal(12, 1, seed=seed).detach()
        exact = oracle.epps_pulley_exactly(sample[:, 0].tolist())
        assert epps_pulley(sample).item() == pytest.approx(exact, abs=1e-4)


def test_closed_forms():
    zeros = torch.zeros(10, 1, dtype=torch.float64)
    collapsed = math.sqrt(2 * math.pi) - 2 * math.sqrt(math.pi) + math.sqrt(2 * math.pi / 3)
    assert epps_pulley(zeros).item() == pytest.approx(10 * collapsed, abs=1e-4)
    samples = normal(200, 2000).detach()  # the mean over samples of the law itself: its variance, weighed
    expected = math.sqrt(2 * math.pi) - math.sqrt(2 * math.pi / 3)
    assert epps_pulley(samples).mean().item() == pytest.approx(expected, rel=0.05)


def test_only_the_isotropic_gaussian_is_low():
    z, columns = normal(500, 8).detach(), directions(8, 64)
    cube = torch.rand(500, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).sub(0.5) * 12**0.5
    low = sigreg(z, columns)
    assert low < 1.5
    one_direction = z[:, :1].expand(500, 8)
    for other in (z * 0.5, z * 2, z + 0.5, z * tensor([3.0, *[0.5] * 7]), one_direction, 0 * z):
        assert sigreg(other, columns) > 2 * low
    assert epps_pulley(cube).mean() > 1.3 * epps_pulley(z).mean(), "features of unit variance that are not Gaussian"


def loss_and_gradient(z, columns, replaced_sum=None):
    """The mean loss of all processes, and the averaged gradient of this one's rows."""
    if replaced_sum is not None:
        gaussianity.all_sum = replaced_sum
    rank, count = torch.distributed.get_rank(), torch.distributed.get_world_size()
    mine = z.chunk(count)[rank].clone().requires_grad_(True)
    loss = sigreg(mine, columns)
    loss.backward()
    mean = loss.detach().clone()
    torch.distributed.all_reduce(mean)
    return mean / count, mine.grad / count


def statistics_of_each_part(tensor):
    return tensor * torch.distributed.get_world_size()


def sum_without_gradient_of_others(tensor):
    total = tensor.detach().clone()
    torch.distributed.all_reduce(total)
    return tensor + (total - tensor).detach()


def process_errors(replaced_sum=None, count=2):
    z, columns = normal(6, 4).detach(), directions(4, 3)
    whole = z.clone().requires_grad_(True)
    loss = sigreg(whole, columns)
    loss.backward()
    losses, gradients = zip(*in_processes(loss_and_gradient, z, columns, replaced_sum, count=count), strict=True)
    off = (torch.cat(gradients) - whole.grad).norm() / whole.grad.norm()
    return (losses[0] - loss.detach()).abs().item(), off.item()


@pytest.mark.parametrize("count", [2, 3])
def test_several_processes_are_one(count):
    loss_error, gradient_error = process_errors(count=count)
    assert loss_error < 1e-12
    assert gradient_error < 1e-12


def test_statistics_of_each_process_are_seen_in_the_loss():
    loss_error, _ = process_errors(statistics_of_each_part)
    assert loss_error > 0.01


def test_a_sum_without_autograd_is_seen_in_the_gradient_only():
    loss_error, gradient_error = process_errors(sum_without_gradient_of_others)
    assert loss_error < 1e-12
    assert gradient_error > 0.05
