"""`pretrain`: unlabelled data in, an encoder in a run folder out."""

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from selftaught.core import Encoder, Method, Source, Track, silent
from selftaught.encoders import save_encoder
from selftaught.runs.folder import RunFolder, is_first_process, write_aside
from selftaught.runs.opening import Run, open_run
from selftaught.runs.picturing import write_pictures
from selftaught.runs.planning import Plan, plan_run
from selftaught.runs.record import Record, read_record
from selftaught.runs.reporting import refresh_report
from selftaught.runs.teachers import save_classifier
from selftaught.runs.watching import save_best, summarise
from selftaught.training import Collapsed, Onlooker, ViewMaker, Watcher, load_checkpoint, resolve_device, train

__all__ = ["pretrain", "train_plan"]


def pretrain(
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
    watchers: Sequence[Watcher] = (),
    onlookers: Sequence[Onlooker] = (),
) -> Run:
    """Learn an encoder from data without labels, into a run folder.

    Args:
        method: a name of `selftaught.methods.METHODS`, or a class.
        data: a built-in name, a folder of images, `hub:NAME`, a parquet or array file, an array, a map-style Dataset
            or an `Source`. None takes the recipe's.
        out: the run folder: a new or an empty one.
        encoder: the name of a network, or one of `selftaught.encoders` with the weights that it begins with.
        weights: what the network begins with: "timm", a run, a folder that holds an encoder, or a file. None is random.
        recipe: a named set of numbers, for what `settings` leaves open.
        settings: any option of `selftaught pretrain METHOD --help`, with underscores: {"temperature": 0.2}.
        views: a view maker of one's own, instead of the method's.
        overwrite: replace a run that `out` holds.
        command: the words of the command line, for `run.json`.
        track: who watches.
        watchers: are shown each logged row.
        onlookers: are shown each look at the encoder.

    Returns:
        The run, finished.

    Raises:
        UserError: something asked for cannot be done; most of it is found before any data is read.
        Collapsed: the encoder has collapsed, and `on_collapse` is "stop".

    Example:
        >>> from selftaught.runs import pretrain
        >>> import tempfile
        >>> import numpy as np
        >>> images = np.random.default_rng(0).integers(0, 256, (8, 12, 12), dtype=np.uint8)
        >>> numbers = {"epochs": 1, "batch_size": 4, "device": "cpu"}
        >>> run = pretrain("simclr", images, tempfile.mkdtemp(), settings=numbers)
        >>> run.record.steps, run.encoder().width
        (2, 256)
    """
    plan = plan_run(
        method,
        data,
        out,
        encoder=encoder,
        weights=weights,
        recipe=recipe,
        settings=settings,
        views=views,
        overwrite=overwrite,
        command=command,
        track=track,
    )
    return train_plan(plan, track=track, watchers=watchers, onlookers=onlookers)


def train_plan(
    plan: Plan,
    *,
    resume: bool = False,
    report: bool = True,
    track: Track = silent,
    watchers: Sequence[Watcher] = (),
    onlookers: Sequence[Onlooker] = (),
) -> Run:
    """Train what was planned, and write everything that belongs into its folder.

    Args:
        plan: the run; with `resume` its folder holds its beginning. The steps of its record, if it says any, count
            more than its settings.
        resume: continue from the last checkpoint.
        report: write the page in the end.
        track: who watches.
        watchers: are shown each logged row.
        onlookers: are shown each look at the encoder.

    Raises:
        Collapsed: the encoder has collapsed, and `on_collapse` is "stop"; `run.json` says it, too, and `encoder/` holds
            the encoder as it is then.

    Example:
        >>> from selftaught.runs.planning import plan_run
        >>> from selftaught.runs.pretraining import train_plan
        >>> import tempfile
        >>> import numpy as np
        >>> images = np.random.default_rng(0).integers(0, 256, (8, 12, 12), dtype=np.uint8)
        >>> numbers = {"epochs": 3, "batch_size": 4, "hidden_width": 16, "device": "cpu"}
        >>> plan = plan_run("simclr", images, tempfile.mkdtemp(), settings=numbers)
        >>> train_plan(plan, report=False).record.steps
        6
    """
    folder, training = plan.folder, plan.settings.training
    steps = plan.record.steps
    if steps is None and training.minutes is None:
        steps = training.steps_in_epochs(len(plan.training_items))
    record = replace(plan.record, steps=steps)
    if is_first_process():
        _begin(plan, record, fresh=not resume)
    try:
        result = train(
            plan.method,
            plan.training_items,
            plan.make_views,
            training,
            folder=folder.path,
            total_steps=steps,
            resume=resume,
            preprocessing=plan.preprocessing,
            observer=plan.observer,
            track=track,
            watchers=watchers,
            onlookers=onlookers,
        )
    except Collapsed:
        if is_first_process():
            _write_collapsed(plan, record)
        raise
    if not is_first_process():
        return Run(folder, record)
    save_encoder(plan.method.encoder, plan.preprocessing, folder.encoder)
    save_classifier(plan.method, folder)
    replace(
        _with_looks(plan, record),
        steps=result.steps,
        seconds=round(result.seconds, 3),
        precision=result.precision,
        compile_gain=result.compile_gain,
        peak_bytes=result.peak_bytes,
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    ).write(folder)
    run = open_run(folder.path)
    write_pictures(plan)
    if report:
        refresh_report(run, plan.source, plan.make_views, device=resolve_device(training.device), track=track)
    return run


def _begin(plan: Plan, record: Record, *, fresh: bool) -> None:
    if fresh:
        plan.folder.clear()
    elif plan.folder.holds_run() and read_record(plan.folder.record).collapse is not None:
        for stale in (plan.folder.encoder, plan.folder.encoder_best):
            shutil.rmtree(stale, ignore_errors=True)  # of where it stopped, and the run goes on
    record.write(plan.folder)
    if fresh:
        save_encoder(plan.encoder, plan.preprocessing, plan.folder.start)
        _write_skipped(plan.folder, plan.source)


def _write_collapsed(plan: Plan, record: Record) -> None:
    """The encoder as it is where the run stopped, so that it can be looked into; the run is not finished."""
    checkpoint = load_checkpoint(plan.folder.checkpoint)
    plan.method.load_state_dict(checkpoint.method)  # several processes have trained copies
    save_encoder(plan.method.encoder, plan.preprocessing, plan.folder.encoder)
    replace(_with_looks(plan, record), seconds=round(checkpoint.seconds, 3)).write(plan.folder)


def _with_looks(plan: Plan, record: Record) -> Record:
    """The record with what was seen of the run, which the checkpoint holds; keeps the best encoder, if there is one."""
    if plan.observer is None:
        return record
    checkpoint = load_checkpoint(plan.folder.checkpoint)
    save_best(plan.method, plan.preprocessing, checkpoint.watched, plan.folder)
    return replace(record, watched=summarise(plan.observer, checkpoint.watched, checkpoint.seconds))


def _write_skipped(folder: RunFolder, source: Source) -> None:
    if not source.skipped:
        return
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([source.nouns[0], "reason"])
    writer.writerows(source.skipped)
    write_aside(folder.skipped, table.getvalue())
