"""`finetune`: an encoder and some labels in, a classifier out."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from torch import nn

from selftaught.core import Encoder, Track, UserError, silent, unknown_name
from selftaught.encoders import describe_encoder, describe_head, save_encoder, save_head
from selftaught.evaluation import plan_budgets
from selftaught.evaluation.budgets import Budget
from selftaught.evaluation.labelled_training import LabelledTraining
from selftaught.evaluation.tuned_classifier import BATCH_SIZE, RATES, tune_classifier
from selftaught.runs.asking_methods import first_layers, projections_of, rebuilt_methods
from selftaught.runs.classifying import LabelledData, accuracy_on, read_labelled
from selftaught.runs.environment import commit, machine, versions
from selftaught.runs.folder import RunFolder, write_aside
from selftaught.runs.given_data import GivenData
from selftaught.runs.kinds import kind_named
from selftaught.runs.opening import Run, open_run
from selftaught.runs.record import DataRecord, Record
from selftaught.runs.reporting import refresh_report
from selftaught.runs.rivals import find_rival
from selftaught.runs.teachers import share_named
from selftaught.training import resolve_device, resolve_precision

__all__ = ["finetune"]

_ENCODER = "encoder"


def finetune(
    run: str | Path | Run,
    data: Any,
    out: str | Path,
    *,
    test_data: Any = None,
    labels: str = "all",
    from_layer: str = _ENCODER,
    epochs: int | None = None,
    learning_rate: int | float | None = None,
    label_smoothing: int | float = 0.0,
    label: str | None = None,
    device: str = "auto",
    seed: int = 0,
    overwrite: bool = False,
    strict: bool = False,
    command: Sequence[str] = (),
    track: Track = silent,
) -> Run:
    """Train all weights of an encoder, with a linear classifier behind it, on labels; write a run folder.

    The folder holds the encoder as it is then, the classifier (`selftaught.runs.load_classifier`), and in
    `classification.json` how often it is right on test items. The optimiser is AdamW, with a rate that rises over 20
    steps and then stays, in batches of 128; images are seen in light crops and mirrored, and nothing else, as in the
    paper. See `selftaught.evaluation.tuned_classifier` for how rate and epochs are chosen.

    Args:
        run: a run; or a folder with an encoder, or a network of timm, as `selftaught.runs.rivals.find_rival` takes.
        data: labelled data; of two parts the first is learned from and the second tested on.
        out: the run folder: a new or an empty one.
        test_data: labelled data to test on, where they stand elsewhere. Without any, a fifth of `data` is kept out.
        labels: how many to learn from: "1%" or "10%" of them, "100" labels, or "all", which is "100%". Drawn by the
            seed, each class by its share: the same that `evaluate` draws first.
        from_layer: what the classifier stands on: "encoder", or "head.1", "head.2" ... for so many layers of the
            projection head, which are trained along and belong to the classifier.
        epochs: passes over the labels; None lets a fifth of them, held out, choose.
        learning_rate: None lets them choose among 1e-4 and 1e-3.
        label_smoothing: share of each label that is spread evenly over all classes, in [0, 1).
        label: the column of the labels; None for the usual one.
        device: auto, cpu, cuda or mps.
        seed: of the draw of labels, the order of the items and the crops.
        overwrite: replace a run that `out` holds.
        strict: stop at an item that cannot be read, instead of passing it over.
        command: the words of the command line, for `run.json`.
        track: who watches.

    Raises:
        UserError: there are no labels, no such layer or no such share of labels, or a number is out of its range.

    Source:
        Chen et al. 2020 (SimCLRv2), https://arxiv.org/abs/2006.10029, section 2: fine-tuning from a layer of the head.
        They fix rate and epochs (60 for 1 % of the labels, 30 for 10 %) and use LARS.

    Example:
        >>> from selftaught.runs import finetune
        >>> finetune("runs/none", "fashion-mnist-10k", "runs/tuned", labels="2%")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: unknown share of labels '2%': did you mean '1%'? (valid: 1%, 10%, 100, ...)
    """
    share = share_named(labels)
    if (epochs is not None and epochs < 1) or (learning_rate is not None and learning_rate <= 0):
        raise UserError(f"expected at least 1 epoch and a learning rate above 0, got {epochs} and {learning_rate}")
    if not 0 <= label_smoothing < 1:
        raise UserError(f"expected a label smoothing in [0, 1), got {label_smoothing}")
    rival = find_rival(run)
    head = _head_of(run, from_layer)
    describe_encoder(rival.model.encoder)
    describe_head(head)  # what cannot be saved is refused before anything is trained
    folder = RunFolder(Path(out))
    folder.check_free(overwrite=overwrite)
    model, kind, chosen = rival.model, kind_named(rival.model.kind), resolve_device(device)
    given = GivenData(kind=kind, data=data, test_data=test_data, options={}, strict=strict, by=rival.told, track=track)
    read = read_labelled(given, model.preprocessing, label=label, seed=seed)
    budget = _drawn(read, share, seed)
    training = LabelledTraining(
        preparation=model.preprocessing,
        source=read.train,
        labels=read.labels,
        classes=len(read.classes),
        batch_size=BATCH_SIZE,
        device=chosen,
        precision=resolve_precision("auto", chosen),
        label_smoothing=label_smoothing,
        track=track,
    )
    started, begun = datetime.now(UTC).isoformat(timespec="seconds"), time.perf_counter()
    network = nn.Sequential(model.encoder, head)
    rates = RATES if learning_rate is None else (float(learning_rate),)
    tuned = tune_classifier(
        training, network, budget, 0, order=(seed, "fine-tuning", share), rates=rates, epochs=epochs
    )
    body, classifier = tuned.model.cpu().children()
    trained, kept_head = body.children()
    whole = nn.Sequential(*kept_head.children(), classifier)
    measured = accuracy_on(tuned.model, model.preprocessing, read.test, read.classes, device=chosen)
    labelled = len(budget.rows[0])
    settings = {
        "labels": share,
        "from_layer": from_layer,
        "epochs": tuned.epochs,
        "learning_rate": tuned.rate,
        "label_smoothing": label_smoothing,
        "batch_size": BATCH_SIZE,
        "seed": seed,
    }
    record = Record(
        method="finetune",
        recipe=None,
        asked={"labels": labels, "from_layer": from_layer, "epochs": epochs, "learning_rate": learning_rate},
        settings={"fine-tuning": settings},
        weights=rival.name,
        data=DataRecord(
            given=str(data) if isinstance(data, (str, Path)) else None,
            found=read.found[0],
            kind=kind.name,
            items=labelled,
            skipped=len(read.train.skipped),
            facts=dict(read.train.facts()),
        ),
        encoder={
            **describe_encoder(model.encoder),
            "width": model.width,
            "parameters": sum(weight.numel() for weight in model.encoder.parameters()),
        },
        preprocessing=kind.recorded(model.preprocessing),
        views={"maker": "LabelledTraining", "left_out": []},
        steps=tuned.epochs * training.steps_an_epoch(labelled),
        seed=seed,
        started=started,
        seconds=round(time.perf_counter() - begun, 3),
        precision=str(training.precision).removeprefix("torch."),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=versions(),
        commit=commit(),
        machine=machine(chosen),
        command=tuple(command),
    )
    folder.clear()
    record.write(folder)
    save_encoder(model.encoder, model.preprocessing, folder.start)
    save_encoder(cast("Encoder", trained), model.preprocessing, folder.encoder)
    save_head(whole, read.classes, folder.classifier)
    answer = {
        **measured,
        "labels": labelled,
        "share": share,
        "from_layer": from_layer,
        "epochs": tuned.epochs,
        "learning_rate": tuned.rate,
        "chosen": tuned.chosen,
        "label_smoothing": label_smoothing,
        "classes": list(read.classes),
        "notes": list(read.notes),
    }
    write_aside(folder.classification, json.dumps(answer, indent=2) + "\n")
    finished = open_run(folder.path)
    refresh_report(finished, read.test, None, device=chosen, track=track)
    return finished


def _head_of(run: str | Path | Run, from_layer: str) -> nn.Sequential:
    """What stands between the encoder and the classifier, with the weights that the run gave it."""
    if from_layer == _ENCODER:
        return nn.Sequential()
    head = None
    if isinstance(run, Run) or (Path(run) / "run.json").exists():
        head = projections_of(rebuilt_methods(open_run(run))).get(_ENCODER)
    first = [] if head is None else first_layers(head)
    names = [_ENCODER, *(f"head.{count}" for count in range(1, len(first)))]
    if from_layer not in names:
        if len(names) == 1:
            raise UserError(f"from_layer: there is no projection head to keep a layer of: expected {_ENCODER}")
        raise unknown_name("layer", from_layer, names)
    return first[names.index(from_layer)]


def _drawn(read: LabelledData, share: str, seed: int) -> Budget:
    budgets, missing = plan_budgets(read.labels.numpy(), seed)
    if share in missing:
        raise UserError(f"labels {share}: {missing[share]}")
    return next(budget for budget in budgets if budget.name == share)
