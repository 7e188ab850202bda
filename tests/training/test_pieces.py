"""Embedding in pieces gives the gradient of the whole batch, in less memory, and counts nothing twice."""

import copy
import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from selftaught.core import Encoder, MultiView, UserError, Views
from selftaught.encoders import GraphConvolution, SmallResNet, TextTransformer, VisionTransformer
from selftaught.methods import BERT, BYOL, DGI, MAE, MoCo, SimCLR
from selftaught.training import embedding_in_pieces


class NormFree(Encoder):
    """Two convolutions, and a vector an item."""

    width = 12

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.GELU(), nn.Conv2d(8, 12, 3, stride=2), nn.GELU())

    def forward(self, items: Tensor) -> Tensor:
        return self.layers(items).mean((2, 3))


def methods() -> dict:
    small = {"hidden_width": 16, "embedding_width": 8}
    text = TextTransformer(vocabulary_size=32, max_tokens=16, width=16, layers=1, heads=2, dropout=0.0)
    return {
        "simclr": lambda: SimCLR(NormFree(), **small),
        "byol": lambda: BYOL(NormFree(), **small),
        "moco": lambda: MoCo(NormFree(), embedding_width=8, queue=32),
        "mae": lambda: MAE(VisionTransformer(image_size=16), decoder_width=32, decoder_depth=1, decoder_heads=2),
        "bert": lambda: BERT(text),
    }


def gradient(method: nn.Module, views: Views) -> tuple[Tensor, Tensor]:
    method.zero_grad()
    step = method.step(views)
    step.loss.backward()
    grads = [weight.grad.flatten() for weight in method.parameters() if weight.grad is not None]
    return step.loss.detach(), torch.cat(grads)


@pytest.mark.parametrize("name", list(methods()))
@pytest.mark.parametrize("size", [1, 5])
def test_loss_and_gradient_are_those_of_the_whole_batch(name: str, size: int):
    torch.manual_seed(0)
    method = methods()[name]().double()
    views = method.views_type.example(16, torch.Generator().manual_seed(1)).to(torch.device("cpu"), torch.float64)
    loss, whole = gradient(method, views)
    with embedding_in_pieces(method.encoder, size):
        in_pieces = gradient(method, views)
    torch.testing.assert_close(in_pieces[0], loss, rtol=1e-12, atol=1e-12)
    assert ((in_pieces[1] - whole).norm() / whole.norm()).item() < 1e-12


def test_the_mean_of_pieces_losses_is_another_gradient():
    method = SimCLR(NormFree(), hidden_width=16, embedding_width=8).double()
    views = MultiView.example(12, torch.Generator().manual_seed(1)).to(torch.device("cpu"), torch.float64)
    _, whole = gradient(method, views)
    parts = [gradient(method, views.take(slice(start, start + 4)))[1] for start in range(0, 12, 4)]
    assert ((sum(parts) / 3 - whole).norm() / whole.norm()).item() > 0.05


def test_running_statistics_move_once_for_every_piece():
    torch.manual_seed(0)
    encoder = SmallResNet(channels=3, image_size=16)
    by_hand = copy.deepcopy(encoder)
    items = torch.randn(8, 3, 16, 16)
    torch.cat([by_hand(piece) for piece in items.split(4)]).square().sum().backward()
    with embedding_in_pieces(encoder, 4):
        encoder(items).square().sum().backward()
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(encoder.buffers(), by_hand.buffers(), strict=True))
    assert all(norm.momentum == 0.1 for norm in encoder.modules() if isinstance(norm, nn.BatchNorm2d))
    for ours, theirs in zip(encoder.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-5)


def test_dropout_is_the_same_when_computed_again():
    class Dropping(Encoder):
        width = 4

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(4))

        def forward(self, items: Tensor) -> Tensor:
            return nn.functional.dropout(items * self.weight, 0.5)

    encoder, items = Dropping(), torch.ones(6, 4)
    with embedding_in_pieces(encoder, 2):
        found = encoder(items)
        found.sum().backward()
    torch.testing.assert_close(encoder.weight.grad, found.detach().sum(0))


def test_a_copy_works_with_its_own_weights_and_the_encoder_is_as_before():
    encoder = NormFree()
    items = torch.randn(4, 3, 8, 8)
    with embedding_in_pieces(encoder, 2):
        other = copy.deepcopy(encoder)
        for weight in other.parameters():
            nn.init.zeros_(weight)
        assert other(items).abs().max() == 0
        assert encoder(items).abs().max() > 0
    assert "forward" not in encoder.__dict__


def test_what_stands_before_forward_is_used_and_kept():
    encoder = NormFree()
    sizes: list[int] = []

    def before(items: Tensor) -> Tensor:  # such as what torch.compile made of the network
        sizes.append(len(items))
        return NormFree.forward(encoder, items)

    vars(encoder)["forward"] = before
    with embedding_in_pieces(encoder, 4):
        encoder(torch.randn(10, 3, 8, 8)).sum().backward()
    assert sizes == [4, 4, 2, 2, 4, 4], "forward, then again in the backward pass"
    assert vars(encoder)["forward"] is before


def test_what_cannot_be_cut_is_refused():
    with pytest.raises(UserError, match="at least 1 item in a piece, got 0"), embedding_in_pieces(NormFree(), 0):
        pass
    graph = DGI(GraphConvolution(features=5, width=4))
    views = DGI.views_type.example(8, torch.Generator().manual_seed(0))
    with embedding_in_pieces(graph.encoder, 2), pytest.raises(UserError, match="embedded apart, got Nodes"):
        graph.step(views)


MEMORY = """
import torch
from pathlib import Path
def peak():  # in KiB; ru_maxrss begins with what the parent held
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
from selftaught.encoders import SmallResNet
from selftaught.methods import SimCLR
from selftaught.core import MultiView
from selftaught.training import embedding_in_pieces
method = SimCLR(SmallResNet(channels=3, image_size=32), hidden_width=64, embedding_width=32)
views = MultiView(torch.arange(64), tuple(torch.randn(2, 64, 3, 32, 32)))
method.step(views.take(slice(8))).loss.backward()
peaks = [peak()]
with embedding_in_pieces(method.encoder, 8):
    method.step(views).loss.backward()
peaks.append(peak())
method.step(views).loss.backward()
peaks.append(peak())
print(peaks[1] - peaks[0], peaks[2] - peaks[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_saves_memory():
    found = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    pieces, whole = map(int, found.stdout.split())
    assert pieces < 0.7 * whole, found.stdout
