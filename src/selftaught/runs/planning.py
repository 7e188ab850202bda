"""A run before it starts: everything resolved and built, nothing trained and nothing written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from selftaught.core import Encoder, Method, Preparation, Regrouping, Source, Track, UserError, silent
from selftaught.data import check_kind
from selftaught.encoders import describe_encoder
from selftaught.methods import METHODS, find_method
from selftaught.recipes import find_recipe
from selftaught.runs.environment import commit, machine, versions
from selftaught.runs.folder import RunFolder, is_first_process
from selftaught.runs.record import DataRecord, Record
from selftaught.runs.sample_strip import sample_strip
from selftaught.runs.settings import Settings, method_schema, resolve_settings
from selftaught.runs.starting import Start, read_start
from selftaught.runs.teachers import drawn_labels
from selftaught.runs.view_figure import ViewFigure
from selftaught.runs.watch_settings import NEED_VIEWS
from selftaught.runs.watching import RunObserver, watched_sample
from selftaught.training import Source as TrainingItems
from selftaught.training import ViewMaker, resolve_device

__all__ = ["Plan", "plan_run", "training_items"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run before it starts.

    Args:
        folder: where it will be written.
        record: what `run.json` will hold.
        settings: every number.
        source: the items to learn from.
        training_items: what a step takes a batch of: the source, or what the view maker made of it.
        encoder: with the weights that it begins with; inside `method`.
        method: what will be trained.
        make_views: what makes the views.
        preprocessing: what happens to every item before the encoder, in use.
        observer: looks at the encoder while it trains; None for nobody.

    Example:
        >>> from selftaught.runs.planning import plan_run
        >>> import numpy as np
        >>> plan = plan_run("simclr", np.zeros((8, 12, 12), np.uint8), "runs/none", settings={"batch_size": 4})
        >>> plan.record.data.found, plan.preprocessing.image_size, plan.settings.values["temperature"]
        ('array of 8 images, grey, 12x12', 12, 0.1)
    """

    folder: RunFolder
    record: Record
    settings: Settings
    source: Source
    training_items: TrainingItems
    encoder: Encoder
    method: Method[Any]
    make_views: ViewMaker
    preprocessing: Preparation
    observer: RunObserver | None


def plan_run(
    method: str | type[Method[Any]],
    data: Any,
    out: str | Path,
    *,
    encoder: str | Encoder | None = None,
    weights: str | Path | None = None,
    recipe: str | None = None,
    settings: Mapping[str, object] | None = None,
    views: ViewMaker | None = None,
    overwrite: bool = False,
    command: Sequence[str] = (),
    track: Track = silent,
) -> Plan:
    """Resolve and build everything that `pretrain` needs; see there for the arguments.

    What can be checked without the data is checked before they are read.

    Raises:
        UserError: something asked for cannot be done.

    Example:
        >>> from selftaught.runs.planning import plan_run
        >>> plan_run("simclr", "photos", "runs/none", settings={"temprature": 0.2})
        Traceback (most recent call last):
        selftaught.core.errors.UserError: unknown option 'temprature': did you mean '--temperature'? ...
    """
    chosen = find_method(method) if isinstance(method, str) else method
    name = method_name(chosen)
    numbers = find_recipe(recipe) if recipe else None
    if numbers and numbers.method != name:
        raise UserError(f"recipe '{recipe}' is for {numbers.method}, not for {name}")
    schema = method_schema(chosen)
    asked = dict(settings or {})
    if isinstance(encoder, str):
        asked["encoder.name"] = encoder
    resolved = resolve_settings(chosen, schema, asked, numbers)
    named = {schema.option(option).name for option in asked}
    for option in named if views is not None else ():
        if schema.options[option].part == "views":
            raise UserError(
                f"{schema.options[option].flag} is for the views of {name}, and views of one's own were given"
            )
    if isinstance(encoder, Encoder) and weights is not None:
        raise UserError("expected an encoder that holds its weights, or weights for a named one, got both")
    start = Start(type(encoder).__name__, encoder) if isinstance(encoder, Encoder) else read_start(weights)
    resolved = start.adopt(resolved, named)
    resolved.check()
    start.check(resolved)
    folder = RunFolder(Path(out))
    if is_first_process():
        folder.check_free(overwrite=overwrite)
    if data is None and (numbers is None or numbers.data is None):
        raise UserError(f"missing --data: expected {resolved.kind.example}, or a built-in name, a file or hub:NAME")
    return build_plan(
        folder=folder,
        name=name,
        settings=resolved,
        start=start,
        data=data if data is not None or numbers is None else numbers.data,
        views=views,
        recipe=recipe,
        asked={option: resolved.values[option] for option in sorted(named)},
        command=command,
        track=track,
    )


