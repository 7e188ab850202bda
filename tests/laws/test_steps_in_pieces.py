"""Every method's step in pieces: small ones, all of them, and the loss and the gradient of the whole batch."""

import copy

import pytest
import torch
from test_methods_keep_laws import ENCODERS, SMALL
from torch import Tensor

from selftaught.core import Method, Views, entries_of
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


def _gradients(method: Method, views: Views) -> tuple[Tensor, list[Tensor]]:
    method.zero_grad()
    torch.manual_seed(1)
    loss = method.step(views).loss
    loss.backward()
    return loss.detach(), [weight.grad.clone() for weight in method.parameters() if weight.grad is not None]


@pytest.mark.parametrize("name", [name for name in METHODS if name not in ONE_BATCH])
def test_a_step_in_pieces_is_the_step(name: str) -> None:
    method = _fresh(name)
    views = method.views_type.example(16, torch.Generator().manual_seed(1)).to(torch.device("cpu"), torch.float64)
    loss, whole = _gradients(copy.deepcopy(method), views)
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
        found, pieces = _gradients(method, views)
    assert sizes, "the encoder was asked by a function that is not among its entries"
    assert max(sizes) <= 3
    torch.testing.assert_close(found, loss, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(pieces, whole, rtol=1e-7, atol=1e-10)
