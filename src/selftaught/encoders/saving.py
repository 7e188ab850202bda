"""The product of a run: an encoder in a folder."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, final

from jaxtyping import Float
from safetensors.torch import save_file
from torch import Tensor, nn

from selftaught.core import Encoder, ImageBatch, UserError
from selftaught.encoders.building import EncoderSpec, build_encoder
from selftaught.encoders.preprocessing import Preprocessing
from selftaught.encoders.weights import encoder_weights, load_weights, read_weights

__all__ = ["PretrainedEncoder", "load_encoder", "save_encoder"]

CONFIGURATION, WEIGHTS = "config.json", "model.safetensors"


@final
class PretrainedEncoder(nn.Module):
    """An encoder that takes raw images: it does its own preprocessing.

    Args:
        encoder: the network.
        preprocessing: what it was trained to see.
        read: makes a batch of what is no tensor, such as PIL images and paths; none takes tensors only.
    """

    def __init__(
        self, encoder: Encoder, preprocessing: Preprocessing, read: Callable[[Any], ImageBatch] | None = None
    ) -> None:
        super().__init__()
        self.encoder, self.preprocessing, self.width, self.read = encoder, preprocessing, encoder.width, read

    def forward(self, images: Any) -> Float[Tensor, "n width"]:
        """One vector an image.

        Args:
            images: a tensor (n, channels, height, width), or one image without n; uint8, or floating point in 0..1;
                or an `ImageBatch`; or what `read` takes.

        Raises:
            UserError: something else, or images of another number of channels.
        """
        if isinstance(images, Tensor):
            images = ImageBatch.of(images if images.dim() == 4 else images[None])
        elif not isinstance(images, ImageBatch):
            if self.read is None:
                raise UserError(f"expected a tensor of images, got {type(images).__name__}")
            images = self.read(images)
        device = next(self.encoder.parameters()).device
        return self.encoder(self.preprocessing(images.to(device)))


def save_encoder(encoder: Encoder, preprocessing: Preprocessing, folder: Path) -> None:
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
        "encoder": asdict(EncoderSpec.of(encoder)),
        "preprocessing": asdict(preprocessing),
        "width": encoder.width,
    }
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / (WEIGHTS + ".partial")
    save_file(encoder_weights(encoder), aside, metadata={"format": "pt"})
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
        spec = EncoderSpec(**configuration["encoder"])
        values = configuration["preprocessing"]
        for name in ("mean", "standard_deviation"):
            values[name] = tuple(values[name])
        preprocessing = Preprocessing(**values)
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder / CONFIGURATION} is damaged ({error})") from error
    encoder = build_encoder(spec.name, channels=spec.channels, image_size=spec.image_size, stem=spec.stem)
    load_weights(encoder, read_weights(folder / WEIGHTS), origin=str(folder))
    return PretrainedEncoder(encoder, preprocessing).eval()
