"""The most memory that was in use."""

import sys
from pathlib import Path

import torch

__all__ = ["peak_bytes"]

_STATUS = Path("/proc/self/status")


def peak_bytes(device: torch.device) -> int | None:
    """Of a GPU since `torch.cuda.reset_peak_memory_stats`; of a CPU what this process has held at most so far.

    Args:
        device: where the work is done.

    Returns:
        Bytes; None where the system does not tell. Apple's GPU tells only what is in use now.

    Example:
        >>> import torch
        >>> from selftaught.training.memory import peak_bytes
        >>> peak_bytes(torch.device("cpu")) != 0
        True
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if device.type == "mps":
        return torch.mps.driver_allocated_memory()
    if sys.platform == "win32":
        return None
    if _STATUS.is_file():  # on Linux `ru_maxrss` begins with what the process held that started this one
        kibibytes = [line.split()[1] for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(kibibytes[0]) * 1024 if kibibytes else None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
