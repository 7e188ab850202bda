"""Every number of a run: an option beats the recipe, the recipe beats the signature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from selftaught.core import Encoder, Method, UserError
from selftaught.encoders import Preprocessing, build_encoder
from selftaught.recipes import Recipe
from selftaught.runs.schema import Schema
from selftaught.training.devices import resolve_device
from selftaught.training.settings import TrainingSettings

__all__ = ["InputSettings", "Settings", "method_schema", "resolve_settings"]

_TRIAL_SIZE = 224
_FROM_IMAGES = ("channels", "image_size", "mean", "standard_deviation")


@dataclass(frozen=True, kw_only=True)
class InputSettings:
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

    Raises:
        UserError: a value out of its range.

    Example:
        >>> from selftaught.runs.settings import InputSettings
        >>> InputSettings(image_size=4)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: expected an image size of at least 8 pixels, got 4
    """

    image_size: int | None = None
    channels: int | None = None
    crop_fraction: float | None = None
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        if self.image_size is not None and self.image_size < 8:
            raise UserError(f"expected an image size of at least 8 pixels, got {self.image_size}")
        if self.channels is not None and self.channels < 1:
            raise UserError(f"expected at least 1 channel, got {self.channels}")
        if self.crop_fraction is not None and not 0 < self.crop_fraction <= 1:
            raise UserError(f"expected a crop fraction in (0, 1], got {self.crop_fraction}")
        if self.standard_deviation is not None and min(self.standard_deviation, default=0) <= 0:
            raise UserError(f"expected standard deviations above 0, got {self.standard_deviation}")


def method_schema(method: type[Method[Any]], schema: Schema | None = None) -> Schema:
    """The options that a run of a method has: those of its input, encoder, views and training, and its own.

    Args:
        method: the class.
        schema: to which they are added; None makes a new one.

    Example:
        >>> from selftaught.runs.settings import method_schema
        >>> from selftaught.methods import find_method
        >>> method_schema(find_method("simclr")).defaults()["encoder.name"]
        'small_resnet'
    """
    schema = Schema() if schema is None else schema
    schema.add("input", InputSettings)
    schema.add("encoder", build_encoder, prefix="encoder", skip=("channels", "image_size", "pretrained"))
    schema.add("method", method, skip=("encoder",))
    schema.add("views", method.view_maker, skip=_FROM_IMAGES)
    schema.add("training", TrainingSettings)
    schema.set_defaults({"encoder.name": method.default_encoder, **method.view_settings})
    return schema


@dataclass(frozen=True)
class Settings:
    """The value of every option of a run.

    Args:
        method: whose run it is.
        schema: the options.
        values: one value for each.

    Example:
        >>> from selftaught.runs.settings import method_schema, resolve_settings
        >>> from selftaught.methods import find_method
        >>> simclr = find_method("simclr")
        >>> resolve_settings(simclr, method_schema(simclr), {"epochs": 3}).training.epochs
        3
    """

    method: type[Method[Any]]
    schema: Schema
    values: Mapping[str, Any]

    @property
    def input(self) -> InputSettings:
        """What the network sees."""
        return InputSettings(**self.schema.part("input", self.values))

    @property
    def training(self) -> TrainingSettings:
        """How it is trained."""
        return TrainingSettings(**self.schema.part("training", self.values))

    def replace(self, changes: Mapping[str, object]) -> "Settings":
        """The same settings with some values changed."""
        return Settings(self.method, self.schema, {**self.values, **changes})

    def build_encoder(self, preprocessing: Preprocessing, *, pretrained: bool = False) -> Encoder:
        """The network, its start drawn from the run's seed or timm's own."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.training.seed)
            return build_encoder(
                **self.schema.part("encoder", self.values),
                channels=preprocessing.channels,
                image_size=preprocessing.image_size,
                pretrained=pretrained,
            )

    def build_method(self, encoder: Encoder) -> Method[Any]:
        """The method around an encoder, its other weights drawn from the run's seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.training.seed + 1)
            return self.method(encoder, **self.schema.part("method", self.values))

    def build_views(self, preprocessing: Preprocessing) -> Any:
        """What makes the views."""
        return self.method.view_maker(
            **{name: getattr(preprocessing, name) for name in _FROM_IMAGES}, **self.schema.part("views", self.values)
        )

    def by_part(self) -> dict[str, dict[str, Any]]:
        """Every value, grouped by what it belongs to, as `run.json` holds it."""
        parts = dict.fromkeys(option.part for option in self.schema.options.values())
        return {
            part: {name: self.values[name] for name, option in self.schema.options.items() if option.part == part}
            for part in parts
        }

    def check(self) -> None:
        """Find wrong values before any image is read: build everything once without memory.

        Raises:
            UserError: a value out of its range, or an unknown encoder.
        """
        resolve_device(self.training.device)
        given = self.input
        channels = given.channels or len(given.mean or given.standard_deviation or "RGB")
        trial = Preprocessing(given.image_size or _TRIAL_SIZE, channels, (0.5,) * channels, (0.5,) * channels)
        with torch.device("meta"):
            self.build_method(self.build_encoder(trial))
        self.build_views(trial)


def resolve_settings(
    method: type[Method[Any]], schema: Schema, given: Mapping[str, object], recipe: Recipe | None = None
) -> Settings:
    """The value of every option.

    Args:
        method: whose run it is.
        schema: what `method_schema` returned for it.
        given: what the user asked for, by option.
        recipe: the numbers taken where the user asked for nothing.

    Raises:
        UserError: an unknown option, or a value not of its type.

    Example:
        >>> from selftaught.recipes import Recipe
        >>> from selftaught.runs.settings import method_schema, resolve_settings
        >>> from selftaught.methods import find_method
        >>> simclr = find_method("simclr")
        >>> recipe = Recipe(method="simclr", settings={"temperature": 0.2, "epochs": 7})
        >>> settings = resolve_settings(simclr, method_schema(simclr), {"epochs": 3}, recipe)
        >>> settings.values["temperature"], settings.values["epochs"], settings.values["hidden_width"]
        (0.2, 3, 2048)
    """
    values = schema.defaults()
    for asked in (recipe.settings if recipe else {}, given):
        checked = {schema.option(name).name: schema.check(name, value) for name, value in asked.items()}
        if checked.get("minutes") is not None and "epochs" in checked:
            raise UserError("expected epochs or minutes, got both")
        if "epochs" in checked:
            checked["minutes"] = None  # a length asked for in epochs replaces a recipe's in minutes
        values.update(checked)
    return Settings(method, schema, values)
