"""The denominator in pieces against plain loops, and memory that does not grow with the square."""

import subprocess
import sys

import pytest
import torch
from embeddings import normal
from oracles import contrastive as oracle

from selftaught.objectives import log_sum_exp, mean_log_sum_exp

LEFT_OUT = torch.tensor([4, 0, 2])


def expected(rows, candidates, left_out, own):
    total = 0.0
    for i, row in enumerate(rows.tolist()):
        scores = [
            sum(x * y for x, y in zip(row, other, strict=True))
            for j, other in enumerate(candidates.tolist())
            if left_out is None or j != left_out[i]
        ]
        total += oracle.log_sum_exp([*scores, *([] if own is None else [own[i].item()])])
    return total / len(rows)


@pytest.mark.parametrize("scores_at_once", [1, 11, 1 << 23])
@pytest.mark.parametrize("left_out", [None, LEFT_OUT], ids=["all", "one left out"])
@pytest.mark.parametrize("own", [None, normal(3, seed=2)], ids=["none of its own", "one of its own"])
def test_value_and_gradient(monkeypatch, scores_at_once, left_out, own):
    monkeypatch.setattr(log_sum_exp, "_SCORES_AT_ONCE", scores_at_once)
    rows, candidates = normal(3, 4), normal(5, 4, seed=1)
    got = mean_log_sum_exp(rows, candidates, left_out=left_out, own=own)
    assert got.item() == pytest.approx(expected(rows, candidates, left_out, own), abs=1e-12)
    inputs = [rows, candidates, *([] if own is None else [own])]
    assert torch.autograd.gradcheck(
        lambda rows, candidates, own=None: mean_log_sum_exp(rows, candidates, left_out=left_out, own=own), inputs
    )


def test_only_what_is_asked_for_gets_a_gradient():
    rows, candidates = normal(3, 4), normal(5, 4, seed=1)
    mean_log_sum_exp(rows, candidates.detach()).backward()
    alone = rows.grad.clone()
    rows.grad = None
    mean_log_sum_exp(rows, candidates).backward()
    torch.testing.assert_close(rows.grad, alone)
    assert not mean_log_sum_exp(rows.detach(), candidates.detach()).requires_grad


def test_a_second_derivative_is_refused():
    rows, candidates = normal(3, 4), normal(5, 4, seed=1)
    with pytest.raises(NotImplementedError, match="expected create_graph=False"):
        torch.autograd.grad(mean_log_sum_exp(rows, candidates), rows, create_graph=True)


def test_large_scores_do_not_overflow():
    rows = torch.full((2, 1), 1000.0, requires_grad=True)
    loss = mean_log_sum_exp(rows, torch.tensor([[1.0], [-1.0]]), own=torch.tensor([3000.0, -3000.0]))
    loss.backward()
    assert loss.item() == 2000.0
    assert rows.grad.flatten().tolist() == [0.0, 0.5]


MEMORY = """
import torch
from pathlib import Path
def peak():  # in KiB; ru_maxrss begins with what the parent held
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
from selftaught.objectives import nt_xent
a, b = (torch.randn(8192, 16, requires_grad=True) for _ in range(2))
nt_xent(a[:64], b[:64], temperature=0.5).backward()
before = peak()
nt_xent(a, b, temperature=0.5).backward()
print((peak() - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_square():
    found = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    assert int(found.stdout) < 200  # MiB; the similarities of 16,384 views would take 1,024
