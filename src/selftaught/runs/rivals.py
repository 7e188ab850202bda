"""What a run may be compared with: another run, a folder that holds an encoder, a network of timm or transformers."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import final

from selftaught.core import UserError
from selftaught.data import without_retries
from selftaught.encoders import (
    Preprocessing,
    PretrainedEncoder,
    build_encoder,
    check_encoder_name,
    is_hugging_face,
    load_weights,
    open_hugging_face,
    read_weights,
)
from selftaught.runs.opening import Run, load_encoder, open_run

__all__ = ["Rival", "find_rival"]

_TIMM = "timm:"


@final
@dataclass(frozen=True, kw_only=True)
class Rival:
    """An encoder that a run's is compared with.

    Args:
        name: what the user called it.
        told: what it is, in words.
        model: with its preprocessing.
        method: by which it was trained, where a run says so.

    Example:
        >>> from selftaught.encoders import Preprocessing, PretrainedEncoder, SmallResNet
        >>> from selftaught.runs.rivals import Rival
        >>> model = PretrainedEncoder(SmallResNet(), Preprocessing(32, 3, (0.5,) * 3, (0.5,) * 3))
        >>> Rival(name="mine", told="mine", model=model, method=None).model.kind
        'images'
    """

    name: str
    told: str
    model: PretrainedEncoder
    method: str | None


def find_rival(given: str | Path | Run, *, crop_fraction: float = 1.0) -> Rival:
    """What somebody named to compare with.

    A network of timm sees RGB images in the size, and with the mean and deviation, that timm names for it.

    Args:
        given: a run; a folder with an encoder of ours, with a network of timm as its hub keeps them (`config.json`
            with "architecture", and weights), or with one of transformers as `save_pretrained` leaves it (see
            `selftaught.encoders.open_hugging_face`); or "timm:NAME:FILE" with weights from disk, "timm:NAME" with
            timm's own.
        crop_fraction: of the images, for networks of others: what the run's encoder sees of them.

    Raises:
        UserError: there is no such thing, or the weights are of another network.

    Example:
        >>> from selftaught.runs.rivals import find_rival
        >>> find_rival("timm:resnet81:weights.safetensors")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: unknown encoder 'resnet81': did you mean 'resnet18'? ...
    """
    text = str(given)
    if not isinstance(given, Run):
        if text.startswith(_TIMM):
            name, _, file = text.removeprefix(_TIMM).partition(":")
            return _of_timm(text, name, Path(file) if file else None, crop_fraction)
        folder = Path(given)
        if (folder / "config.json").is_file() and not (folder / "run.json").exists():
            return _of_folder(text, folder, crop_fraction)
    run = open_run(given)
    return Rival(name=str(run.path), told=str(run.path), model=run.encoder(), method=run.record.method)


def _of_folder(text: str, folder: Path, crop_fraction: float) -> Rival:
    try:
        configuration = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{folder / 'config.json'} is damaged ({error})") from error
    if is_hugging_face(configuration):
        model, told = open_hugging_face(folder, crop_fraction=crop_fraction)
        return Rival(name=text, told=told, model=model, method=None)
    if "architecture" not in configuration:
        return Rival(name=text, told=text, model=load_encoder(folder), method=None)
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (folder / name).is_file():
            return _of_timm(text, str(configuration["architecture"]), folder / name, crop_fraction)
    raise UserError(f"no weights in {folder}: expected a file model.safetensors or pytorch_model.bin")


def _of_timm(text: str, name: str, file: Path | None, crop_fraction: float) -> Rival:
    import timm

    check_encoder_name(name)
    known = timm.get_pretrained_cfg(name) if timm.is_model(name) else None
    if known is None or (file is None and not known.has_weights):
        raise UserError(f"timm has no weights for '{name}': expected timm:NAME:FILE with a network of timm")
    channels, _, size = known.input_size
    try:
        with without_retries():
            encoder = build_encoder(name, channels=channels, image_size=size, stem="timm", pretrained=file is None)
    except OSError as error:  # what downloads raise
        reason = str(error).partition("\n")[0]
        raise UserError(f"could not get timm's weights for '{name}': {reason}; expected timm:{name}:FILE") from error
    if file is not None:
        load_weights(encoder, read_weights(file), origin=str(file))
    preprocessing = Preprocessing(
        image_size=size,
        channels=channels,
        mean=tuple(known.mean),
        standard_deviation=tuple(known.std),
        crop_fraction=crop_fraction,
    )
    weights = "timm's own weights" if file is None else f"the weights of {file}"
    told = f"{name} with {weights} ({encoder.width} features, images of {size} pixels)"
    return Rival(name=text, told=told, model=PretrainedEncoder(encoder, preprocessing).eval(), method=None)
