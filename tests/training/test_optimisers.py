import math
from collections.abc import Sequence

import pytest
import torch
from stand_ins import Remembering, fresh
from torch import nn

from selftaught.core import ParameterGroup
from selftaught.training.optimisers import LARS, build_optimiser, set_learning_rate
from selftaught.training.settings import TrainingSettings


def lars_oracle(
    weight: list[float],
    gradients: Sequence[list[float]],
    rates: Sequence[float],
    decay: float,
    momentum: float,
    trust: float | None,
) -> list[float]:
    """You et al. 2017, algorithm 1, in plain Python; trust None leaves the rate unscaled."""
    velocity = [0.0] * len(weight)
    for gradient, rate in zip(gradients, rates, strict=True):
        length = math.sqrt(sum(value * value for value in weight))
        slope = math.sqrt(sum(value * value for value in gradient))
        local = 1.0
        if trust is not None and length > 0 and slope > 0:
            local = trust * length / (slope + decay * length)
        for i in range(len(weight)):
            velocity[i] = momentum * velocity[i] + rate * local * (gradient[i] + decay * weight[i])
        weight = [w - v for w, v in zip(weight, velocity, strict=True)]
    return weight


def lars_by_torch(
    start: torch.Tensor, gradients: torch.Tensor, rates: Sequence[float], decay: float, momentum: float, *, adapt: bool
) -> torch.Tensor:
    weight = nn.Parameter(start.clone())
    optimiser = LARS([{"params": [weight], "adapt": adapt}], lr=0.1, momentum=momentum, weight_decay=decay)
    for gradient, rate in zip(gradients, rates, strict=True):
        optimiser.param_groups[0]["lr"] = rate
        weight.grad = gradient.clone()
        optimiser.step()
    return weight.detach()


@pytest.mark.parametrize("adapt", [True, False])
@pytest.mark.parametrize(("decay", "momentum"), [(0.0, 0.0), (0.1, 0.9), (1e-4, 0.9)])
def test_lars_is_its_paper(adapt: bool, decay: float, momentum: float) -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(4, 3, dtype=torch.float64, generator=generator)
    gradients = torch.randn(7, 4, 3, dtype=torch.float64, generator=generator)
    rates = [0.5, 1.0, 2.0, 2.0, 1.0, 0.5, 0.1]
    ours = lars_by_torch(start, gradients, rates, decay, momentum, adapt=adapt)
    theirs = lars_oracle(
        start.flatten().tolist(),
        [g.flatten().tolist() for g in gradients],
        rates,
        decay,
        momentum,
        0.001 if adapt else None,
    )
    assert ours.flatten().tolist() == pytest.approx(theirs, rel=0, abs=1e-12)


@pytest.mark.parametrize("start", [0.0, 1.0])
@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_lars_where_a_length_is_zero(start: float, slope: float) -> None:
    weight, gradient = torch.full((2, 2), start).double(), torch.full((1, 2, 2), slope).double()
    ours = lars_by_torch(weight, gradient, [0.5], 0.01, 0.9, adapt=True)
    theirs = lars_oracle(weight.flatten().tolist(), [gradient.flatten().tolist()], [0.5], 0.01, 0.9, 0.001)
    assert ours.flatten().tolist() == pytest.approx(theirs, abs=1e-15)


def test_lars_does_not_care_how_long_a_gradient_is() -> None:
    start, gradient = torch.tensor([[3.0, 4.0]]).double(), torch.tensor([[[1.0, 2.0]]]).double()
    a, b = (lars_by_torch(start, gradient * scale, [1.0], 0.0, 0.0, adapt=True) for scale in (1.0, 1000.0))
    assert torch.allclose(a, b)
    assert (a - start).norm().item() == pytest.approx(0.001 * 5)


@pytest.mark.parametrize("name", ["adamw", "sgd", "lars"])
def test_decay_leaves_biases_and_norms_alone(name: str) -> None:
    method = fresh()
    settings = TrainingSettings(optimiser=name, learning_rate=0.5, weight_decay=0.25)  # type: ignore[arg-type]
    optimiser = build_optimiser(method, settings)
    before = {key: weight.detach().clone() for key, weight in method.named_parameters()}
    for weight in method.parameters():
        weight.grad = torch.zeros_like(weight)
    set_learning_rate(optimiser, 0.5, 1.0)
    optimiser.step()
    after = dict(method.named_parameters())
    assert torch.equal(after["encoder.weights.bias"], before["encoder.weights.bias"])
    assert torch.equal(after["teacher.weight"], before["teacher.weight"])
    # LARS takes its scaled rate only where there is a gradient; with none the rate is plain, as SGD's
    assert torch.allclose(after["encoder.weights.weight"], before["encoder.weights.weight"] * (1 - 0.5 * 0.25))
    assert torch.allclose(after["predictor.weight"], before["predictor.weight"] * (1 - 10 * 0.5 * 0.25))


def test_groups_have_their_own_rates() -> None:
    optimiser = build_optimiser(fresh(), TrainingSettings(learning_rate=0.1))
    set_learning_rate(optimiser, 0.1, 0.5)
    rates = {id(weight): group["lr"] for group in optimiser.param_groups for weight in group["params"]}
    assert sorted(rates.values()) == pytest.approx([0.05, 0.05, 1.0, 1.0])  # the predictor's are constant, tenfold


def test_sgd_matches_torch_by_hand() -> None:
    method = fresh()
    optimiser = build_optimiser(method, TrainingSettings(optimiser="sgd", momentum=0.5, weight_decay=0.0))
    set_learning_rate(optimiser, 1.0, 1.0)
    bias = method.encoder.weights.bias
    start = bias.detach().clone()
    for _ in range(2):
        bias.grad = torch.ones_like(bias)
        optimiser.step()
    assert torch.allclose(bias.detach(), start - 1 - 1.5)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (lambda method: list(method.encoder.parameters()), "in none: predictor.weight, predictor.bias"),
        (lambda method: [*method.encoder.parameters(), *method.predictor.parameters()] * 2, "one in two"),
        (lambda method: [*method.parameters()], "got others"),
    ],
)
def test_each_weight_belongs_to_one_group(chosen, message, monkeypatch: pytest.MonkeyPatch) -> None:
    method = fresh()
    monkeypatch.setattr(Remembering, "parameter_groups", lambda self: [ParameterGroup("all", chosen(self))])
    with pytest.raises(ValueError, match=message):
        build_optimiser(method, TrainingSettings())
