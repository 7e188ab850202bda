"""What every method's step asks of its encoder is seen, and asked again gives the same."""

import copy

import pytest
import torch
from test_methods_keep_laws import ENCODERS, SMALL
from torch import Tensor

from selftaught.methods import METHODS, find_method
from selftaught.runs.step_clock import ENCODER, Clock, watch_networks
from selftaught.testing import ExampleEncoder


@pytest.mark.parametrize("name", METHODS)
def test_a_step_is_the_step_and_every_call_of_the_encoder_is_seen(name: str) -> None:
    torch.manual_seed(0)
    method = find_method(name)(ENCODERS.get(name, ExampleEncoder)(), **copy.deepcopy(SMALL.get(name, {}))).train()
    views = method.views_type.example(16, torch.Generator().manual_seed(1))
    encoder, watched, clock = copy.deepcopy(method.encoder), copy.deepcopy(method), Clock()
    asked = watch_networks(watched, clock)
    calls: list[str] = []
    for layer, module in watched.encoder.named_modules():
        if not [*module.children()] and [*module.parameters()]:
            module.register_forward_hook(lambda *_, layer=layer: calls.append(layer))
    losses = []
    for one in (method, watched):
        torch.manual_seed(1)
        losses.append(one.step(views).loss)
    torch.testing.assert_close(losses[1], losses[0])
    assert clock.seconds[ENCODER] > 0
    seen: list[str] = []
    for layer, module in encoder.named_modules():
        if not [*module.children()] and [*module.parameters()]:
            module.register_forward_hook(lambda *_, layer=layer: seen.append(layer))
    for each in asked:
        found = getattr(encoder.get_submodule(each.network), each.function)(*each.given, **each.shared)
        assert isinstance(found, Tensor | tuple)
    assert sorted(seen) == sorted(calls), "asked again, each layer works as often as in the step"
