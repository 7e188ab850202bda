"""What differs between the compiled step of each method and its step, printed as JSON, a line for each method.

A program of its own, since the checks of shapes that tests run with cut into what the compiler sees.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import torch
from step_gradients import gradients
from test_methods_keep_laws import ENCODERS, SMALL
from torch import Tensor, nn

from selftaught.core import Method
from selftaught.methods import find_method
from selftaught.testing import ExampleEncoder
from selftaught.training.compiling import compiled


def note_layers(method: Method, found: list[tuple[str, bool]]) -> None:
    """Whenever a layer is called, its name comes into the list, and whether that call is part of what is compiled."""

    def noted(name: str, plain: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def forward(*given: Any, **named: Any) -> Tensor:
            found.append((name, torch.compiler.is_compiling()))
            return plain(*given, **named)

        return forward

    for name, layer in method.named_modules():
        weights = [*layer.parameters(recurse=False)]
        if weights and not [*layer.children()] and type(layer).forward is not nn.Module.forward:
            vars(layer)["forward"] = noted(name, layer.forward)


def differences(name: str) -> dict[str, Any]:
    """Of one method: layers that are not called inside of what is compiled, and what else is wrong."""
    torch.manual_seed(0)
    method = find_method(name)(ENCODERS.get(name, ExampleEncoder)(), **SMALL.get(name, {})).train()
    views, called = method.views_type.example(16, torch.Generator().manual_seed(1)), list[tuple[str, bool]]()
    note_layers(method, called)
    plain = gradients(method, views)
    layers = {layer for layer, _ in called}
    called.clear()
    before = [dict(vars(module)) for module in method.modules()]
    with compiled(method, backend="aot_eager"):
        fast = gradients(method, views)
    inside, outside = ({layer for layer, how in called if how is wanted} for wanted in (True, False))
    return {
        "method": name,
        "layers": len(layers),
        "left_out": sorted(outside | (layers - inside)),
        "gradients": wrong(fast, plain, rtol=1e-3, atol=1e-5),
        "kept": [dict(vars(module)) for module in method.modules()] != before,
        "afterwards": wrong(gradients(method, views), plain),
    }


def wrong(found: Any, expected: Any, **tolerances: float) -> str:
    """How the two differ; empty where they do not."""
    try:
        torch.testing.assert_close(found, expected, **tolerances)
    except AssertionError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    for each in sys.argv[1:]:
        print(json.dumps(differences(each)), flush=True)
