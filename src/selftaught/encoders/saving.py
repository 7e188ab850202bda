"""The product of a run: an encoder in a folder."""

import importlib
import inspect
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast, final

import torch
from jaxtyping import Float
from safetensors.torch import save
from torch import Tensor, nn

from selftaught.core import Clips, Encoder, ImageBatch, LocalEncoder, Nodes, Preparation, Sequences, Texts, UserError
from selftaught.encoders.building import EncoderSpec, build_encoder
from selftaught.encoders.masked_perceptron import MaskedPerceptron
from selftaught.encoders.patch_average import PatchAverage
from selftaught.encoders.pixel_reader import PixelReader
from selftaught.encoders.split_channels import SplitChannels
from selftaught.encoders.weights import encoder_weights, load_weights, read_weights

__all__ = ["PretrainedEncoder", "describe_encoder", "load_encoder", "rebuild_encoder", "save_encoder"]

CONFIGURATION, WEIGHTS = "config.json", "model.safetensors"

# What happens to raw items of a kind of data, and the networks that are built from their arguments alone.
_PREPARATIONS = {
    "images": "preprocessing.Preprocessing",
    "text": "text_preprocessing.TextPreprocessing",
    "graph": "graph_preprocessing.GraphPreprocessing",
    "audio": "audio_preprocessing.AudioPreprocessing",
    "video": "video_preprocessing.VideoPreprocessing",
}
_OF_OTHERS = {"HuggingFaceTokens": "text"}  # which are read and never saved
_NETWORKS = {
    "text_transformer": "text_transformer.TextTransformer",
    "graph_convolution": "graph_convolution.GraphConvolution",
    "frame_resnet": "frame_resnet.FrameResNet",
    "causal_speech_encoder": "causal_speech_encoder.CausalSpeechEncoder",
}


@final
class PretrainedEncoder(nn.Module):
    """An encoder that takes raw items: it does its own preprocessing.

    Args:
        encoder: the network.
        preprocessing: what it was trained to see.
        read: makes a batch of what is none, such as PIL images, paths and strings; none takes batches only.
    """

    def __init__(self, encoder: Encoder, preprocessing: Preparation, read: Callable[[Any], Any] | None = None) -> None:
        super().__init__()
        self.encoder, self.preprocessing, self.width, self.read = encoder, preprocessing, encoder.width, read

    @property
    def kind(self) -> str:
        """The kind of data that it takes: images, text, graph, audio or video."""
        return _kind_of(self.preprocessing)

    def forward(self, items: Any) -> Float[Tensor, "n width"]:
        """One vector an item.

        Args:
            items: of images, a tensor (n, channels, height, width), or one image without n; uint8, or floating point
                in 0..1. Or a batch of raw items: `ImageBatch`, `Clips`, `Texts`, `Sequences`, `Nodes`. Or what `read`
                takes.

        Raises:
            UserError: something else, or images of another number of channels.
        """
        return self.encoder(self._prepared(items))

    def local(self, items: Any) -> Float[Tensor, "n positions width"]:
        """One vector a position: a patch, a token, a frame.

        Raises:
            UserError: the encoder has no positions.
        """
        if not isinstance(self.encoder, LocalEncoder):
            raise UserError(f"{type(self.encoder).__name__} has one vector an item and none for positions inside")
        return self.encoder.local(self._prepared(items))

    def _prepared(self, items: Any) -> Any:
        if isinstance(items, Tensor) and self.kind == "images":
            items = ImageBatch.of(items if items.dim() == 4 else items[None])
        elif not isinstance(items, ImageBatch | Clips | Sequences | Texts | Nodes):
            if self.read is None:
                raise UserError(f"expected a batch of raw items, got {type(items).__name__}")
            items = self.read(items)
        device = next(self.encoder.parameters()).device
        return self.preprocessing(items.to(device)).to(device)


