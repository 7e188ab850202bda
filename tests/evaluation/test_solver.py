import torch

from selftaught.evaluation.rotation import ItemSets
from selftaught.evaluation.solver import minimise


def problem(n: int = 60, d: int = 5, classes: int = 4, draws: int = 3):
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(200, d, generator=generator, dtype=torch.float64)
    scores = vectors @ torch.randn(d, classes, generator=generator, dtype=torch.float64)
    labels = (scores + torch.randn(scores.shape, generator=generator)).argmax(1)
    rows = torch.stack([torch.randperm(200, generator=generator)[:n] for _ in range(draws)])
    return ItemSets.of(vectors, rows), labels[rows], generator


def test_gradient_vanishes_in_every_problem():
    """Checked by autograd on the formula as it stands, not by the solver's own gradient."""
    sets, labels, generator = problem()
    weights = torch.rand(3, 2, 60, generator=generator, dtype=torch.float64)
    weights = weights / weights.sum(2, keepdim=True)
    penalty = torch.tensor([[0.1, 1e-3], [1.0, 1e-2], [10.0, 1e-4]], dtype=torch.float64)
    solution = minimise(sets, labels, weights, penalty, classes=4, tolerance=1e-9)
    assert solution.converged
    for p in range(3):
        for m in range(2):
            w = solution.coefficients[p, m].clone().requires_grad_()
            chances = (sets.items[p] @ w.T).log_softmax(1)
            nats = -(weights[p, m] * chances[range(60), labels[p]]).sum()
            value = nats + 0.5 * penalty[p, m] * w[:, :-1].square().sum()
            (gradient,) = torch.autograd.grad(value, w)
            assert gradient.abs().max() < 1e-8
    torch.testing.assert_close(solution.logits, solution.coefficients @ sets.items.mT[:, None])


def test_problems_do_not_touch_each_other():
    sets, labels, _ = problem()
    weights, penalty = torch.full((3, 1, 60), 1 / 60), torch.tensor([[10.0], [1e-2], [1e-5]])
    together = minimise(sets, labels, weights, penalty, classes=4, tolerance=1e-9).coefficients
    for p in range(3):
        alone = ItemSets(sets.items[p : p + 1], sets.curvature[p : p + 1], sets.centre[p : p + 1], None)
        single = minimise(alone, labels[p : p + 1], weights[:1], penalty[p : p + 1], classes=4, tolerance=1e-9)
        torch.testing.assert_close(single.coefficients[0], together[p], atol=1e-5, rtol=1e-5)


def test_items_of_weight_zero_do_not_count():
    sets, labels, _ = problem(draws=1)
    weights = torch.full((1, 1, 60), 1 / 50)
    weights[..., 50:] = 0
    penalty = torch.tensor([[1e-2]])
    changed = labels.clone()
    changed[:, 50:] = (changed[:, 50:] + 1) % 4
    first, second = (minimise(sets, each, weights, penalty, classes=4).coefficients for each in (labels, changed))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_a_good_start_saves_steps():
    sets, labels, _ = problem()
    weights, penalty = torch.full((3, 1, 60), 1 / 60), torch.full((3, 1), 1e-3)
    cold = minimise(sets, labels, weights, penalty, classes=4)
    warm = minimise(sets, labels, weights, penalty, classes=4, start=cold.coefficients)
    assert warm.iterations == 0 < cold.iterations
    assert not minimise(sets, labels, weights, penalty, classes=4, limit=2).converged


def test_separable_items_in_float32_stop():
    vectors = torch.cat([torch.full((20, 3), -5.0), torch.full((20, 3), 5.0)]) + 0.01 * torch.eye(40)[:, :3]
    sets = ItemSets.of(vectors, torch.arange(40)[None])
    labels = (torch.arange(40) >= 20).long()[None]
    solution = minimise(sets, labels, torch.full((1, 1, 40), 1 / 40), torch.full((1, 1), 1e-6), classes=2)
    assert solution.converged
    assert solution.iterations < 200
    assert (solution.logits[0, 0].argmax(0) == labels[0]).all()
