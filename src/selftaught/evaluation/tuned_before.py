"""What was trained on labels before: a control that several evaluations share is trained once."""

import hashlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor, nn

__all__ = ["each_trained_once", "tuned_before"]

Tuned = tuple[float, int, Tensor]  # a learning rate, a number of passes, which test items were right


_KNOWN: ContextVar[dict[str, Tuned] | None] = ContextVar("known", default=None)


@contextmanager
def each_trained_once() -> Generator[None, None, None]:
    """Inside, no network is trained twice with the same first weights, labels and settings; later ones take the first.

    For several evaluations on the same items, as those of a comparison: methods with the same encoder have the same
    network from scratch beside them. Only answers are kept, no networks.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.evaluation.tuned_before import each_trained_once, tuned_before
        >>> trained = []
        >>> def train():
        ...     trained.append(1)
        ...     return 1e-3, 5, torch.tensor([True])
        >>> with each_trained_once():
        ...     for _ in range(2):
        ...         rate, epochs, right = tuned_before(nn.Flatten(), "10% of the labels", train)
        >>> len(trained), rate
        (1, 0.001)
    """
    token = _KNOWN.set({})
    try:
        yield
    finally:
        _KNOWN.reset(token)


def tuned_before(network: nn.Module, settings: str, train: Callable[[], Tuned]) -> Tuned:
    """What training gives, or gave before inside `each_trained_once`.

    Args:
        network: with the weights that training starts from.
        settings: everything else that training depends on, but the items.
        train: does it.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.evaluation.tuned_before import tuned_before
        >>> tuned_before(nn.Flatten(), "all labels", lambda: (1e-3, 5, torch.tensor([True])))[:2]
        (0.001, 5)
    """
    known = _KNOWN.get()
    if known is None:
        return train()
    key = _digest(network, settings)
    if key not in known:
        known[key] = train()
    return known[key]


def _digest(network: nn.Module, settings: str) -> str:
    """Of its architecture as it is printed, its weights and buffers, and the settings."""
    found = hashlib.sha256(f"{network!r}{settings}".encode())
    for name, weights in network.state_dict().items():
        found.update(f"{name}{weights.dtype}{tuple(weights.shape)}".encode())
        found.update(weights.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
