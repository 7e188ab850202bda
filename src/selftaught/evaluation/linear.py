"""The linear probe: multinomial logistic regression on standardised vectors."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.core import UserError
from selftaught.evaluation.exactness import exact_products
from selftaught.evaluation.rotation import ItemSets, Rotation, Standard
from selftaught.evaluation.solver import minimise

__all__ = ["FINAL_TOLERANCE", "INVERSE_PENALTIES", "LinearProbe", "choose_inverse_penalty", "fit_linear"]

INVERSE_PENALTIES = tuple(10 ** (exponent / 2) for exponent in range(-8, 5))  # 1e-4 to 100 in half decades

_UNCHOSEN = 0.01  # where no label can be held out: good at one label a class
_COARSE_TOLERANCE, FINAL_TOLERANCE = 3e-4, 1e-6


@dataclass(frozen=True)
class LinearProbe:
    """A fitted linear classifier.

    Args:
        standard: takes vectors to the units of the training set.
        weights: on standardised vectors, a column a class.
        bias: of each class.
        converged: whether the fit reached its tolerance.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import LinearProbe
        >>> from selftaught.evaluation.rotation import Standard
        >>> standard = Standard(torch.zeros(2), torch.ones(2))
        >>> probe = LinearProbe(standard, torch.eye(2), torch.zeros(2), converged=True)
        >>> probe.predict(torch.tensor([[3.0, 1.0], [0.0, 2.0]]))
        tensor([0, 1])
    """

    standard: Standard
    weights: Float[Tensor, "d k"]
    bias: Float[Tensor, " k"]
    converged: bool

    @exact_products()
    def logits(self, vectors: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        """The logit of every class."""
        return self.standard(vectors).to(self.weights.dtype) @ self.weights + self.bias

    def predict(self, vectors: Float[Tensor, "n d"]) -> Int[Tensor, " n"]:
        """The likeliest class."""
        return self.logits(vectors).argmax(1)


@exact_products()
def fit_linear(
    train: Float[Tensor, "n d"],
    labels: Int[Tensor, " labels"],
    *,
    inverse_penalty: float = 1.0,
    classes: int | None = None,
    tolerance: float = FINAL_TOLERANCE,
) -> LinearProbe:
    """Fit a multinomial logistic regression by full-batch L-BFGS.

        min_W  inverse_penalty · sum_i -log softmax(W'x_i + b)[label_i]  +  1/2 |W|²

    on vectors standardised by their own mean and deviation; scikit-learn's `LogisticRegression(C=inverse_penalty)`.

    Args:
        train: vectors in any units.
        labels: their classes, in [0, classes), each there at least once.
        inverse_penalty: > 0; small values keep the weights small.
        classes: how many classes; one more than the largest label if None.
        tolerance: on the gradient, see `minimise`; 1e-6 leaves the loss within a millionth or so of its minimum.

    Returns:
        The probe at the optimum.

    Raises:
        UserError: an argument is out of range.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import fit_linear
        >>> vectors = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]])
        >>> fit_linear(vectors, torch.tensor([0, 0, 1, 1])).predict(torch.tensor([[-0.5], [0.5]]))
        tensor([0, 1])
    """
    if len(labels) != len(train) or len(train) < 2:
        raise UserError(f"expected one label a vector and at least 2, got {len(labels)} for {len(train)}")
    if inverse_penalty <= 0:
        raise UserError(f"expected inverse_penalty > 0, got {inverse_penalty}")
    found = labels.unique()
    classes = int(found[-1]) + 1 if classes is None else classes
    if classes < 2 or len(found) != classes or found[0] != 0:
        raise UserError(f"expected every class of at least 2, 0..{max(classes - 1, 1)}, got {found.tolist()}")
    rotation = Rotation.of(train)
    sets = ItemSets.of(rotation(train), torch.arange(len(train), device=train.device)[None])
    penalty = torch.full((1, 1), 1 / (inverse_penalty * len(train)), dtype=torch.float64, device=train.device)
    weights = torch.full((1, 1, len(train)), 1 / len(train), dtype=torch.float64, device=train.device)
    solution = minimise(sets, labels[None], weights, penalty, classes=classes, tolerance=tolerance)
    slopes, bias = sets.slopes(solution.coefficients[:, 0])
    return LinearProbe(rotation.standard, rotation.axes @ slopes[0].double().T, bias[0].double(), solution.converged)


def choose_inverse_penalty(
    sets: ItemSets, labels: Int[Tensor, "p n"], held_out: Bool[Tensor, "p folds n"], *, classes: int
) -> tuple[Float[Tensor, " p"], Float[Tensor, "p 1 k r"]]:
    """For each set of items, the inverse penalty under which held-out labels are likeliest.

    The fits go from strong penalties to weak ones, each starting from the last, until held-out labels become less
    likely in every set.

    Args:
        sets: the labelled items.
        labels: their classes.
        held_out: by fold; an item may be in none.
        classes: how many classes.

    Returns:
        One of `INVERSE_PENALTIES` for each set, or 0.01 where nothing is held out, and the coefficients of its first
        fold, to start the final fit from.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.linear import choose_inverse_penalty
        >>> from selftaught.evaluation.rotation import ItemSets
        >>> items, labels = torch.randn(1, 40, 2), torch.arange(40)[None] % 2
        >>> sets = ItemSets.of(items[0], torch.arange(40)[None])
        >>> held_out = torch.arange(40) // 8 == torch.arange(5)[None, :, None]
        >>> choice, _ = choose_inverse_penalty(sets, labels, held_out, classes=2)
        >>> choice.shape
        torch.Size([1])
    """
    weights = (~held_out).double()
    seen = weights.sum(2, keepdim=True)  # (p, folds, 1)
    best = torch.full((len(labels),), torch.inf, dtype=torch.float64, device=labels.device)
    choice = torch.full_like(best, _UNCHOSEN)
    shape = (*held_out.shape[:2], classes, sets.items.shape[2])
    coefficients = sets.items.new_zeros(shape)
    warm = coefficients[:, :1]
    for inverse_penalty in INVERSE_PENALTIES if held_out.any() else ():
        penalty = 1 / (inverse_penalty * seen[..., 0])
        solution = minimise(
            sets, labels, weights / seen, penalty, classes=classes, start=coefficients, tolerance=_COARSE_TOLERANCE
        )
        coefficients = solution.coefficients
        nats = torch.stack([_held_out_nats(*each) for each in zip(solution.logits, labels, held_out, strict=True)])
        better = nats < best
        if not better.any():
            break
        best, choice = torch.where(better, nats, best), torch.where(better, inverse_penalty, choice)
        warm = torch.where(better[:, None, None, None], coefficients[:, :1], warm)
    return choice, warm


def _held_out_nats(logits: Tensor, labels: Tensor, held_out: Tensor) -> Tensor:
    fold, item = held_out.nonzero(as_tuple=True)
    return F.cross_entropy(logits[fold, :, item].double(), labels[item])
