"""The laws that one process can check, each a small function that raises `LawBroken`."""

import copy
import io
import itertools
import pickle
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from selftaught.core import Method, MultiView, UserError, Views
from selftaught.parts import BatchNorm
from selftaught.testing.case import Case, LawBroken, advance, is_statistic, snapshot

__all__ = ["LAWS"]

_CANCELS_BIAS = (BatchNorm, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.InstanceNorm1d, nn.InstanceNorm2d)
_PASSES_BIAS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.AdaptiveAvgPool2d, nn.AvgPool2d, nn.Flatten, nn.Identity)


def _require(condition: object, message: str) -> None:
    if not condition:
        raise LawBroken(message)


def _close(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=1e-9, atol=1e-12)


def _changed(before: Mapping[str, Tensor], method: nn.Module) -> list[str]:
    return [name for name, tensor in snapshot(method).items() if not torch.equal(tensor, before[name])]


def _loss(method: Method[Any], views: Views) -> Tensor:
    return method.step(views).loss.detach()


def _tensors(views: Views) -> list[Tensor]:
    found: list[Tensor] = []
    views.map(lambda tensor: found.append(tensor) or tensor)
    return found


def _step_is_pure(case: Case) -> None:
    """`step` changes nothing but running statistics, and gives the same loss for the same views."""
    method = case.trained()
    asked = case.views.map(torch.clone)
    before = snapshot(method)
    step = method.step(asked)
    moved = [name for name in _changed(before, method) if not is_statistic(name)]
    _require(not moved, f"step changed {moved}: move them in after_step")
    modes = [[module.training for module in each.modules()] for each in (case.build(), method)]
    _require(modes[0] == modes[1], "step changed the mode (train or eval)")
    _require(
        all(torch.equal(a, b) for a, b in zip(_tensors(asked), _tensors(case.views), strict=True)),
        "step wrote into its views",
    )
    linked = [name for name, tensor in {**step.remember, **step.metrics}.items() if tensor.requires_grad]
    _require(not linked, f"step handed out {linked} with a gradient: detach what is remembered or shown")
    method.load_state_dict(before, strict=False)
    again = _loss(method, asked)
    _require(
        _close(step.loss.detach(), again),
        f"step gave two losses for the same views, {step.loss.item():.6g} and {again.item():.6g}: "
        "it keeps a state, or draws random numbers that the views should bring",
    )


def _after_step_moves_only_followers(case: Case) -> None:
    """`after_step` moves every teacher, and neither trainable weights nor their statistics."""
    method = case.build()
    step = method.step(case.views)
    step.loss.backward()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():  # an optimiser that moves every weight; before it, teachers stand where they should
        for weight in method.parameters():
            if weight.requires_grad:
                weight += 0.1 * torch.randn(weight.shape, generator=generator)
    before = snapshot(method)
    method.after_step(step, progress=0.5)
    moved = set(_changed(before, method))
    trainable = {name for name, weight in method.named_parameters() if weight.requires_grad}
    owned = {f"{owner}." if owner else "" for owner, _, _ in (name.rpartition(".") for name in trainable)}
    statistics = {name for name in before if is_statistic(name) and name.removesuffix(name.rpartition(".")[2]) in owned}
    wrong = sorted(moved & (trainable | statistics))
    _require(not wrong, f"after_step changed {wrong}: the optimiser moves weights, step moves their statistics")
    teachers = {name for name, weight in method.named_parameters() if not weight.requires_grad}
    left = sorted(name for name in teachers - moved if not case.excuses(name))
    _require(not left, f"after_step left {left} where they were: no teacher follows (if frozen, name them in exempt)")
    overridden = type(method).after_step is not Method.after_step
    _require(bool(moved) or not overridden, "after_step moved nothing")


def _gradients_reach_every_weight(case: Case) -> None:
    """Every trainable weight has a gradient, non-zero after one optimiser step; teachers have none."""
    method = case.build()
    advance(method, case.views)
    method.zero_grad(set_to_none=True)
    method.step(case.views).loss.backward()
    trainable = {name: weight for name, weight in method.named_parameters() if weight.requires_grad}
    taught = [name for name, weight in method.named_parameters() if name not in trainable and weight.grad is not None]
    _require(not taught, f"{taught} have a gradient and are not trainable")
    sizes = {name: weight.grad.abs().max().item() for name, weight in trainable.items() if weight.grad is not None}
    missing = [name for name in trainable if name not in sizes and not case.excuses(name)]
    _require(not missing, f"no gradient reaches {missing}: freeze teachers by requires_grad_(False)")
    cancelled = set(_cancelled_biases(method))
    floor = 1e-12 * max(sizes.values(), default=0.0)
    vanishing = [name for name, size in sizes.items() if size <= floor and name not in cancelled]
    vanishing = [name for name in vanishing if not case.excuses(name)]
    _require(not vanishing, f"the gradient of {vanishing} is zero: they learn nothing")


