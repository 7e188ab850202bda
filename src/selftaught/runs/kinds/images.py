"""Images: what a run must know of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast, final

import numpy as np
import torch
from jaxtyping import Int
from torch import nn

from selftaught.core import ImageBatch, Preparation, Source, Track, UserError, silent
from selftaught.data import ImageSource, ImageSplits, open_images, read_images
from selftaught.encoders import Preprocessing, build_encoder
from selftaught.extraction import RawInput
from selftaught.runs.kinds.kind import Kind

if TYPE_CHECKING:
    from selftaught.runs.settings import Settings
    from selftaught.runs.starting import Start

__all__ = ["ImageInput", "ImageKind"]

_SMALL_PIXELS, _TRIAL_SIZE = 64, 224
_PHOTOGRAPH_PIXELS, _PHOTOGRAPH_CROP = 224, 0.875


@dataclass(frozen=True, kw_only=True)
class ImageInput:
    """What the network sees.

    Args:
        image_size: height and width of the images that enter the network, in pixels; if none is given, the images' own
            where all share one up to 64, else 224.
        channels: 1 makes the images grey, 3 makes them RGB; if none is given, they stay as they are.
        crop_fraction: side of the central square that evaluation and use keep, as a share of the shorter side; if none
            is given, 1 where the images are small and share one size, else 0.875.
        mean: of each channel, subtracted from values in 0..1; if none is given, that of the images to learn from.
        standard_deviation: of each channel, divided by; if none is given, that of the images to learn from.
        strict: stop at an image that cannot be read, instead of passing it over.
        cache: a folder in which decoded images are kept, so that a folder of files is decoded once: up to a byte for
            each pixel and channel.

    Raises:
        UserError: a value out of its range.

    Example:
        >>> from selftaught.runs.kinds.images import ImageInput
        >>> ImageInput(image_size=4)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: expected an image size of at least 8 pixels, got 4
    """

    image_size: int | None = None
    channels: int | None = None
    crop_fraction: float | None = None
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    strict: bool = False
    cache: str | None = None

    def __post_init__(self) -> None:
        if self.image_size is not None and self.image_size < 8:
            raise UserError(f"expected an image size of at least 8 pixels, got {self.image_size}")
        if self.channels is not None and self.channels < 1:
            raise UserError(f"expected at least 1 channel, got {self.channels}")
        if self.crop_fraction is not None and not 0 < self.crop_fraction <= 1:
            raise UserError(f"expected a crop fraction in (0, 1], got {self.crop_fraction}")
        if self.standard_deviation is not None and min(self.standard_deviation, default=0) <= 0:
            raise UserError(f"expected standard deviations above 0, got {self.standard_deviation}")


@final
class ImageKind(Kind):
    """Images of any origin, and the networks of timm.

    Example:
        >>> from selftaught.runs.kinds.images import ImageInput, ImageKind
        >>> ImageKind().trial(ImageInput(channels=1)).channels
        1
    """

    name = "images"
    input_settings = ImageInput
    build_encoder: ClassVar[Any] = staticmethod(build_encoder)
    raw_words = "the pixels themselves"
    example = "photos/"

    @property
    def decided(self) -> frozenset[str]:
        """Size, channels and statistics; and whether timm's weights are loaded."""
        return frozenset({"channels", "image_size", "mean", "standard_deviation", "pretrained"})

    def decide(self, preparation: Preparation) -> Mapping[str, Any]:
        """As the preprocessing has them."""
        seen = _images(preparation)
        return {name: getattr(seen, name) for name in ("channels", "image_size", "mean", "standard_deviation")}

    def open(
        self, data: Any, given: ImageInput, *, label: str | None, labelled: bool, track: Track = silent
    ) -> ImageSplits:
        """See `selftaught.data.open_images`."""
        return open_images(
            data,
            channels=given.channels,
            image_size=given.image_size or _PHOTOGRAPH_PIXELS,
            strict=given.strict,
            labelled=labelled,
            label=label,
            cache=given.cache,
            track=track,
        )

    def as_seen(self, preparation: Preparation, *, strict: bool) -> ImageInput:
        """Their size and channels."""
        seen = _images(preparation)
        return ImageInput(image_size=seen.image_size, channels=seen.channels, strict=strict)

    def trial(self, given: ImageInput) -> Preprocessing:
        """Of photographs, where nothing else is said."""
        channels = given.channels or len(given.mean or given.standard_deviation or "RGB")
        return Preprocessing(given.image_size or _TRIAL_SIZE, channels, (0.5,) * channels, (0.5,) * channels)

    def fill(self, settings: "Settings", source: Source, start: "Start") -> tuple[Mapping[str, Any], Preparation]:
        """Size, crop and the statistics of the images, or those that timm's weights were trained with."""
        given, images = cast("ImageInput", settings.input), cast("ImageSource", source)
        small = images.size is not None and max(images.size) <= _SMALL_PIXELS
        own_size = max(images.size) if images.size is not None and small else _PHOTOGRAPH_PIXELS
        mean, deviation = given.mean, given.standard_deviation
        if mean is None or deviation is None:
            found = start.timm_statistics(settings, images.channels) or images.statistics()
            mean, deviation = mean or found[0], deviation or found[1]
        preprocessing = Preprocessing(
            image_size=given.image_size or own_size,
            channels=images.channels,
            mean=tuple(mean),
            standard_deviation=tuple(deviation),
            crop_fraction=given.crop_fraction or (1.0 if small else _PHOTOGRAPH_CROP),
        )
        if {len(preprocessing.mean), len(preprocessing.standard_deviation)} != {images.channels}:
            raise UserError(f"expected a mean and a standard deviation for each of {images.channels} channels")
        return asdict(preprocessing), preprocessing

    def raw_input(self, preparation: Preparation, source: Source) -> nn.Module:
        """The pixels."""
        return RawInput()

    def read(self, items: Any, preparation: Preparation) -> ImageBatch:
        """See `selftaught.data.read_images`."""
        seen = _images(preparation)
        return read_images(items, channels=seen.channels, image_size=seen.image_size)

    def show(self, source: Source, rows: Int[np.ndarray, " n"]) -> list[np.ndarray | str]:
        """The images themselves."""
        return [
            picture for start in range(0, len(rows), 256) for picture in _shown(source.batch(rows[start : start + 256]))
        ]


def _images(preparation: Preparation) -> Preprocessing:
    return cast("Preprocessing", preparation)


def _shown(batch: ImageBatch) -> list[np.ndarray]:
    pixels = batch.pixels if batch.pixels.dtype == torch.uint8 else (batch.pixels * 255).round().to(torch.uint8)
    sizes = batch.sizes.tolist()
    return [
        image[:, :height, :width].permute(1, 2, 0).numpy() for image, (height, width) in zip(pixels, sizes, strict=True)
    ]
