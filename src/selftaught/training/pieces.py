"""Large batches in small memory: items go through the encoder in pieces, and the loss sees them all."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from selftaught.core import Encoder, Sequences, UserError
from selftaught.core.causal_encoder import CausalEncoder
from selftaught.parts import running_statistics_kept

__all__ = ["embedding_in_pieces"]

_EMBEDDING = ("forward", "local", "visible")  # what methods ask encoders for


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
        UserError: the size is below 1, or the encoder's items cannot be embedded apart, as the nodes of a graph.

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
    if isinstance(encoder, CausalEncoder):
        raise UserError(f"{type(encoder).__name__} cannot be given its items in pieces: expected one of whole items")
    names = [name for name in _EMBEDDING if name in dir(encoder)]
    own = vars(encoder)
    before = {name: own[name] for name in names if name in own}  # such as what torch.compile made of it
    own.update({name: _InPieces(encoder, name, size, before.get(name)) for name in names})
    try:
        yield
    finally:
        for name in names:
            del own[name]
        own.update(before)


class _InPieces:
    """One of an encoder's functions; not a closure, so that a copy of the encoder calls its own."""

    def __init__(self, encoder: Encoder, name: str, size: int, inner: Callable[..., Tensor] | None) -> None:
        self.encoder, self.name, self.size, self.inner = encoder, name, size, inner

    def __call__(self, items: Any, *others: Any) -> Tensor:
        if len(items) <= self.size or not torch.is_grad_enabled():
            return self._whole(items, *others)
        starts = range(0, len(items), self.size)
        pieces = [[_cut(each, slice(start, start + self.size)) for each in (items, *others)] for start in starts]
        kept = [checkpoint(self._whole, *piece, use_reentrant=False, context_fn=self._contexts) for piece in pieces]
        return torch.cat(kept)

    def _whole(self, *given: Any) -> Tensor:
        if self.inner is not None:
            return self.inner(*given)
        return getattr(type(self.encoder), self.name)(self.encoder, *given)

    def _contexts(self) -> tuple[Any, Any]:
        return nullcontext(), running_statistics_kept(self.encoder)  # what is computed again is not counted again


def _cut(value: Any, rows: slice) -> Any:
    if isinstance(value, Tensor):
        return value[rows]
    if isinstance(value, Sequences):
        return Sequences(value.values[rows], value.lengths[rows])
    if value is None:
        return None
    raise UserError(f"expected items that can be embedded apart, got {type(value).__name__}")