def _cancelled_biases(method: nn.Module) -> Iterator[str]:
    # A batch norm takes away what a bias adds, also behind layers that pass a constant on as a constant.
    layers = [(name, module) for name, module in method.named_modules() if next(module.children(), None) is None]
    for place, (name, _) in enumerate(layers):
        behind = (module for _, module in layers[place + 1 :])
        blocking = itertools.dropwhile(lambda module: isinstance(module, _PASSES_BIAS) and not _frozen(module), behind)
        if isinstance(next(blocking, None), _CANCELS_BIAS):
            yield f"{name}.bias"


def _frozen(module: nn.Module) -> bool:
    return any(not weight.requires_grad for weight in module.parameters())


def _item_order_does_not_matter(case: Case) -> None:
    """The loss is that of the batch in any order, unless the method says otherwise."""
    method = case.trained()
    if method.item_order_matters:
        return
    order = torch.randperm(len(case.views), generator=torch.Generator().manual_seed(0))
    loss, shuffled = _loss(copy.deepcopy(method), case.views), _loss(method, case.views.take(order))
    _require(
        _close(loss, shuffled),
        f"the loss depends on the order of the items, {loss.item():.6g} and {shuffled.item():.6g}: "
        "say so by item_order_matters, or pair rows by item",
    )


def _reload_gives_the_same_loss(case: Case) -> None:
    """A fresh instance that loads the state continues as the original does."""
    method, fresh = case.trained(), case.build(seed=1)
    file = io.BytesIO()
    torch.save(method.state_dict(), file)
    file.seek(0)
    try:
        fresh.load_state_dict(torch.load(file, weights_only=True))
    except pickle.UnpicklingError as error:
        raise LawBroken(f"the state holds more than tensors, which loading refuses: {error}") from error
    for when in ("after a reload", "one step after a reload"):
        loss, reloaded = _loss(copy.deepcopy(method), case.views), _loss(copy.deepcopy(fresh), case.views)
        _require(
            _close(loss, reloaded),
            f"{when} the loss is {reloaded.item():.6g} instead of {loss.item():.6g}: some state is not in state_dict",
        )
        advance(method, case.views)
        advance(fresh, case.views)


