"""Borrowing a network: eval mode and another device for a while, and then everything as it was."""

from collections.abc import Generator
from contextlib import contextmanager

import torch
from torch import nn

__all__ = ["reading"]


@contextmanager
def reading(network: nn.Module, device: torch.device) -> Generator[None, None, None]:
    """Puts a network into eval mode, on a device, channels last, without autograd; leaves it exactly as it was.

    Args:
        network: nothing may train it meanwhile; every module is switched, and switched back even after an error.
        device: where it works meanwhile.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.extraction import reading
        >>> network = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(4).eval())
        >>> with reading(network, torch.device("cpu")):
        ...     network.training
        False
        >>> [module.training for module in network]
        [True, False]
    """
    modes = [(module, module.training) for module in network.modules()]
    home = next((weight.device for weight in network.parameters()), None)
    network.to(device).eval()
    kernels = [(weight, weight.data) for weight in network.parameters() if weight.dim() == 4]
    for weight, data in kernels:
        weight.data = data.contiguous(memory_format=torch.channels_last)  # convolutions on CPUs take half as long
    try:
        with torch.no_grad():
            yield
    finally:
        for weight, data in kernels:
            weight.data = data
        for module, training in modes:
            module.training = training
        if home is not None:
            network.to(home)
