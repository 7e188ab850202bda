"""`distill`: a trained network and data without labels in, a student out."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from selftaught.core import Track, silent
from selftaught.recipes import find_recipe
from selftaught.runs.classifying import accuracy_on
from selftaught.runs.folder import RunFolder, write_aside
from selftaught.runs.given_data import GivenData
from selftaught.runs.kinds import kind_named
from selftaught.runs.opening import Run, load_classifier
from selftaught.runs.planning import Plan, plan_run
from selftaught.runs.pretraining import train_plan
from selftaught.training import Onlooker, resolve_device

__all__ = ["distill", "finish_distillation", "method_for"]


def method_for(teacher: str | Path, *, label_free: bool = False) -> str:
    """How a student learns from a teacher: what it says of classes where it has some, else its vectors.

    Args:
        teacher: a run, a folder with an encoder, or a network of timm.
        label_free: learn the vectors in any case.

    Returns:
        The method: "distillation" or "simreg".

    Example:
        >>> from selftaught.runs.distilling import method_for
        >>> method_for("timm:resnet18:weights.safetensors")
        'simreg'
    """
    return "simreg" if label_free or not RunFolder(Path(teacher)).classifier.is_dir() else "distillation"


def distill(
    teacher: str | Path | Run,
    data: Any,
    out: str | Path,
    *,
    student: str | None = None,
    label_free: bool = False,
    test_data: Any = None,
    weights: str | Path | None = None,
    recipe: str | None = None,
    settings: Mapping[str, object] | None = None,
    overwrite: bool = False,
    command: Sequence[str] = (),
    track: Track = silent,
    onlookers: Sequence[Onlooker] = (),
) -> Run:
    """Train a student on what a trained network says of data without labels; write a run folder.

    From a run of `finetune` it learns classes (see `selftaught.methods.Distillation`), and the folder then holds its
    classifier and, in `classification.json`, how often student and teacher are right on test items, where there are
    labelled ones. From any other encoder it learns its vectors (see `selftaught.methods.SimReg`).

    Args:
        teacher: a run, a folder with an encoder, ours or another's, or a network of timm; see
            `selftaught.runs.rivals.find_rival`.
        data: images, as for `pretrain`; a second part of them tests, where it has labels. None takes the recipe's.
        out: the run folder: a new or an empty one.
        student: the name of the student's network; None for the method's usual one.
        label_free: learn vectors though the teacher has classes.
        test_data: labelled data to test on, where they stand elsewhere.
        weights: what the student begins with, as for `pretrain`.
        recipe: a named set of numbers, for what `settings` leaves open.
        settings: any option of `selftaught pretrain distillation --help`, or of `simreg`, with underscores.
        overwrite: replace a run that `out` holds.
        command: the words of the command line, for `run.json`.
        track: who watches.
        onlookers: are shown each look at the student.

    Raises:
        UserError: something asked for cannot be done; most of it is found before any data is read.

    Example:
        >>> from selftaught.runs import distill
        >>> distill("runs/none", "fashion-mnist-10k", "runs/student", settings={"temprature": 2.0})
        Traceback (most recent call last):
        selftaught.core.errors.UserError: unknown option 'temprature': did you mean '--teacher'? ...
    """
    given = str(teacher.path if isinstance(teacher, Run) else teacher)
    data = find_recipe(recipe).data if data is None and recipe is not None else data
    plan = plan_run(
        method_for(given, label_free=label_free),
        data,
        out,
        encoder=student,
        weights=weights,
        recipe=recipe,
        settings={**(settings or {}), "teacher": given},
        overwrite=overwrite,
        command=command,
        track=track,
    )
    finished = train_plan(plan, track=track, onlookers=onlookers)
    finish_distillation(finished, plan, data=data, test_data=test_data, track=track)
    return finished


def finish_distillation(run: Run, plan: Plan, *, data: Any, test_data: Any, track: Track = silent) -> bool:
    """Write how often student and teacher are right on test items, into `classification.json`.

    Args:
        run: the student's.
        plan: by which it was trained.
        data: what it learned from; its second part is tested on.
        test_data: in place of that part.
        track: who watches.

    Returns:
        Whether there was anything to test: the student has classes, and there are test items with labels.

    Example:
        >>> from selftaught.runs import open_run
        >>> from selftaught.runs.distilling import finish_distillation
        >>> finish_distillation(open_run("runs/none"), None, data=None, test_data=None)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at runs/none: there is no such folder
    """
    if not run.folder.classifier.is_dir():
        return False
    teacher, device = str(plan.settings.values["teacher"]), resolve_device(plan.settings.training.device)
    answer: dict[str, Any] = {"learned_from": teacher}
    for name, path in (("student", run.path), ("teacher", Path(teacher))):
        classifier = load_classifier(path)
        seen = classifier.model.preprocessing
        given = GivenData(
            kind=kind_named(classifier.model.kind),
            data=data,
            test_data=test_data,
            options={},
            strict=False,
            by=str(path),
            track=track,
        )
        _, test = given.read(seen, None, [])
        if test is None or test.labels is None:
            return False
        measured = accuracy_on(classifier.network, seen, test, classifier.classes, device=device)
        answer |= {"classes": list(classifier.classes), name: measured}
    write_aside(run.folder.classification, json.dumps(answer, indent=2) + "\n")
    return True