def _tensors_are_stored_once(case: Case) -> None:
    """No two names of the state share memory."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for name, tensor in dict[str, object](case.build().state_dict()).items():
        if isinstance(tensor, Tensor) and tensor.numel():
            names[tensor.untyped_storage().data_ptr()].append(name)
    shared = [group for group in names.values() if len(group) > 1]
    _require(not shared, f"one tensor has several names: {shared}")


def _precisions_give_finite_losses(case: Case) -> None:
    """Losses, gradients and energies are finite in float64, float32 and under bfloat16 autocast."""
    views = case.views.to(torch.device("cpu"), torch.float32)
    float64 = _check_precision(case.build(), case.views, torch.float64, "float64")
    float32 = _check_precision(case.build().float(), views, torch.float32, "float32")
    _check_precision(case.build().float(), views, torch.float32, "bfloat16 autocast")
    _require(
        torch.allclose(float32.double(), float64, rtol=1e-3, atol=1e-4),
        f"the loss is {float64.item():.6g} in float64 and {float32.item():.6g} in float32",
    )


def _check_precision(method: Method[Any], views: Views, expected: torch.dtype, named: str) -> Tensor:
    try:
        with torch.autocast("cpu", torch.bfloat16, enabled="autocast" in named):
            step, energy = method.step(views), method.energy(views)
        step.loss.backward()
    except RuntimeError as error:
        raise LawBroken(f"in {named}, step or energy fails: {error}") from error
    results = {**{f"loss {name}": loss for name, loss in step.losses.items()}, "energy": energy}
    for name, result in results.items():
        _require(result.dtype == expected, f"in {named}, the {name} is {result.dtype}, expected {expected}")
    gradients = {f"gradient of {name}": weight.grad for name, weight in method.named_parameters()}
    for name, result in {**results, **gradients}.items():
        _require(result is None or bool(result.isfinite().all()), f"in {named}, the {name} is not finite")
    return step.loss.detach()


def _wrong_views_are_refused(case: Case) -> None:
    """One view where several are needed raises `UserError`, in `step` and in `energy`."""
    if not isinstance(case.views, MultiView):
        return
    wrong = MultiView(case.views.index, case.views.views[:1])
    method = case.build()
    asks: dict[str, Callable[[Views], object]] = {"step": method.step, "energy": method.energy}
    for name, ask in asks.items():
        try:
            ask(wrong)
        except UserError:
            continue
        except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise LawBroken(f"{name} met one view with {error!r}, expected a UserError that says so") from error
        raise LawBroken(f"{name} took one view of each item and did not refuse")


def _energy_is_each_items_own(case: Case) -> None:
    """In eval mode `energy` gives each item a number of its own, changes nothing, and feels a mismatch."""
    method = case.trained().eval()
    before = snapshot(method)
    energy = method.energy(case.views).detach()
    count = len(case.views)
    _require(energy.shape == (count,), f"energy has shape {tuple(energy.shape)}, expected {(count,)}")
    moved = _changed(before, method)
    _require(not moved, f"energy changed {moved} in eval mode")
    _require(not any(module.training for module in method.modules()), "energy changed the mode (train or eval)")
    _require(_close(method.energy(case.views).detach(), energy), "energy gave two answers for the same views")
    for rows in (torch.tensor([0]), torch.tensor([count - 1, 1, 2])):
        alone = method.energy(case.views.take(rows)).detach()
        _require(_close(alone, energy[rows]), "an item's energy depends on the other items of the batch")
    for kind, mismatched in case.views.mismatched().items():
        same = torch.isclose(method.energy(mismatched).detach(), energy, rtol=1e-9)
        _require(not bool(same.all()), f"energy does not feel a mismatch: '{kind}' has the energy of true pairs")


def _groups_hold_each_weight_once(case: Case) -> None:
    """`parameter_groups` hold each trainable weight exactly once, and nothing else."""
    method = case.build()
    groups = method.parameter_groups()
    held = [id(weight) for group in groups for weight in group.parameters]
    trainable = {id(weight): name for name, weight in method.named_parameters() if weight.requires_grad}
    missing = [name for weight, name in trainable.items() if weight not in held]
    _require(not missing, f"no parameter group holds {missing}")
    twice = [name for weight, name in trainable.items() if held.count(weight) > 1]
    _require(not twice, f"parameter groups hold {twice} more than once")
    _require(all(weight in trainable for weight in held), "a parameter group holds a weight that is not trainable")
    names = [group.name for group in groups]
    _require(len(set(names)) == len(names), f"parameter groups share a name: {names}")


def _players_learn_by_their_own_loss(case: Case) -> None:
    """Where several play, each has a loss of its name and weights of its own, which no other loss moves."""
    method = case.trained()
    players = method.players()
    if not players:
        return
    step = method.step(case.views)
    names = f"players are {sorted(players)} and losses {sorted(step.losses)}: expected one loss for each player"
    _require(set(players) == set(step.losses), names)
    trainable = {id(weight): name for name, weight in method.named_parameters() if weight.requires_grad}
    held = [id(weight) for weights in players.values() for weight in weights]
    missing = [name for weight, name in trainable.items() if weight not in held]
    _require(not missing, f"no player holds {missing}")
    twice = [name for weight, name in trainable.items() if held.count(weight) > 1]
    _require(not twice, f"players hold {twice} more than once")
    _require(all(weight in trainable for weight in held), "a player holds a weight that is not trainable")
    for player, weights in players.items():
        summed, own = (
            torch.autograd.grad(loss, list(weights), retain_graph=True, materialize_grads=True)
            for loss in (step.loss, step.losses[player])
        )
        moved = [trainable[id(weight)] for weight, a, b in zip(weights, summed, own, strict=True) if not _close(a, b)]
        _require(
            not moved,
            f"another loss than {player}'s own moves {moved}: an opponent enters by functional_call with detached "
            "weights, what it is asked about detached where it is not to learn from the answer",
        )


LAWS: tuple[Callable[[Case], None], ...] = (
    _precisions_give_finite_losses,
    _step_is_pure,
    _gradients_reach_every_weight,
    _after_step_moves_only_followers,
    _tensors_are_stored_once,
    _reload_gives_the_same_loss,
    _item_order_does_not_matter,
    _wrong_views_are_refused,
    _energy_is_each_items_own,
    _groups_hold_each_weight_once,
    _players_learn_by_their_own_loss,
)
"""In the order in which a broken one explains those behind it."""
