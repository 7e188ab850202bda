"""`resume` and `repeat`: runs from what `run.json` says of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from selftaught.core import Method, Track, UserError, silent
from selftaught.runs.folder import RunFolder
from selftaught.runs.opening import Run, open_run
from selftaught.runs.planning import Plan, build_plan
from selftaught.runs.pretraining import train_plan
from selftaught.runs.rebuilding import has_own_views, settings_of
from selftaught.runs.record import read_record
from selftaught.runs.starting import Start, read_start
from selftaught.training import Onlooker, ViewMaker, Watcher, load_checkpoint

__all__ = ["repeat", "resume"]


def resume(
    run: str | Path | Run,
    *,
    epochs: int | float | None = None,
    data: Any = None,
    method: type[Method[Any]] | None = None,
    views: ViewMaker | None = None,
    device: str | None = None,
    devices: int | None = None,
    track: Track = silent,
    watchers: Sequence[Watcher] = (),
    onlookers: Sequence[Onlooker] = (),
) -> Run:
    """Continue a run where its last checkpoint left it, to the bit on the same machine; or make it longer.

    A longer run has a longer schedule: the learning rate goes on from where the cosine of the new total stands at the
    step reached. So a finished run, whose rate had fallen to zero, starts again at a higher one.

    Args:
        run: its folder.
        epochs: so many more than the run was to have; None finishes what was begun.
        data: the data, where they moved or were handed over in memory. They must be the same.
        method: the class, where it is one of one's own.
        views: the view maker, where it was one's own.
        device: another one than before.
        devices: another number of processes than before.
        track: who watches.
        watchers: are shown each logged row.
        onlookers: are shown each look at the encoder.

    Raises:
        UserError: the run is not whole, is finished already, or its data are others.

    Example:
        >>> from selftaught.runs import resume
        >>> resume("runs/none", epochs=5)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at runs/none: there is no such folder
    """
    opened = open_run(run)
    folder, record = opened.folder, opened.record
    folder.require(folder.checkpoint, folder.start)
    if epochs is None and record.finished is not None:
        raise UserError(f"the run at {folder.path} is finished: give --epochs to make it longer")
    if epochs is not None and not epochs > 0:
        raise UserError(f"expected a number of epochs above 0 to make the run longer, got {epochs}")
    if data is None and record.data.given is None:
        raise UserError(f"the run at {folder.path} learned from data in memory: give them again as data")
    if views is None and has_own_views(record, method):
        raise UserError(
            f"the run at {folder.path} had a view maker of its own, {record.views['maker']}: give it as views"
        )
    changes = {"device": device, "devices": devices}
    settings = settings_of(record, method).replace({k: v for k, v in changes.items() if v is not None})
    reached = load_checkpoint(folder.checkpoint)  # if it is damaged, that is said before anything is written
    total = record.steps or reached.total_steps
    plan = build_plan(
        folder=folder,
        name=record.method,
        settings=settings,
        start=Start(),
        data=record.data.given if data is None else data,
        views=views,
        recipe=record.recipe,
        asked=record.asked,
        command=record.command,
        track=track,
        preparation=opened.start().preprocessing,
    )
    if len(plan.source) != record.data.items:
        raise UserError(
            f"the run learned from {plan.source.counted(record.data.items)}, and there are {len(plan.source):,} now"
        )
    kept = replace(
        plan.record,
        settings=record.settings,
        weights=record.weights,
        data=record.data,
        started=record.started,
        steps=total,
        extended_at=record.extended_at,
    )
    if epochs is not None:
        longer = total + replace(settings.training, epochs=epochs, minutes=None).steps_in_epochs(
            len(plan.training_items)
        )
        kept = replace(kept, steps=longer, extended_at=(*record.extended_at, total))
        if plan.observer is not None:
            plan = replace(plan, observer=replace(plan.observer, since=reached.step))
    plan = replace(plan, record=kept)
    return train_plan(plan, resume=True, track=track, watchers=watchers, onlookers=onlookers)


def repeat(
    record: str | Path,
    out: str | Path,
    *,
    data: Any = None,
    overwrite: bool = False,
    command: Sequence[str] = (),
    track: Track = silent,
) -> Plan:
    """The plan of a run with every setting of an earlier one; `train_plan` trains it.

    Args:
        record: the earlier run's `run.json`, or its folder.
        out: the new run's folder.
        data: the data, where they moved or were handed over in memory.
        overwrite: replace a run that `out` holds.
        command: the words of the command line, for `run.json`.
        track: who watches.

    Raises:
        UserError: there is no such record, or it cannot be repeated.

    Example:
        >>> from selftaught.runs import repeat
        >>> repeat("runs/none/run.json", "runs/again")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no record of a run at runs/none/run.json
    """
    path = Path(record)
    earlier = read_record(path / "run.json" if path.is_dir() else path)
    folder = RunFolder(Path(out))
    folder.check_free(overwrite=overwrite)
    if data is None and earlier.data.given is None:
        raise UserError("the earlier run learned from data in memory: give them again as data")
    settings = settings_of(earlier)
    settings.check()
    plan = build_plan(
        folder=folder,
        name=earlier.method,
        settings=settings,
        start=read_start(earlier.weights),
        data=earlier.data.given if data is None else data,
        views=None,
        recipe=earlier.recipe,
        asked=earlier.asked,
        command=command,
        track=track,
    )
    return replace(plan, record=replace(plan.record, steps=earlier.steps))
