"""Compiled networks compute what they compute without, for every method, and only while they train."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from step_gradients import gradients
from test_methods_keep_laws import ENCODERS, SMALL
from torch import Tensor

from selftaught.core import MultiView
from selftaught.methods import METHODS, SimCLR, find_method
from selftaught.testing import ExampleEncoder
from selftaught.training import embedding_in_pieces
from selftaught.training.compiling import compiled

pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # torch.compile itself looks there


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    """What the program beside this file says of every method."""
    program = [sys.executable, str(Path(__file__).with_name("compiled_steps.py")), *METHODS]
    lines = subprocess.run(program, check=True, capture_output=True, text=True).stdout.splitlines()
    found = [json.loads(line) for line in lines if line.startswith('{"method": ')]
    return {each["method"]: each for each in found}


@pytest.mark.parametrize("name", METHODS)
def test_a_compiled_step_is_the_step_and_leaves_no_layer_out(name: str, told: dict[str, dict[str, Any]]) -> None:
    found = told[name]
    assert found["layers"] > 0
    assert found["left_out"] == []
    assert found["gradients"] == ""
    assert not found["kept"]
    assert found["afterwards"] == ""


@pytest.mark.parametrize("name", ["simclr", "cmc", "cpc_images", "dpc", "mae", "i_jepa", "pixelcnn", "bigan"])
def test_a_compiled_step_in_pieces_is_the_step_in_pieces(name: str) -> None:
    torch.manual_seed(0)
    method = find_method(name)(ENCODERS.get(name, ExampleEncoder)(), **SMALL.get(name, {})).train()
    views = method.views_type.example(16, torch.Generator().manual_seed(1))
    with embedding_in_pieces(method.encoder, 6):
        plain = gradients(method, views)
    with compiled(method, backend="aot_eager"), embedding_in_pieces(method.encoder, 6):
        torch.testing.assert_close(gradients(method, views), plain, rtol=1e-3, atol=1e-5)


def test_only_calls_in_training_mode_are_compiled() -> None:
    graphs: list[torch.fx.GraphModule] = []

    def backend(graph: torch.fx.GraphModule, inputs: list[Tensor]) -> object:
        graphs.append(graph)
        return graph.forward

    method = SimCLR(ExampleEncoder(), hidden_width=12, embedding_width=8)
    views = MultiView.example(4, torch.Generator())
    with compiled(method, backend=backend):
        method.eval().step(views)
        assert graphs == []
        method.train().step(views)
        assert len(graphs) >= 2  # encoder and head
