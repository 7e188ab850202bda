"""Trains and measures what of a study is still missing, one run after another."""

from collections.abc import Callable, Sequence

from selftaught.core import Track, UserError, silent
from selftaught.evaluation import each_trained_once
from selftaught.runs.evaluating import evaluate
from selftaught.runs.opening import Run, open_run
from selftaught.runs.planning import Plan, plan_run
from selftaught.runs.pretraining import train_plan
from selftaught.runs.record import read_record
from selftaught.runs.resuming import resume
from selftaught.runs.studies.study import Study, StudyRun
from selftaught.training import Collapsed, Interrupted, Onlooker

__all__ = ["has_collapsed", "run_study"]


def run_study(
    study: Study,
    *,
    part: tuple[int, int] | None = None,
    tell: Callable[[str], object] = str,
    track: Track = silent,
    onlookers: Sequence[Onlooker] = (),
) -> list[StudyRun]:
    """Finish every run of a study: what is finished is left alone, what was begun goes on from its checkpoint.

    A run that was stopped because it collapsed is passed over; the leaderboard says so.

    Args:
        study: the runs.
        part: (k, n) finishes only the runs k, k + n, k + 2n, ... of the list, so that n machines share a folder.
        tell: is told each run that begins.
        track: who watches.
        onlookers: are shown each look at an encoder that is being trained.

    Returns:
        The runs that are not measured yet, by this call or another.

    Raises:
        UserError: a run cannot be trained or measured as asked.
        Interrupted: a signal asked to stop while a run was training; what it had learned is saved.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from selftaught.runs.studies import Contender, Study, run_study
        >>> images = np.random.default_rng(0).integers(0, 256, (12, 12, 12), dtype=np.uint8)
        >>> one = Contender(name="simclr", method="simclr", settings={"epochs": 1, "batch_size": 4})
        >>> folder = Path(tempfile.mkdtemp())
        >>> run_study(Study(folder=folder, kind="comparison", contenders=(one,), seeds=1, data=images, device="cpu"))
        []
    """
    study.begin()
    runs = study.runs()
    with each_trained_once():  # the network from scratch, of all methods that share it
        _finish(study, runs if part is None else runs[part[0] - 1 :: part[1]], tell, track, onlookers)
    return [run for run in runs if not (_is_measured(run) or has_collapsed(run))]


def _finish(
    study: Study,
    mine: Sequence[StudyRun],
    tell: Callable[[str], object],
    track: Track,
    onlookers: Sequence[Onlooker],
) -> None:
    checked = False
    for number, run in enumerate(mine, 1):
        if _is_measured(run) or has_collapsed(run):
            continue
        tell(f"run {number} of {len(mine)}: {run.words}")
        try:
            trained = _begun(study, run, tell, track, onlookers)
            if trained is None:
                plan = _plan(study, run, track)
                if not checked:
                    _check_batches(study, plan)
                    checked = True
                trained = _train(plan, run, tell, track, onlookers)
        except Interrupted as stopped:
            where = f"stopped while {run.words} was training, run {number} of {len(mine)}; it is saved"
            raise Interrupted(stopped.signal_number, f"{where}: the same command goes on from there") from stopped
        if trained is not None:
            labelled = study.data if study.labelled is None else study.labelled
            evaluate(trained, labelled, study.test_data, **study.evaluation, device=study.device, track=track)


def has_collapsed(run: StudyRun) -> bool:
    """Whether it was stopped because its encoder had collapsed.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.folder import RunFolder
        >>> from selftaught.runs.studies import Contender, StudyRun
        >>> from selftaught.runs.studies.running import has_collapsed
        >>> none = RunFolder(Path("runs/none"))
        >>> has_collapsed(StudyRun(contender=Contender(name="a", method="simclr"), seed=0, folder=none))
        False
    """
    if not run.folder.holds_run():
        return False
    return read_record(run.folder.record).collapse is not None


def _is_measured(run: StudyRun) -> bool:
    return run.folder.holds_run() and run.folder.encoder.is_dir() and run.folder.evaluation.is_file()


def _begun(
    study: Study, run: StudyRun, tell: Callable[[str], object], track: Track, onlookers: Sequence[Onlooker]
) -> Run | None:
    """The run, trained to its end, where an earlier call finished it or left a checkpoint."""
    folder = run.folder
    if not folder.holds_run():
        return None
    record = read_record(folder.record)
    if record.finished is not None and folder.encoder.is_dir():
        return open_run(folder.path)
    if not folder.checkpoint.is_file():
        return None
    tell("  goes on from its checkpoint")
    data = study.data if record.data.given is None else None
    try:
        return resume(folder.path, data=data, device=study.device, track=track, onlookers=onlookers)
    except Collapsed as error:
        tell(f"  {error}")
        return None


def _plan(study: Study, run: StudyRun, track: Track) -> Plan:
    contender, path = run.contender, run.folder.path
    return plan_run(
        contender.method,
        study.data,
        path,
        recipe=contender.recipe,
        settings={**contender.settings, "seed": run.seed, "device": study.device},
        overwrite=True,  # of a run that stopped before its first checkpoint
        command=contender.command(study.data, str(path), seed=run.seed),
        track=track,
    )


def _check_batches(study: Study, plan: Plan) -> None:
    """Find a batch that the data cannot fill before anything is trained; the first run has opened them."""
    if plan.training_items is not plan.source or plan.source.in_one_batch:
        return
    for contender in study.contenders:
        size = contender.resolved().values["batch_size"]
        if size > len(plan.source):
            raise UserError(
                f"{contender.name}: expected at least as many {plan.source.nouns[1]} as a batch of {size}, found "
                f"{plan.record.data.found}: give a smaller --batch-size"
            )


def _train(
    plan: Plan, run: StudyRun, tell: Callable[[str], object], track: Track, onlookers: Sequence[Onlooker]
) -> Run | None:
    try:
        return train_plan(plan, report=False, track=track, onlookers=onlookers)  # the evaluation writes the page
    except Collapsed as error:
        tell(f"  {error}")
        return None
