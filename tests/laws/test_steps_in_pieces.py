"""Every method's step in pieces: small ones, all of them, and the loss and the gradient of the whole batch."""

import copy

import pytest
import torch
from step_gradients import gradients
from test_methods_keep_laws import ENCODERS, SMALL

from selftaught.core import Method, entries_of
from selftaught.methods import METHODS, find_method
from selftaught.testing import ExampleEncoder
from selftaught.training import embedding_in_pieces

ONE_BATCH = ("dgi",)  # nodes of a graph


def _fresh(name: str) -> Method:
    torch.manual_seed(0)
    settings = copy.deepcopy(SMALL.get(name, {}))
    method = find_method(name)(ENCODERS.get(name, ExampleEncoder)(), **settings).double().train()
    for network, _ in entries_of(method.encoder):  # batch norms would see pieces instead of the batch
        for part in network.modules():
            if hasattr(part, "num_batches_tracked"):
                part.eval()
    return method


@pytest.mark.parametrize("name", [name for name in METHODS if name not in ONE_BATCH])
def test_a_step_in_pieces_is_the_step(name: str) -> None:
    method = _fresh(name)
    views = method.views_type.example(16, torch.Generator().manual_seed(1)).to(torch.device("cpu"), torch.float64)
    loss, whole = gradients(copy.deepcopy(method), views)
    sizes: list[int] = []

    with embedding_in_pieces(method.encoder, 3):
        for network, entry in entries_of(method.encoder):
            inside = vars(network)[entry]
            plain = inside.whole

            def noted(items, *others, plain=plain, **shared):
                if torch.is_grad_enabled():
                    sizes.append(len(items))
                return plain(items, *others, **shared)

            inside.whole = noted
        found, pieces = gradients(method, views)
    assert sizes, "the encoder was asked by a function that is not among its entries"
    assert max(sizes) <= 3
    torch.testing.assert_close(found, loss, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(pieces, whole, rtol=1e-7, atol=1e-10)