def describe_encoder(encoder: Encoder) -> dict[str, Any]:
    """Everything that rebuilds an encoder, its weights apart.

    Raises:
        UserError: it is of a class of one's own.

    Example:
        >>> from selftaught.encoders import SmallResNet, describe_encoder
        >>> describe_encoder(SmallResNet(channels=1, image_size=28))
        {'name': 'small_resnet', 'channels': 1, 'image_size': 28, 'stem': 'small', 'features': 32}
    """
    for name, where in _NETWORKS.items():
        if type(encoder).__name__ == where.partition(".")[2]:
            arguments = inspect.signature(type(encoder)).parameters
            return {"name": name, **{argument: getattr(encoder, argument) for argument in arguments}}
    if isinstance(encoder, PixelReader | MaskedPerceptron):
        arguments = inspect.signature(type(encoder)).parameters
        return {"name": encoder.name, **{argument: getattr(encoder, argument) for argument in arguments}}
    if isinstance(encoder, PatchAverage):
        return {**_spec(encoder.of_patches), "image_size": encoder.image_size, "patch_grid": encoder.patch_grid}
    if isinstance(encoder, SplitChannels):
        split = encoder.split
        return {
            **_spec(cast("Encoder", encoder.networks[0])),
            "channels": split.channels,
            "channel_split": split.groups,
            "mean": split.mean,
            "standard_deviation": split.standard_deviation,
        }
    return _spec(encoder)


def rebuild_encoder(encoder: Encoder, *, seed: int) -> Encoder:
    """The same network once more, with fresh weights.

    Args:
        encoder: left as it was.
        seed: of the weights.

    Raises:
        UserError: the encoder is of a class of one's own.

    Example:
        >>> from selftaught.encoders import SmallResNet, rebuild_encoder
        >>> rebuild_encoder(SmallResNet(channels=1, image_size=28), seed=0).channels
        1
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _rebuilt(describe_encoder(encoder))


def save_encoder(encoder: Encoder, preprocessing: Preparation, folder: Path) -> None:
    """Write `config.json` and `model.safetensors` into a folder, each aside and then renamed.

    Raises:
        UserError: the encoder is of a class of one's own.

    Example:
        >>> import tempfile, torch
        >>> from pathlib import Path
        >>> from selftaught.encoders import Preprocessing, SmallResNet, load_encoder, save_encoder
        >>> encoder, folder = SmallResNet(channels=1, image_size=28), Path(tempfile.mkdtemp())
        >>> save_encoder(encoder, Preprocessing(28, 1, (0.3,), (0.3,)), folder)
        >>> load_encoder(folder)(torch.zeros(2, 1, 28, 28, dtype=torch.uint8)).shape
        torch.Size([2, 256])
    """
    configuration = {
        "kind": _kind_of(preprocessing),
        "encoder": describe_encoder(encoder),
        "preprocessing": asdict(preprocessing),
        "width": encoder.width,
    }
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / (WEIGHTS + ".partial")
    aside.write_bytes(save(encoder_weights(encoder), metadata={"format": "pt"}))  # with the rights of other files
    os.replace(aside, folder / WEIGHTS)
    aside = folder / (CONFIGURATION + ".partial")
    aside.write_text(json.dumps(configuration, indent=2) + "\n")
    os.replace(aside, folder / CONFIGURATION)


def load_encoder(folder: Path) -> PretrainedEncoder:
    """The encoder that `save_encoder` wrote, in eval mode.

    Raises:
        UserError: a file is missing or damaged.
    """
    for name in (CONFIGURATION, WEIGHTS):
        if not (folder / name).is_file():
            raise UserError(f"no encoder in {folder}: expected a file {name}")
    try:
        configuration = json.loads((folder / CONFIGURATION).read_text())
        preparation = _class(_PREPARATIONS[configuration["kind"]])
        preprocessing = preparation(**_with_tuples(configuration["preprocessing"]))
        encoder = _rebuilt(_with_tuples(configuration["encoder"]))
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{folder / CONFIGURATION} is damaged ({error})") from error
    load_weights(encoder, read_weights(folder / WEIGHTS), origin=str(folder))
    return PretrainedEncoder(encoder, preprocessing).eval()


def _spec(encoder: Encoder) -> dict[str, Any]:
    return {name: value for name, value in asdict(EncoderSpec.of(encoder)).items() if value is not None}


def _rebuilt(description: dict[str, Any]) -> Encoder:
    name = description.pop("name")
    return _class(_NETWORKS[name])(**description) if name in _NETWORKS else build_encoder(name, **description)


def _kind_of(preprocessing: Preparation) -> str:
    names = {where.partition(".")[2]: kind for kind, where in _PREPARATIONS.items()} | _OF_OTHERS
    return names[type(preprocessing).__name__]


def _class(where: str) -> Callable[..., Any]:
    module, _, name = where.partition(".")
    return getattr(importlib.import_module(f"selftaught.encoders.{module}"), name)


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _as_tuple(value) for name, value in values.items()}


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, cast("list[Any]", value))) if isinstance(value, list) else value
