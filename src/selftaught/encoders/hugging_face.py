"""Networks of the library transformers, from the folders that its `save_pretrained` leaves."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn

from selftaught.core import Encoder, UserError
from selftaught.encoders.audio_preprocessing import AudioPreprocessing
from selftaught.encoders.hugging_face_networks import (
    HuggingFaceImages,
    HuggingFaceRecordings,
    HuggingFaceTexts,
    HuggingFaceTokens,
)
from selftaught.encoders.preprocessing import Preprocessing
from selftaught.encoders.saving import PretrainedEncoder

__all__ = ["is_hugging_face", "open_hugging_face"]

_VOCABULARIES = ("tokenizer.json", "vocab.*", "*.model")
_PROCESSOR = "preprocessor_config.json"
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and deviation, where the folder names none
_USUAL_PIXELS, _USUAL_RATE_HZ, _MOST_TOKENS = 224, 16_000, 512
_UNLIMITED = 10**6  # tokens: what tokenizers say that name no limit is above
_CANNOT_OPEN = (OSError, ValueError, RuntimeError, KeyError, AttributeError, TypeError, ImportError)


def is_hugging_face(configuration: Mapping[str, Any]) -> bool:
    """Whether a config.json is one of transformers.

    Example:
        >>> from selftaught.encoders.hugging_face import is_hugging_face
        >>> is_hugging_face({"model_type": "vit"}), is_hugging_face({"architecture": "resnet18"})
        (True, False)
    """
    return "model_type" in configuration


def open_hugging_face(folder: Path, *, crop_fraction: float = 1.0) -> tuple[PretrainedEncoder, str]:
    """A network that `save_pretrained` of transformers wrote, in eval mode and in single precision.

    What it takes decides its kind. Images are seen in the size, and with the mean and deviation, that
    preprocessor_config.json names; without that file in the network's own size, normalised as ImageNet is. Texts go
    through the folder's own tokenizer, up to 512 tokens; recordings are brought to the rate that the file names. Of a
    network of images and texts, such as CLIP, the images' part is taken. No code and no pickle of the folder is run.

    Args:
        folder: with config.json and model.safetensors; nothing is downloaded.
        crop_fraction: of images, see `Preprocessing`.

    Returns:
        The encoder, and what it is, in words.

    Raises:
        UserError: transformers is not installed or cannot open the folder, weights are missing, or it is no network of
            images, texts or recordings that gives the same vectors every time.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.encoders.hugging_face import open_hugging_face
        >>> open_hugging_face(Path("missing"))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no weights in missing: expected model.safetensors, as ...
    """
    if not sorted(folder.glob("model*.safetensors")):
        raise UserError(f"no weights in {folder}: expected model.safetensors, as save_pretrained leaves it")
    if find_spec("transformers") is None:
        raise UserError(f"opening {folder} needs the package transformers: pip install 'selftaught[huggingface]'")
    network = _loaded(folder)
    entrance = getattr(network, "main_input_name", "nothing")
    told = f"{type(network).__name__} of {folder}"
    try:
        if entrance == "pixel_values":
            encoder, preparation, seen = _of_images(network, _read(folder / _PROCESSOR), crop_fraction)
        elif entrance == "input_ids":
            encoder, preparation, seen = _of_texts(network, folder)
        elif entrance == "input_values":
            encoder, preparation, seen = _of_recordings(network, _read(folder / _PROCESSOR))
        else:
            raise UserError(f"{told} takes {entrance}: expected a network of images, texts or samples of sound")
    except UserError:
        raise
    except _CANNOT_OPEN as error:
        raise UserError(f"{told} cannot be used: {_one_line(error)}") from error
    return PretrainedEncoder(encoder, preparation).eval(), f"{told} ({encoder.width} features, {seen})"


def _loaded(folder: Path) -> nn.Module:
    transformers: Any = import_module("transformers")
    with torch.device("meta"):
        torch.empty(0)  # torch notes now what makes tensors, and not while transformers has a linspace of its own there
    with _quiet(transformers):
        try:
            configuration = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
            configuration = getattr(configuration, "vision_config", configuration)
            if getattr(configuration, "is_encoder_decoder", False):
                raise UserError(f"{folder} holds an encoder with a decoder: expected an encoder alone")
            if getattr(configuration, "mask_ratio", None) is not None:
                configuration.mask_ratio = 0.0  # masked autoencoders hide patches at any time, if they are let
            network, report = transformers.AutoModel.from_pretrained(
                folder,
                config=configuration,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
        except UserError:
            raise
        except _CANNOT_OPEN as error:
            raise UserError(f"transformers cannot open {folder}: {_one_line(error)}") from error
    missing = sorted(name for name in report["missing_keys"] if "pooler.dense" not in name)
    if missing:
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UserError(f"weights of {folder} do not fit {type(network).__name__}: without {missing[0]}{others}")
    return network.eval()


@contextmanager
def _quiet(transformers: Any) -> Generator[None]:
    """Without bars and without reports of layers that are not used, such as classifiers."""
    logs = transformers.utils.logging
    before, bars = logs.get_verbosity(), logs.is_progress_bar_enabled()
    logs.set_verbosity_error()
    logs.disable_progress_bar()
    try:
        yield
    finally:
        logs.set_verbosity(before)
        if bars:
            logs.enable_progress_bar()


def _of_images(network: Any, named: Mapping[str, Any], crop_fraction: float) -> tuple[Encoder, Preprocessing, str]:
    channels = int(getattr(network.config, "num_channels", 3))
    size = named.get("crop_size") if named.get("do_center_crop") else None
    pixels = _side(size or named.get("size") or getattr(network.config, "image_size", None) or _USUAL_PIXELS)
    mean, deviation = (tuple(sum(each) / 3 for _ in range(channels)) if channels != 3 else each for each in _IMAGENET)
    note = ", normalised as ImageNet"
    if not named.get("do_normalize", True):
        mean, deviation, note = (0.0,) * channels, (1.0,) * channels, ""
    elif "image_mean" in named and "image_std" in named:
        mean, deviation, note = tuple(named["image_mean"]), tuple(named["image_std"]), ""
    preparation = Preprocessing(pixels, channels, mean, deviation, crop_fraction)
    encoder = HuggingFaceImages(network, image_size=pixels, channels=channels)
    return encoder, preparation, f"images of {pixels} pixels{note}"


def _side(size: Any) -> int:
    """The side of a square, of what processors write: a number, a height and a width, or a shortest edge."""
    if isinstance(size, Mapping):
        return int(min(size[name] for name in ("height", "width", "shortest_edge") if name in size))
    return int(min(size) if isinstance(size, list | tuple) else size)


def _of_texts(network: Any, folder: Path) -> tuple[Encoder, HuggingFaceTokens, str]:
    if not any(any(folder.glob(pattern)) for pattern in _VOCABULARIES):  # transformers would know special tokens alone
        raise UserError(f"no tokenizer in {folder}: expected tokenizer.json, as save_pretrained leaves it")
    transformers: Any = import_module("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    limit = int(tokenizer.model_max_length)
    if limit > _UNLIMITED:
        places = getattr(network.config, "max_position_embeddings", None)
        limit = _MOST_TOKENS if places is None else int(places) - 2  # RoBERTa counts places from 2 on
    preparation = HuggingFaceTokens(tokenizer, min(limit, _MOST_TOKENS))
    return HuggingFaceTexts(network, preparation), preparation, f"texts of up to {preparation.max_tokens} tokens"


def _of_recordings(network: Any, named: Mapping[str, Any]) -> tuple[Encoder, AudioPreprocessing, str]:
    rate = int(named.get("sampling_rate", _USUAL_RATE_HZ))
    encoder = HuggingFaceRecordings(network, normalise=bool(named.get("do_normalize", True)))
    return encoder, AudioPreprocessing(rate, None), f"recordings at {rate:,} samples a second"


def _read(file: Path) -> dict[str, Any]:
    """What a file of settings holds; nothing where there is none."""
    if not file.is_file():
        return {}
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except ValueError as error:
        raise UserError(f"{file} is damaged ({error})") from error


def _one_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
