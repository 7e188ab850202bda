from pathlib import Path

import pytest
import torch

from selftaught.core import UserError
from selftaught.training import devices
from selftaught.training.devices import autocast, resolve_device, resolve_precision


@pytest.mark.parametrize(
    ("flags", "dtype"),
    [
        ("fpu avx512f avx512_bf16", torch.bfloat16),
        ("fpu amx_bf16 amx_tile", torch.bfloat16),
        ("fpu avx512f avx512_vnni", torch.float32),
    ],
)
def test_auto_takes_bfloat16_where_the_cpu_multiplies_it(
    flags: str, dtype: torch.dtype, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor: 0\nflags\t\t: {flags}\nbugs: none\n")
    monkeypatch.setattr(devices, "_CPU_FLAGS", tmp_path / "cpuinfo")
    assert resolve_precision("auto", torch.device("cpu")) == dtype
    monkeypatch.setattr(devices, "_CPU_FLAGS", tmp_path / "missing")
    assert resolve_precision("auto", torch.device("cpu")) == torch.float32


def test_auto_on_apples_gpu_and_what_was_asked_for() -> None:
    assert resolve_precision("auto", torch.device("mps")) == torch.float32
    assert resolve_precision("bfloat16", torch.device("cpu")) == torch.bfloat16
    with pytest.raises(UserError, match="unknown precision 'bfloat61': did you mean 'bfloat16'"):
        resolve_precision("bfloat61", torch.device("cpu"))


def test_auto_takes_the_first_device_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert resolve_device("auto").type == "mps"
    with pytest.raises(UserError, match=r"finds no cuda device here \(there is: mps, cpu\)"):
        resolve_device("cuda")
    with pytest.raises(UserError, match="unknown device 'gpu'"):
        resolve_device("gpu")


def test_autocast_is_off_in_float32() -> None:
    with autocast(torch.device("cpu"), torch.float32):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
