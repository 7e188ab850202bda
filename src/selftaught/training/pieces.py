"""Large batches in small memory: items go through the encoder in pieces, and the loss sees them all."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils.checkpoint import checkpoint

from selftaught.core import Encoder, Sequences, UserError, entries_of

__all__ = ["embedding_in_pieces", "of_rows"]


@contextmanager
def embedding_in_pieces(encoder: Encoder, size: int) -> Generator[None]:
    """Inside, the encoder works through every batch in pieces, and keeps no activations between its passes.

    A piece's activations are computed again when its gradient is. So memory holds those of one piece, beside the
    embeddings of all, on which the method computes its loss as ever; a step costs one more forward pass of the
    encoder. The gradient is that of the whole batch, but for what rounding makes of another order of summation.
    Batch norms and dropout inside the encoder see pieces instead of the batch: with batch norms it is another network,
    as if each piece were a device of its own. Those of projectors and predictors still see the batch.

    Args:
        encoder: of any method; copies of it, such as teachers, are left as they are.
        size: items in a piece, at least 1.

    Raises:
        UserError: the size is below 1; in a step, items that cannot be embedded apart, as the nodes of a graph.

    Source:
        Gao et al. 2021, https://arxiv.org/abs/2101.06983, section 3.2: the same gradient in the same memory. There the
        embeddings' gradients are kept and put in again by hand; here autograd does it, by checkpoints.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.training import embedding_in_pieces
        >>> method = SimCLR(SmallResNet(channels=3, image_size=16), hidden_width=16, embedding_width=8)
        >>> with embedding_in_pieces(method.encoder, 4):
        ...     method.step(MultiView.example(16, torch.Generator())).loss.backward()
    """
    if size < 1:
        raise UserError(f"expected at least 1 item in a piece, got {size}")
    before: list[tuple[dict[str, Any], str, Any]] = []  # such as what torch.compile made of a function
    for network, name in entries_of(encoder):
        own = vars(network)
        before.append((own, name, own.get(name)))
        own[name] = _InPieces(network, name, size, own.get(name))
    try:
        yield
    finally:
        for own, name, inner in before:
            del own[name]
            if inner is not None:
                own[name] = inner


class _InPieces:
    """One of a network's functions; not a closure, so that a copy of the network calls its own."""

    def __init__(self, network: nn.Module, name: str, size: int, inner: Callable[..., Any] | None) -> None:
        self.network, self.name, self.size, self.inner = network, name, size, inner

    def __call__(self, items: Any, *others: Any, **shared: Any) -> Any:
        if len(items) <= self.size or not torch.is_grad_enabled():
            return self.whole(items, *others, **shared)
        starts = range(0, len(items), self.size)
        pieces = [
            [of_rows(each, lambda rows, start=start: rows[start : start + self.size]) for each in (items, *others)]
            for start in starts
        ]
        return _joined([self._kept(piece, shared) for piece in pieces])

    def whole(self, *given: Any, **shared: Any) -> Any:
        """What the function gives, at once."""
        if self.inner is not None:
            return self.inner(*given, **shared)
        return getattr(type(self.network), self.name)(self.network, *given, **shared)

    def _kept(self, piece: Sequence[Any], shared: Mapping[str, Any]) -> Any:
        """What the function gives for a piece, to be computed again with the weights and buffers that it has now."""
        asked, begun = _Asked(self), False
        weights = dict(asked.named_parameters())  # those that stand in, where an opponent is asked
        before = {name: buffer.clone() for name, buffer in asked.named_buffers()}

        def compute(*given: Any) -> Any:
            nonlocal begun
            if not begun:
                begun = True
                return self.whole(*given, **shared)
            buffers = {name: buffer.clone() for name, buffer in before.items()}  # nothing is counted again
            return functional_call(asked, {**weights, **buffers}, given, dict(shared))

        return checkpoint(compute, *piece, use_reentrant=False)


class _Asked(nn.Module):
    """The function as a module, for `functional_call`."""

    def __init__(self, function: _InPieces) -> None:
        super().__init__()
        self.network, self.function = function.network, function

    def forward(self, *given: Any, **shared: Any) -> Any:
        return self.function.whole(*given, **shared)


def of_rows(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Other items of those that an encoder is given by position.

    Args:
        value: a tensor or sequences with a row an item; None stays None.
        change: makes other rows of a tensor's.

    Raises:
        UserError: items that cannot be embedded apart, as the nodes of a graph.

    Example:
        >>> import torch
        >>> from selftaught.training.pieces import of_rows
        >>> of_rows(torch.arange(4), lambda rows: rows[:2])
        tensor([0, 1])
    """
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Sequences):
        return Sequences(change(value.values), change(value.lengths))
    if value is None:
        return None
    raise UserError(f"expected items that can be embedded apart, got {type(value).__name__}")


def _joined(pieces: Sequence[Any]) -> Any:
    if isinstance(pieces[0], Tensor):
        return torch.cat(list(pieces))
    return tuple(torch.cat(each) for each in zip(*pieces, strict=True))
