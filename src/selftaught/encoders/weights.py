"""Weights from files, never by running what is in them."""

import pickle
import struct
import warnings
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from selftaught.core import Encoder, UserError
from selftaught.encoders.timm_encoder import TimmEncoder
from selftaught.encoders.timm_resnet import TimmResNet
from selftaught.encoders.vision_transformer import VisionTransformer

__all__ = ["encoder_weights", "load_weights", "read_weights"]


# What torch.load raises on a pickle that asks for more than tensors, and on damaged files.
_DAMAGED = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    struct.error,
)


def _network(encoder: Encoder) -> nn.Module:
    # timm's networks keep timm's own names, so that timm.create_model(..., checkpoint_path=...) loads what we save.
    return encoder.network if isinstance(encoder, TimmEncoder | TimmResNet | VisionTransformer) else encoder


def encoder_weights(encoder: Encoder) -> dict[str, Tensor]:
    """The tensors of an encoder as they are saved: on the CPU, under timm's names where the network is timm's.

    Example:
        >>> from selftaught.encoders import SmallResNet, encoder_weights
        >>> encoder_weights(SmallResNet(channels=1, image_size=28))["conv1.weight"].shape
        torch.Size([32, 1, 3, 3])
    """
    return {name: tensor.detach().cpu().contiguous() for name, tensor in _network(encoder).state_dict().items()}


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file or a state dict saved by `torch.save`, without running any code.

    Raises:
        UserError: there is no such file, or it holds anything but tensors.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.encoders import read_weights
        >>> read_weights(Path("missing.safetensors"))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no file of weights at missing.safetensors
    """
    if not path.is_file():
        raise UserError(f"no file of weights at {path}")
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except SafetensorError as error:
            raise UserError(f"{path} is no complete safetensors file ({error})") from error
    try:
        with warnings.catch_warnings(action="ignore"):  # of old pickle protocols, which damaged files seem to have
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except _DAMAGED as error:
        raise UserError(
            f"{path} holds more than tensors, or is damaged, and was not opened: expected a safetensors file or a "
            "state dict saved by torch.save"
        ) from error
    for wrapper in ("state_dict", "model"):
        if isinstance(loaded, dict) and isinstance(loaded.get(wrapper), dict):
            loaded = loaded[wrapper]
    if not isinstance(loaded, dict) or not all(isinstance(tensor, Tensor) for tensor in loaded.values()):
        raise UserError(f"{path} holds no state dict: expected names with tensors")
    return cast("dict[str, Tensor]", loaded)


def load_weights(encoder: Encoder, weights: dict[str, Tensor], *, origin: str) -> None:
    """Put tensors into an encoder; all of its own must be there, in its shapes.

    A prefix that all names share ("module.", "encoder.", "network.", "backbone.") and the tensors of a classifier are
    passed over.

    Args:
        encoder: changed in place.
        weights: what `read_weights` returned.
        origin: where they came from, for the error.

    Raises:
        UserError: a tensor is missing, left over, or of another shape.

    Example:
        >>> import torch
        >>> from selftaught.encoders import SmallResNet, encoder_weights, load_weights
        >>> one, other = SmallResNet(), SmallResNet()
        >>> load_weights(one, encoder_weights(other), origin="the other")
        >>> torch.equal(one.conv1.weight, other.conv1.weight)
        True
    """
    network = _network(encoder)
    wanted = network.state_dict()
    for prefix in ("module.", "encoder.", "network.", "backbone."):
        if weights and all(name.startswith(prefix) for name in weights):
            weights = {name.removeprefix(prefix): tensor for name, tensor in weights.items()}
    classifier = ("fc.", "head.", "classifier.", "head.fc.")
    left_over = [name for name in weights if name not in wanted and not name.startswith(classifier)]
    missing = [name for name in wanted if name not in weights]
    reshaped = [name for name in wanted if name in weights and weights[name].shape != wanted[name].shape]
    if missing or left_over or reshaped:
        said = [
            f"{what} {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
            for what, names in (("without", missing), ("with the unknown", left_over), ("in another shape", reshaped))
            if names
        ]
        first = next(iter(wanted))  # of what images enter by
        hint = ": give --encoder.stem timm for weights of timm's own stem" if first in reshaped else ""
        hint = hint or ": give the --encoder that they are of"
        raise UserError(f"weights of {origin} do not fit the encoder: {'; '.join(said)}{hint}")
    network.load_state_dict({name: weights[name] for name in wanted})
