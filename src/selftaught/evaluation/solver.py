"""Many logistic regressions at once, by L-BFGS: the arithmetic behind the linear probe."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.evaluation.rotation import ItemSets

__all__ = ["Solution", "minimise"]

_SUFFICIENT_DECREASE = 1e-4
_MEMORY = 12  # pairs of steps and turns


@dataclass(frozen=True)
class Solution:
    """What `minimise` found for `m` weightings of each of `p` sets of items.

    Args:
        coefficients: of every class; the last is the intercept.
        logits: of every item, held out or not.
        converged: whether all gradients fell below the tolerance, or as far as the precision lets them.
        iterations: how many steps were taken.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.solver import Solution
        >>> Solution(torch.zeros(1, 1, 2, 4), torch.zeros(1, 1, 2, 9), converged=True, iterations=0).iterations
        0
    """

    coefficients: Float[Tensor, "p m k r"]
    logits: Float[Tensor, "p m k n"]
    converged: bool
    iterations: int


def minimise(
    sets: ItemSets,
    labels: Int[Tensor, "p n"],
    weights: Float[Tensor, "p m n"],
    penalty: Float[Tensor, "p m"],
    *,
    classes: int,
    start: Float[Tensor, "p m k r"] | None = None,
    tolerance: float = 1e-6,
    limit: int = 2000,
) -> Solution:
    """The coefficients that minimise the penalised cross-entropy of every weighting of every set of items.

        f(W) = sum_i weight_i · -log softmax(W x_i)[label_i]  +  penalty / 2 · |W without its intercept|²

    The problems share their matrix products and nothing else: each has its own curvature pairs and its own step length.
    Coordinates are scaled by the diagonal of Böhning's bound on the Hessian, 1/2 X'X + penalty, which is most of it
    where items lie on their principal axes. Along a direction the logits are linear, so that a line search costs no
    matrix product.

    Args:
        sets: the items.
        labels: classes in [0, classes).
        weights: of the items in each sum, >= 0 and summing to 1 over the items; 0 holds an item out.
        penalty: > 0, on all coefficients but the intercept's.
        classes: how many classes.
        start: where to begin; zero if None.
        tolerance: on the largest entry of the scaled gradient, in nats.
        limit: most steps.

    Returns:
        The coefficients, with the logits they give.

    Source:
        Böhning 1992, "Multinomial logistic regression algorithm", for the bound; Nocedal 1980, "Updating quasi-Newton
        matrices with limited storage", for the two loops.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.rotation import ItemSets
        >>> from selftaught.evaluation.solver import minimise
        >>> sets = ItemSets.of(torch.tensor([[-1.0], [1.0]]), torch.tensor([[0, 1]]))
        >>> weights, penalty = torch.full((1, 1, 2), 0.5), torch.full((1, 1), 0.1)
        >>> solution = minimise(sets, torch.tensor([[0, 1]]), weights, penalty, classes=2)
        >>> w = solution.coefficients[0, 0, 1, 0]  # symmetric: w solves sigmoid(-2 w) = 0.1 w
        >>> bool((torch.sigmoid(-2 * w) - 0.1 * w).abs() < 1e-6)
        True
    """
    x = sets.items
    dtype, (p, n, r), m = x.dtype, x.shape, weights.shape[1]
    free = torch.ones(r, dtype=dtype, device=x.device)
    free[-1] = 0  # the intercept is not penalised
    penalties = penalty.to(dtype)[:, :, None, None] * free  # (p, m, 1, r)
    scale = (0.5 * sets.curvature[:, None, None] + penalties).clamp_min(torch.finfo(dtype).tiny).rsqrt()
    targets = F.one_hot(labels, classes).mT.to(dtype)[:, None]  # (p, 1, k, n)
    weights = weights.to(dtype)

    def logits_of(coefficients: Tensor) -> Tensor:
        return (coefficients.flatten(1, 2) @ x.mT).view(p, m, classes, n)

    def value_of(logits: Tensor, coefficients: Tensor) -> tuple[Tensor, Tensor]:
        log_chance = logits.log_softmax(2)
        nats = -((log_chance * targets).sum(2) * weights).double().sum(2)
        return nats + 0.5 * (penalties * coefficients.square()).double().sum((2, 3)), log_chance

    def gradient_of(log_chance: Tensor, coefficients: Tensor) -> Tensor:
        surplus = (log_chance.exp() - targets) * weights[:, :, None]
        return scale * ((surplus.flatten(1, 2) @ x).view(p, m, classes, r) + penalties * coefficients)

    coefficients = x.new_zeros(p, m, classes, r) if start is None else start.to(dtype)
    logits = logits_of(coefficients)
    value, log_chance = value_of(logits, coefficients)
    gradient = gradient_of(log_chance, coefficients)
    moving = gradient.abs().amax((2, 3)) > tolerance  # (p, m)
    rounding = 8 * torch.finfo(dtype).eps
    pairs = _Pairs()
    iterations = 0
    while moving.any() and iterations < limit:
        direction = pairs.direction(gradient) * moving[:, :, None, None]
        slope = _dot(direction, gradient)
        step = scale * direction
        change = logits_of(step)
        length = moving.to(dtype)
        while True:
            along = length[:, :, None, None]
            ahead, further = coefficients + along * step, logits + along * change
            reached, log_chance = value_of(further, ahead)
            too_far = reached > value + _SUFFICIENT_DECREASE * length * slope + rounding * value.abs()
            if not too_far.any():
                break
            length = torch.where(too_far, length / 2, length)
            length = torch.where(length < rounding, 0, length)  # nothing left to gain in this precision
        turned = gradient_of(log_chance, ahead)
        pairs.add(along * direction, turned - gradient)
        coefficients, logits, value, gradient = ahead, further, reached, turned
        moving &= (gradient.abs().amax((2, 3)) > tolerance) & (length > 0)
        iterations += 1
    return Solution(coefficients, logits, not bool(moving.any()), iterations)


class _Pairs:
    """The last few steps and the turns of the gradient along them: an estimate of the inverse Hessian."""

    def __init__(self) -> None:
        self.steps: list[Tensor] = []
        self.turns: list[Tensor] = []
        self.inverse: list[Tensor] = []

    def add(self, step: Tensor, turn: Tensor) -> None:
        product = _dot(step, turn)
        usable = product > torch.finfo(step.dtype).eps * _dot(turn, turn)
        self.steps.append(step)
        self.turns.append(turn)
        self.inverse.append(torch.where(usable, 1 / product, 0))
        for kept in (self.steps, self.turns, self.inverse):
            del kept[:-_MEMORY]

    def direction(self, gradient: Tensor) -> Tensor:
        towards = -gradient
        pairs = list(zip(self.steps, self.turns, self.inverse, strict=True))
        factors: list[Tensor] = []
        for step, turn, inverse in reversed(pairs):
            factors.append(inverse * _dot(step, towards))
            towards = towards - factors[-1][:, :, None, None] * turn
        if pairs:
            _, turn, inverse = pairs[-1]
            usual = torch.where(inverse > 0, 1 / (inverse * _dot(turn, turn)), 1)
            towards = towards * usual[:, :, None, None]
        for step, turn, inverse in pairs:
            towards = towards + (factors.pop() - inverse * _dot(turn, towards))[:, :, None, None] * step
        return towards


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return torch.linalg.vecdot(a.flatten(2), b.flatten(2))  # (p, m)
