"""`ablate`: one method with every combination of some of its settings."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from selftaught.core import Track, UserError, silent
from selftaught.data import check_kind
from selftaught.methods import find_method
from selftaught.recipes import find_recipe
from selftaught.runs.comparing import fit_encoder, fitting_recipe
from selftaught.runs.kinds import kind_of
from selftaught.runs.schema import Schema
from selftaught.runs.settings import method_schema
from selftaught.runs.studies import Contender, Study, asked_of_evaluation, finish_study, written
from selftaught.training import Onlooker

__all__ = ["ablate", "read_varied"]


def ablate(
    method: str,
    data: Any,
    out: str | Path,
    *,
    vary: Mapping[str, Sequence[object]],
    seeds: int = 1,
    labelled: Any = None,
    test_data: Any = None,
    recipe: str = "fit",
    settings: Mapping[str, object] | None = None,
    protocols: str | Sequence[str] | None = None,
    tune_labels: str | Sequence[str] | None = None,
    label: str | None = None,
    split_by: str | None = None,
    device: str = "auto",
    only: str | None = None,
    command: Sequence[str] = (),
    tell: Callable[[str], object] = str,
    track: Track = silent,
    onlookers: Sequence[Onlooker] = (),
) -> dict[str, Any] | None:
    """Train and measure a method with every combination of the values given, and say which differences are real.

    The folder, its restarts and `only` are those of `compare`; values may be added by a second call.

    Args:
        method: a name of `selftaught.methods.METHODS`.
        data: what it learns from, as for `pretrain`.
        out: the folder of the study.
        vary: by option of `selftaught pretrain METHOD`, the values to try, as in {"temperature": [0.1, 0.5]}.
        seeds: how many trainings each combination has, with the seeds 0, 1, ...
        labelled: labelled data that teach the probes, where `data` have no labels.
        test_data: labelled data that test them; see `evaluate`.
        recipe: "fit" for the method's recipe for these data, where there is one; "none"; or its name.
        settings: options of `pretrain` for all runs; they beat the recipe.
        protocols: what to measure; see `evaluate`.
        tune_labels: see `evaluate`.
        label: see `evaluate`.
        split_by: see `evaluate`.
        device: auto, cpu, cuda or mps.
        only: "K/N" finishes only every N-th run from the K-th, so that N machines share the folder.
        command: the words of the command line.
        tell: is told each run that begins.
        track: who watches.
        onlookers: are shown each look at an encoder.

    Returns:
        The leaderboard; None with `only`, which leaves it to a last call without.

    Raises:
        UserError: something asked for cannot be done; wrong options and values are found before any run starts.

    Example:
        >>> from selftaught.runs import ablate
        >>> ablate("simclr", "photos", "runs/none", vary={"temprature": [0.1]})
        Traceback (most recent call last):
        selftaught.core.errors.UserError: unknown option 'temprature': did you mean '--temperature'? ...
    """
    chosen = find_method(method)
    schema = method_schema(chosen)
    varied = _checked(schema, vary)
    shared = {schema.option(name).name: value for name, value in (settings or {}).items()}
    device = str(shared.pop("device", device))
    for name in shared:
        if name in varied:
            raise UserError(f"{schema.options[name].flag}: expected one value for all or several to vary, got both")
    for each in (data, labelled, test_data):
        if each is not None:
            check_kind(each, kind_of(chosen).name, method)
    taken = fitting_recipe(method, data) if recipe == "fit" else None if recipe == "none" else recipe
    if taken is not None and find_recipe(taken).method != method:
        raise UserError(f"recipe '{taken}' is for {find_recipe(taken).method}, not for {method}")
    if not {"epochs", "minutes"} & {*varied, *shared, *(find_recipe(taken).settings if taken else ())}:
        raise UserError("expected a budget for each run: --epochs or --minutes, or a recipe that has one")
    contenders = [
        Contender(
            name=", ".join(f"{name} {written(value)}" for name, value in each.items()),
            method=method,
            recipe=taken,
            settings={**shared, **each},
            varied=each,
        )
        for each in (dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values()))
    ]
    study = Study(
        folder=Path(out),
        kind="ablation",
        contenders=tuple(fit_encoder(contenders, "own")),
        seeds=seeds,
        data=data,
        labelled=labelled,
        test_data=test_data,
        evaluation=asked_of_evaluation(
            shared, protocols=protocols, tune_labels=tune_labels, label=label, split_by=split_by
        ),
        device=device,
        command=tuple(command),
    )
    return finish_study(study, only=only, tell=tell, track=track, onlookers=onlookers)


def read_varied(schema: Schema, texts: Sequence[str]) -> dict[str, list[str]]:
    """What `--vary NAME=VALUE,VALUE` means; values that are themselves several numbers have a / between them.

    Raises:
        UserError: a text is written otherwise, or names an unknown option.

    Example:
        >>> from selftaught.methods import find_method
        >>> from selftaught.runs.ablating import read_varied
        >>> from selftaught.runs.settings import method_schema
        >>> schema = method_schema(find_method("simclr"))
        >>> read_varied(schema, ["temperature=0.1,0.5", "crop-scale=0.2,1/0.5,1"])
        {'temperature': ['0.1', '0.5'], 'crop_scale': ['0.2,1', '0.5,1']}
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not (equals and name and values):
            raise UserError(f"vary: expected NAME=VALUE,VALUE, as in temperature=0.1,0.5, got '{text}'")
        option = schema.option(name)
        if option.name in found:
            raise UserError(f"vary: expected {option.flag} once, got it twice")
        found[option.name] = values.split("/" if option.is_list else ",")
    return found


def _checked(schema: Schema, vary: Mapping[str, Sequence[object]]) -> dict[str, list[Any]]:
    """The values in their own types, by the full names of their options."""
    if not vary:
        raise UserError("missing --vary: expected NAME=VALUE,VALUE, as in temperature=0.1,0.5")
    varied: dict[str, list[Any]] = {}
    for given, values in vary.items():
        option = schema.option(given)
        if option.name in ("seed", "device", "devices"):
            raise UserError(f"{option.flag} is not varied: expected --seeds or --device instead")
        read = [schema.check(given, value) for value in values]
        if not read:
            raise UserError(f"{option.flag}: expected at least one value to try, got none")
        for value in read:
            if read.count(value) > 1:
                raise UserError(f"{option.flag}: expected every value once, got {written(value)} twice")
        varied[option.name] = read
    return varied
