"""The vectors inside an encoder: what any of its modules gives, averaged over positions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, Nodes, PatchEncoder, Preparation, SequenceEncoder, Source, UserError, unknown_name
from selftaught.extraction.modes import reading

__all__ = ["LayerVectors", "find_layers", "running_stages"]

_MOST = 0.8  # a stage that holds more of the weights than this is looked into
_WRAPPER = "network."  # under which our encoders keep those of timm


@final
class LayerVectors(nn.Module):
    """An encoder that gives the vectors of several of its modules side by side, from one pass.

    Maps are averaged over their positions, in both layouts (images are square, which tells them apart); of an encoder
    of patches its tokens that are no patches are left out; sequences are averaged over their real positions alone.
    Nodes are read with their whole graph. What a module that returns a tuple gives is its first.

    Args:
        encoder: left as it was.
        layers: dotted names among `encoder.named_modules()`; "network." in front may be left out.

    Attributes:
        widths: of each layer's vectors, in the order of `layers`; empty before the first batch.

    Raises:
        UserError: there is no such module; when called, one did not run, ran several times, or gave no vectors.

    Example:
        >>> import torch
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.extraction import LayerVectors
        >>> inside = LayerVectors(SmallResNet(channels=1), ["layer1", "layer4"])
        >>> inside(torch.zeros(2, 1, 16, 16)).shape, inside.widths
        (torch.Size([2, 288]), (32, 256))
    """

    def __init__(self, encoder: Encoder, layers: Sequence[str]) -> None:
        super().__init__()
        self.encoder = encoder
        self.layers = tuple(layers)
        self.paths = find_layers(encoder, layers)
        self.widths: tuple[int, ...] = ()

    def forward(self, items: Any) -> Float[Tensor, "n widths"]:
        """The vectors of all layers, one after another."""
        given = _outputs(self.encoder, self.paths, items)
        vectors = [
            _pooled(self.encoder, name, _once(name, given[path]), items)
            for name, path in zip(self.layers, self.paths, strict=True)
        ]
        self.widths = tuple(each.shape[1] for each in vectors)
        return torch.cat([each.float() for each in vectors], 1)


def find_layers(encoder: Encoder, layers: Sequence[str]) -> tuple[str, ...]:
    """The whole dotted names of modules, where "network." in front may be missing.

    Args:
        encoder: whose modules.
        layers: what somebody wrote.

    Raises:
        UserError: there is no such module; says which is nearest.

    Example:
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.extraction import find_layers
        >>> find_layers(SmallResNet(), ["layer5"])
        Traceback (most recent call last):
        selftaught.core.errors.UserError: unknown layer 'layer5': did you mean 'layer4'? ...
    """
    known = [name for name, _ in encoder.named_modules() if name]
    short = {name.removeprefix(_WRAPPER): name for name in known} | {name: name for name in known}
    for name in layers:
        if name not in short:
            raise unknown_name("layer", name, dict.fromkeys(name.removeprefix(_WRAPPER) for name in known))
    return tuple(short[name] for name in layers)


def running_stages(encoder: Encoder, preparation: Preparation, source: Source) -> tuple[str, ...]:
    """The stages of an encoder in their order: its direct parts that have weights and give vectors.

    A list of parts is looked into, and so is a part that holds more than four fifths of all weights: the blocks of a
    transformer are its stages, and not all of them together.

    Args:
        encoder: left as it was.
        preparation: from raw items to what it takes.
        source: two of its items are tried.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.extraction import running_stages
        >>> source = open_images(torch.zeros(6, 1, 16, 16, dtype=torch.uint8)).train
        >>> running_stages(SmallResNet(channels=1), Preprocessing(16, 1, (0.5,), (0.5,)), source)
        ('conv1', 'bn1', 'layer1', 'layer2', 'layer3', 'layer4')
    """
    device = next((weight.device for weight in encoder.parameters()), torch.device("cpu"))
    rows = np.arange(len(source) if source.in_one_batch else min(2, len(source)))
    items = preparation(source.batch(rows).to(device)).to(device)
    paths = _parts(encoder, "", sum(weight.numel() for weight in encoder.parameters()))
    with reading(encoder, device):
        given = _outputs(encoder, paths, items)
        fit = [path for path in paths if _gives_vectors(encoder, path, given[path], items)]
    return tuple(path.removeprefix(_WRAPPER) for path in fit)


def _parts(module: nn.Module, path: str, weights: int) -> list[str]:
    found: list[str] = []
    for name, part in module.named_children():
        own = sum(weight.numel() for weight in part.parameters())
        inside = isinstance(part, nn.ModuleList) or own > _MOST * weights
        if own == 0:
            continue
        deeper = _parts(part, f"{path}{name}.", weights) if inside else []
        found += deeper if len(deeper) > 1 else [f"{path}{name}"]
    return found


def _outputs(encoder: Encoder, paths: Sequence[str], items: Any) -> dict[str, list[Any]]:
    """What each module gave, call by call."""
    given: dict[str, list[Any]] = {path: [] for path in paths}
    handles = [
        encoder.get_submodule(path).register_forward_hook(lambda _module, _inputs, out, to=given[path]: to.append(out))
        for path in given
    ]
    try:
        whole = isinstance(items, Nodes)
        encoder(replace(items, rows=torch.arange(len(items.graph.features)).to(items.rows)) if whole else items)
    finally:
        for handle in handles:
            handle.remove()
    return given


def _once(name: str, given: list[Any]) -> Tensor:
    if len(given) != 1:
        times = "does not run" if not given else f"runs {len(given)} times"
        raise UserError(f"layer {name} {times} when a batch is read: expected one that runs once")
    out = given[0][0] if isinstance(given[0], tuple) and given[0] else given[0]
    if not isinstance(out, Tensor) or not out.is_floating_point():
        raise UserError(f"layer {name} gives {type(out).__name__}: expected numbers in a tensor")
    return out


def _gives_vectors(encoder: Encoder, name: str, given: list[Any], items: Any) -> bool:
    try:
        _pooled(encoder, name, _once(name, given), items)
    except UserError:
        return False
    return True


def _pooled(encoder: Encoder, name: str, out: Tensor, items: Any) -> Float[Tensor, "n width"]:
    shape = tuple(out.shape)
    if isinstance(items, Nodes):
        if out.dim() == 2 and len(out) == len(items.graph.features):
            return out.index_select(0, items.rows)
    elif len(out) == len(items):
        if out.dim() == 2:
            return out
        if out.dim() == 3 and isinstance(encoder, SequenceEncoder):
            return _over_real(encoder, name, out, items)
        if out.dim() == 3:
            patches = encoder.patches if isinstance(encoder, PatchEncoder) else out.shape[1]
            return out[:, -patches:].mean(1)  # what is no patch stands before them
        if out.dim() == 4 and shape[2] == shape[3]:
            return out.mean((2, 3))
        if out.dim() == 4 and shape[1] == shape[2]:
            return out.mean((1, 2))  # channels last, as some networks of timm work
    raise UserError(f"layer {name} gives {shape} for {len(items)} items: expected vectors, maps or sequences of them")


def _over_real(encoder: SequenceEncoder, name: str, out: Tensor, items: Any) -> Float[Tensor, "n width"]:
    lengths = encoder.lengths(items)
    if isinstance(encoder.get_submodule(find_layers(encoder, [name])[0]), nn.Conv1d):
        out = out.transpose(1, 2)
    finer, left = divmod(out.shape[1], int(lengths.max()))  # earlier layers have several positions for one of the last
    if left:
        raise UserError(f"layer {name} gives {out.shape[1]} positions where the longest item has {int(lengths.max())}")
    lengths = lengths * finer
    real = torch.arange(out.shape[1], device=out.device) < lengths[:, None]
    return out.masked_fill(~real[..., None], 0).sum(1) / lengths[:, None]
