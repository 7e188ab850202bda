"""Every number of a run: an option beats the recipe, the recipe beats the signature."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from selftaught.core import Encoder, Method, MultiCrop, MultiView, Preparation, UserError
from selftaught.recipes import Recipe
from selftaught.runs.kinds import Kind, kind_of
from selftaught.runs.schema import Schema
from selftaught.runs.teachers import LabelSettings, TeacherSettings, load_teacher
from selftaught.runs.watch_settings import BETTER, KeepBest, WatchSettings
from selftaught.training.devices import resolve_device
from selftaught.training.logs import check_logger
from selftaught.training.pieces import embedding_in_pieces
from selftaught.training.settings import TrainingSettings

__all__ = ["Settings", "add_encoder_options", "method_schema", "resolve_settings"]
_ITEMS, _TRIAL_ITEMS = "items", 10_000_000
_GIVEN = {"teacher": TeacherSettings, "labels": LabelSettings}  # arguments that a user names by other means


def method_schema(method: type[Method[Any]], schema: Schema | None = None) -> Schema:
    """The options that a run of a method has: those of its input, encoder, views, training and watching, and its own.

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
    kind = kind_of(method)
    schema.add("input", kind.input_settings)
    add_encoder_options(schema, kind)
    schema.add("method", method, skip={"encoder", _ITEMS, *_GIVEN} & _arguments(method))
    for name, given in _GIVEN.items():
        if name in _arguments(method):
            schema.add(name, given)
    decided = kind.decided & _arguments(method.view_maker)
    schema.add("views", method.view_maker, skip=decided | set(method.view_arguments))
    schema.add("training", TrainingSettings)
    schema.add("watch", WatchSettings)
    named = {"encoder.name": method.default_encoder} if "encoder.name" in schema.options else {}
    built = {f"encoder.{name}": value for name, value in method.encoder_settings.items()}
    schema.set_defaults({**named, **built, **method.view_settings})
    return schema


def add_encoder_options(schema: Schema, kind: Kind) -> None:
    """Add what a user may say of the encoder, as `encoder.NAME`.

    Args:
        schema: to which they are added.
        kind: of the data.

    Example:
        >>> from selftaught.runs.kinds import kind_named
        >>> from selftaught.runs.schema import Schema
        >>> from selftaught.runs.settings import add_encoder_options
        >>> schema = Schema()
        >>> add_encoder_options(schema, kind_named("images"))
        >>> "encoder.features" in schema.options, "encoder.image_size" in schema.options
        (True, False)
    """
    schema.add("encoder", kind.build_encoder, prefix="encoder", skip=kind.decided & _arguments(kind.build_encoder))


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
    def kind(self) -> Kind:
        """What the method learns from."""
        return kind_of(self.method)

    @property
    def input(self) -> Any:
        """What the network sees: the `input_settings` of the kind of data."""
        return self.kind.input_settings(**self.schema.part("input", self.values))

    @property
    def counts_items(self) -> bool:
        """Whether the method keeps something of every item."""
        return _ITEMS in _arguments(self.method)

    @property
    def training(self) -> TrainingSettings:
        """How it is trained."""
        return TrainingSettings(**self.schema.part("training", self.values))

    @property
    def watch(self) -> WatchSettings:
        """How it is watched."""
        return WatchSettings(**self.schema.part("watch", self.values))

    def replace(self, changes: Mapping[str, object]) -> "Settings":
        """The same settings with some values changed."""
        return Settings(self.method, self.schema, {**self.values, **changes})

    def build_encoder(self, preparation: Preparation, *, pretrained: bool = False) -> Encoder:
        """The network, its start drawn from the run's seed or timm's own."""
        decided = {**self.kind.decide(preparation), "pretrained": pretrained}
        taken = self.kind.decided & _arguments(self.kind.build_encoder)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.training.seed)
            return self.kind.build_encoder(
                **self.schema.part("encoder", self.values), **{name: decided[name] for name in taken}
            )

    @property
    def label_share(self) -> str | None:
        """The share of the labels that the method looks at; None for none."""
        return self.values.get("labels")

    def build_method(
        self,
        encoder: Encoder,
        *,
        items: int,
        preparation: Preparation | None = None,
        labels: Int[Tensor, " n"] | None = None,
    ) -> Method[Any]:
        """The method around an encoder, its other weights drawn from the run's seed.

        Args:
            encoder: what will be kept.
            items: how many there are to learn from.
            preparation: of what the encoder takes, for methods with a teacher.
            labels: the classes of some of the items, for methods that look at them.

        Raises:
            UserError: there is no such teacher.
        """
        counted: dict[str, Any] = {_ITEMS: items} if self.counts_items else {}
        if "teacher" in _arguments(self.method):
            if preparation is None:
                raise ValueError("a method with a teacher is built with the student's preparation")
            with torch.device("cpu"):  # whatever the student is built on: weights are read from disk
                classifies = self.method.teacher_classifies
                teacher = load_teacher(self.values["teacher"], preparation, classifies=classifies)
            counted["teacher"] = teacher.to(next(encoder.parameters()).device)
        if labels is not None:
            counted["labels"] = labels
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.training.seed + 1)
            return self.method(encoder, **counted, **self.schema.part("method", self.values))

    def build_views(self, preparation: Preparation, method: Method[Any] | None) -> Any:
        """What makes the views.

        Args:
            preparation: of what the encoder takes.
            method: the method, where its attributes decide some of the view maker's arguments.
        """
        decided = self.kind.decide(preparation)
        taken = self.kind.decided & _arguments(self.method.view_maker)
        own = {name: attrgetter(where)(method) for name, where in self.method.view_arguments.items()}
        return self.method.view_maker(
            **{name: decided[name] for name in taken}, **own, **self.schema.part("views", self.values)
        )

    def by_part(self) -> dict[str, dict[str, Any]]:
        """Every value, grouped by what it belongs to, as `run.json` holds it."""
        parts = dict.fromkeys(option.part for option in self.schema.options.values())
        return {
            part: {name: self.values[name] for name, option in self.schema.options.items() if option.part == part}
            for part in parts
        }

    def check(self) -> None:
        """Find wrong values before any data is read: build everything once without memory.

        Raises:
            UserError: a value out of its range, or an unknown encoder.
        """
        resolve_device(self.training.device)
        check_logger(self.training.logger)
        self._check_keep_best(self.watch.keep_best)
        trial = self.kind.trial(self.input)
        with torch.device("meta"):
            method = self.build_method(self.build_encoder(trial), items=_TRIAL_ITEMS, preparation=trial)
        LabelSettings(labels=self.label_share)  # which says what is wrong with it
        if "labels" in self.values and (self.label_share is None) != (self.values["true_label_weight"] == 0):
            raise UserError("expected labels and true_label_weight, or neither")
        if self.training.embed_in_pieces is not None:
            with embedding_in_pieces(method.encoder, self.training.embed_in_pieces):
                pass  # refused where it cannot work
        self.build_views(trial, method)

    def _check_keep_best(self, figure: KeepBest) -> None:
        views = self.method.views_type
        if figure in ("lidar", "alignment") and not issubclass(views, (MultiView, MultiCrop)):
            others = ", ".join(name for name in BETTER if name not in ("lidar", "alignment"))
            raise UserError(
                f"keep_best: {figure} compares several views of an item, and {self.method.__name__} is shown "
                f"{views.__name__}: expected one of {others} (of views, too, is energy_area)"
            )


def _arguments(made: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(made).parameters)


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