def build_plan(
    *,
    folder: RunFolder,
    name: str,
    settings: Settings,
    start: Start,
    data: Any,
    views: ViewMaker | None,
    recipe: str | None,
    asked: Mapping[str, object],
    command: Sequence[str],
    track: Track,
    preparation: Preparation | None = None,
) -> Plan:
    """Open the data and build what learns from them.

    Args:
        folder: where the run will be written.
        name: of the method.
        settings: every number.
        start: the weights that the run begins with.
        data: what to learn from.
        views: a view maker of one's own.
        recipe: whose numbers were taken.
        asked: the options that the user named.
        command: the words of the command line.
        track: who watches.
        preparation: of what the encoder takes, where an earlier run has settled it.
    """
    kind = settings.kind
    check_kind(data, kind.name, name)
    splits = kind.open(data, settings.input, label=None, labelled=False, track=track)
    source: Source = splits.unlabelled
    filled = settings
    if preparation is None:
        changes, preparation = kind.fill(settings, source, start)
        filled = settings.replace(changes)
    encoder = start.build(filled, preparation)
    description = describe_encoder(encoder)
    if "encoder.stem" in filled.values and "stem" in description and description["name"] != "small_resnet":
        filled = filled.replace({"encoder.stem": description["stem"]})  # "auto" depends on where weights come from
    labels = None
    if filled.label_share is not None:
        labelled = kind.open(data, settings.input, label=None, labelled=True, track=track).unlabelled
        teacher, seed = filled.values["teacher"], filled.training.seed
        labels = drawn_labels(source, labelled, filled.label_share, teacher, seed)
    method = filled.build_method(encoder, items=len(source), preparation=preparation, labels=labels)
    make_views: Any = views if views is not None else filled.build_views(preparation, method)
    items = training_items(source, make_views)
    if source.in_one_batch:
        if filled.training.embed_in_pieces is not None:
            raise UserError(f"--embed-in-pieces: {source.nouns[1]} of one batch cannot be embedded apart; leave it out")
        filled = filled.replace({"batch_size": len(items)})
    elif len(items) < filled.training.batch_size:
        raise UserError(
            f"expected at least as many {source.nouns[1]} as a batch of {filled.training.batch_size}, found "
            f"{splits.found}: give a smaller --batch-size"
        )
    observer = None
    if filled.watch.watch_every != 0:
        sample = watched_sample(source, None if splits.everything is not None else splits.test)
        if filled.watch.watch_knn:
            sample = sample.with_labels(kind.open(data, settings.input, label=None, labelled=True, track=track))
        own = None if views is not None else make_views
        strip = sample_strip(name, own, preparation, file=folder.strip, seed=filled.training.seed)
        observer = RunObserver(
            sample=sample,
            preparation=preparation,
            settings=filled.watch,
            strip=strip,
            view_figure=_view_figure(filled, make_views, sample.items, items),
        )
    training = filled.training
    by_part = filled.by_part()
    if views is not None:
        by_part.pop("views")
    record = Record(
        method=name,
        recipe=recipe,
        asked=asked,
        settings=by_part,
        weights=start.name,
        data=DataRecord(
            given=str(data) if isinstance(data, (str, Path)) else None,
            found=splits.found,
            kind=kind.name,
            items=len(source),
            skipped=len(source.skipped),
            facts=dict(source.facts()),
        ),
        encoder={**description, "width": encoder.width, "parameters": sum(p.numel() for p in encoder.parameters())},
        preprocessing=kind.recorded(preparation),
        views={"maker": type(make_views).__name__, "left_out": [] if views is not None else make_views.describe()},
        steps=None,
        seed=training.seed,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=versions(),
        commit=commit(),
        machine=machine(resolve_device(training.device)),
        command=tuple(command),
    )
    return Plan(
        folder=folder,
        record=record,
        settings=filled,
        source=source,
        training_items=items,
        encoder=encoder,
        method=method,
        make_views=make_views,
        preprocessing=preparation,
        observer=observer,
    )


def _view_figure(settings: Settings, make_views: Any, looked_at: Source, learned: TrainingItems) -> ViewFigure | None:
    """What takes the figure that chooses the best encoder, where it needs views."""
    name = settings.watch.keep_best
    if name not in NEED_VIEWS:
        return None
    own = settings.counts_items or looked_at.in_one_batch  # others mean nothing to the method
    items = learned if own else training_items(looked_at, make_views)
    if len(items) < 2:
        raise UserError(f"keep_best: {name} needs at least 2 items to compare, got {len(items)}")
    return ViewFigure(name=name, make_views=make_views, items=items)


def method_name(method: type[Method[Any]]) -> str:
    """How `run.json` calls a method: its name in the list, or where its class stands."""
    known = [entry.name for entry in METHODS.values() if entry.class_name == method.__name__]
    listed = bool(known) and find_method(known[0]) is method
    return known[0] if listed else f"{method.__module__}:{method.__qualname__}"


def training_items(source: Source, make_views: object) -> TrainingItems:
    """What a step takes a batch of: the items themselves, or what the view maker asks about instead.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.runs.planning import training_items
        >>> from selftaught.views import TwoViews
        >>> source = open_images(np.zeros((8, 12, 12), np.uint8)).train
        >>> training_items(source, TwoViews(image_size=12, channels=1)) is source
        True
    """
    return make_views.regroup(source) if isinstance(make_views, Regrouping) else source
