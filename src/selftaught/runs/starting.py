"""Where a run starts: the weights that it begins with."""

from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from selftaught.core import Encoder, Preparation, UserError
from selftaught.data import without_retries
from selftaught.encoders import describe_encoder, encoder_weights, load_weights, read_weights
from selftaught.runs.opening import load_encoder
from selftaught.runs.settings import Settings

__all__ = ["Start", "read_start"]


@dataclass(frozen=True)
class Start:
    """The weights that a run begins with.

    Args:
        name: how `run.json` calls them; None for a random start.
        encoder: one with these weights.
        preprocessing: what that encoder was trained to see, where it is known.
        kind: of the data that the encoder takes, where it is known.
        file: a file that holds only weights.

    Example:
        >>> from selftaught.runs.starting import read_start
        >>> read_start(None).name is None
        True
    """

    name: str | None = None
    encoder: Encoder | None = None
    preprocessing: Preparation | None = None
    kind: str | None = None
    file: Path | None = None

    def check(self, settings: Settings) -> None:
        """Find out early whether there can be such weights.

        Raises:
            UserError: there cannot.
        """
        if self.name != "timm":
            return
        import timm

        name = settings.values.get("encoder.name")
        if name is None:
            raise UserError(f"timm has weights for images: expected a file or a run of {settings.kind.name}")
        known = None if name == "small_resnet" else timm.get_pretrained_cfg(name)
        if known is None or not known.has_weights:
            raise UserError(f"timm has no weights for '{name}': expected another --encoder, such as resnet18")

    def adopt(self, settings: Settings, asked: Collection[str]) -> Settings:
        """Settings that fit the encoder, wherever the user asked for nothing else.

        Raises:
            UserError: the encoder takes another kind of data than the method.
        """
        if self.kind not in (None, settings.kind.name):
            raise UserError(
                f"{self.name} holds an encoder of {self.kind}, and the method's is one of {settings.kind.name}"
            )
        found: dict[str, object] = {}
        if self.encoder is not None:
            found = describe_encoder(self.encoder)
            if found["name"] == "small_resnet":
                found["stem"] = "auto"
            known = settings.schema.options
            found = {f"encoder.{name}" if f"encoder.{name}" in known else name: one for name, one in found.items()}
        if self.preprocessing is not None:
            found |= asdict(self.preprocessing)
        return settings.replace(
            {name: value for name, value in found.items() if name in settings.values and name not in asked}
        )

    def build(self, settings: Settings, preprocessing: Preparation) -> Encoder:
        """The encoder with the weights that the run begins with.

        Raises:
            UserError: the weights do not fit it.
        """
        try:
            with without_retries() if self.name == "timm" else nullcontext():
                encoder = settings.build_encoder(preprocessing, pretrained=self.name == "timm")
        except OSError as error:  # what downloads raise
            reason = str(error).partition("\n")[0]
            raise UserError(
                f"could not get timm's weights for '{settings.values['encoder.name']}': {reason}"
            ) from error
        if self.encoder is not None:
            load_weights(encoder, encoder_weights(self.encoder), origin=str(self.name))
        if self.file is not None:
            load_weights(encoder, read_weights(self.file), origin=str(self.file))
        return encoder

    def timm_statistics(self, settings: Settings, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Mean and deviation of each channel with which timm's weights were trained; None for other weights."""
        if self.name != "timm":
            return None
        import timm

        found = timm.get_pretrained_cfg(settings.values["encoder.name"])
        if found is None:
            return None
        if channels == len(found.mean):
            return tuple(found.mean), tuple(found.std)
        return (sum(found.mean) / len(found.mean),) * channels, (sum(found.std) / len(found.std),) * channels


def read_start(weights: str | Path | None) -> Start:
    """What `--weights` means.

    Args:
        weights: "timm", a run, a folder that holds an encoder, or a file; None for a random start.

    Raises:
        UserError: there is no such thing.

    Example:
        >>> from selftaught.runs.starting import read_start
        >>> read_start("missing.safetensors")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no weights at missing.safetensors: expected a file, a run, or timm
    """
    if weights is None:
        return Start()
    if str(weights) == "timm":
        return Start("timm")
    path = Path(weights)
    if path.is_dir():
        model = load_encoder(path)
        return Start(str(weights), model.encoder, model.preprocessing, model.kind)
    if not path.is_file():
        raise UserError(f"no weights at {path}: expected a file, a run, or timm")
    read_weights(path)  # a file that is none is found before any image is read
    return Start(str(weights), file=path)
