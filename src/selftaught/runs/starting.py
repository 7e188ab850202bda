"""Where a run starts: the weights it begins with, the size it looks at, and how it normalises."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from selftaught.core import Encoder, UserError
from selftaught.data import ImageSource
from selftaught.encoders import EncoderSpec, Preprocessing, encoder_weights, load_weights, read_weights
from selftaught.runs.opening import load_encoder
from selftaught.runs.settings import Settings

__all__ = ["PHOTOGRAPH_PIXELS", "Start", "read_start"]

_SMALL_PIXELS = 64
PHOTOGRAPH_PIXELS, _PHOTOGRAPH_CROP = 224, 0.875


@dataclass(frozen=True)
class Start:
    """The weights that a run begins with.

    Args:
        name: how `run.json` calls them; None for a random start.
        encoder: one with these weights.
        preprocessing: what that encoder was trained to see, where it is known.
        file: a file that holds only weights.

    Example:
        >>> from selftaught.runs.starting import read_start
        >>> read_start(None).name is None
        True
    """

    name: str | None = None
    encoder: Encoder | None = None
    preprocessing: Preprocessing | None = None
    file: Path | None = None

    def check(self, settings: Settings) -> None:
        """Find out early whether there can be such weights.

        Raises:
            UserError: there cannot.
        """
        if self.name != "timm":
            return
        import timm

        name = settings.values["encoder.name"]
        known = None if name == "small_resnet" else timm.get_pretrained_cfg(name)
        if known is None or not known.has_weights:
            raise UserError(f"timm has no weights for '{name}': expected another --encoder, such as resnet18")

    def adopt(self, settings: Settings, asked: Collection[str]) -> Settings:
        """Settings that fit the encoder, wherever the user asked for nothing else."""
        found: dict[str, object] = {}
        if self.encoder is not None:
            spec = EncoderSpec.of(self.encoder)
            stem = "auto" if spec.name == "small_resnet" else spec.stem
            found = {"encoder.name": spec.name, "encoder.stem": stem}
            found |= {"image_size": spec.image_size, "channels": spec.channels}
        if self.preprocessing is not None:
            found |= asdict(self.preprocessing)
        return settings.replace({name: value for name, value in found.items() if name not in asked})

    def fill(self, settings: Settings, source: ImageSource) -> tuple[Settings, Preprocessing]:
        """The settings that depend on the images: their size, channels and statistics.

        Args:
            settings: with these values or without.
            source: the images to learn from.

        Returns:
            Settings in which none of them is missing, and the preprocessing that they make.
        """
        given = settings.input
        small = source.size is not None and max(source.size) <= _SMALL_PIXELS
        own_size = max(source.size) if source.size is not None and small else PHOTOGRAPH_PIXELS
        mean, deviation = given.mean, given.standard_deviation
        if mean is None or deviation is None:
            found = self._timm_statistics(settings, source.channels) or source.statistics()
            mean, deviation = mean or found[0], deviation or found[1]
        preprocessing = Preprocessing(
            image_size=given.image_size or own_size,
            channels=source.channels,
            mean=tuple(mean),
            standard_deviation=tuple(deviation),
            crop_fraction=given.crop_fraction or (1.0 if small else _PHOTOGRAPH_CROP),
        )
        if {len(preprocessing.mean), len(preprocessing.standard_deviation)} != {source.channels}:
            raise UserError(f"expected a mean and a standard deviation for each of {source.channels} channels")
        return settings.replace(asdict(preprocessing)), preprocessing

    def build(self, settings: Settings, preprocessing: Preprocessing) -> Encoder:
        """The encoder with the weights that the run begins with.

        Raises:
            UserError: the weights do not fit it.
        """
        try:
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

    def _timm_statistics(self, settings: Settings, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
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
        return Start(str(weights), model.encoder, model.preprocessing)
    if not path.is_file():
        raise UserError(f"no weights at {path}: expected a file, a run, or timm")
    read_weights(path)  # a file that is none is found before any image is read
    return Start(str(weights), file=path)
