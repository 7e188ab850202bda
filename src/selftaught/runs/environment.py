"""Where a run was made: versions, commit, machine."""

import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path

import torch

__all__ = ["commit", "machine", "versions"]

_PACKAGES = ("selftaught", "torch", "torchvision", "timm", "lightning-fabric", "datasets", "numpy", "scikit-learn")


def versions() -> dict[str, str]:
    """The versions of Python and of every library that has a part in the numbers.

    Example:
        >>> from selftaught.runs.environment import versions
        >>> sorted(versions())[:2]
        ['datasets', 'lightning-fabric']
    """
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _PACKAGES}


def commit() -> str | None:
    """The commit of selftaught's own source tree, marked where files differ from it; None where there is no tree.

    Example:
        >>> from selftaught.runs.environment import commit
        >>> commit() is None or len(commit()) >= 40
        True
    """
    source = Path(__file__).parent
    try:
        described = subprocess.run(
            [
                "git",
                "-C",
                str(source),
                "describe",
                "--always",
                "--abbrev=40",
                "--dirty",
                "--exclude=*",
                "--",
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        tracked = subprocess.run(
            ["git", "-C", str(source), "ls-files", "--error-unmatch", Path(__file__).name],
            capture_output=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip() if tracked.returncode == 0 else None


def machine(device: torch.device) -> dict[str, object]:
    """The processor, its cores, the memory and the device that trains.

    Example:
        >>> import torch
        >>> from selftaught.runs.environment import machine
        >>> machine(torch.device("cpu"))["device"]
        'cpu'
    """
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "device": name,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
