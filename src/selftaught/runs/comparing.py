"""`compare`: several methods on the same data, with the same network and the same budget, over several seeds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from selftaught.core import Track, UserError, silent
from selftaught.data import check_kind
from selftaught.methods import find_method
from selftaught.recipes import find_recipe, recipe_names
from selftaught.runs.kinds import kind_of
from selftaught.runs.studies import Contender, Study, asked_of_evaluation, finish_study
from selftaught.training import Onlooker

__all__ = ["compare", "fit_encoder", "fitting_recipe"]


def compare(
    methods: Sequence[str],
    data: Any,
    out: str | Path,
    *,
    epochs: int | float | None = None,
    minutes_each: int | float | None = None,
    seeds: int = 3,
    labelled: Any = None,
    test_data: Any = None,
    encoder: str = "fit",
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
    """Train and measure each method with each seed, and say which differences are real.

    Each run is a run folder of its own, METHOD-seed0 and so on. A second call with the same arguments continues: what
    is finished is not done again, and what was begun goes on from its checkpoint. Methods and seeds may be added.

    Args:
        methods: names of `selftaught.methods.METHODS`, all of one kind of data.
        data: what they learn from, as for `pretrain`.
        out: the folder of the comparison.
        epochs: how long each learns; or
        minutes_each: how long each learns, in minutes of training.
        seeds: how many trainings each has, with the seeds 0, 1, ...
        labelled: labelled data that teach the probes, where `data` have no labels.
        test_data: labelled data that test them; see `evaluate`.
        encoder: the network of all: a name; "fit" for the first of the methods' usual ones that all can take; "own"
            leaves each its own.
        recipe: whose numbers: "fit" takes a method's recipe for these data, where there is one; "none" takes none; or
            names of recipes with commas between, each for its method, and "fit" for the others.
        settings: options of `pretrain` for all methods, such as {"batch_size": 128}; they beat recipes.
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
        UserError: something asked for cannot be done; found before any run starts, where it can be.

    Example:
        >>> from selftaught.runs import compare
        >>> compare(["simclr", "simclear"], "photos", "runs/none", epochs=1)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: unknown method 'simclear': did you mean 'simclr'? ...
    """
    if not methods:
        raise UserError("expected at least one method, got none")
    if (epochs is None) == (minutes_each is None):
        raise UserError("expected a budget: either --epochs or --minutes-each")
    for name in methods:
        if methods.count(name) > 1:
            raise UserError(f"expected every method once, got '{name}' twice")
        find_method(name)
    _check_kinds(methods, (data, labelled, test_data))
    shared = dict(settings or {})
    device = str(shared.pop("device", device))
    if "seed" in shared:
        raise UserError("seed: expected the number of seeds instead, which are 0, 1, ...")
    shared |= {"epochs": epochs} if minutes_each is None else {"minutes": minutes_each}
    shared = {"warmup_epochs": None, **shared}  # a tenth of this budget, and not what a recipe's own length needs
    recipes = _recipes(methods, data, recipe)
    contenders = [Contender(name=name, method=name, recipe=recipes[name], settings=shared) for name in methods]
    study = Study(
        folder=Path(out),
        kind="comparison",
        contenders=tuple(fit_encoder(contenders, encoder)),
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


def fitting_recipe(method: str, data: Any) -> str | None:
    """The recipe of a method for these data: of the same name or, without one, of the same data set's 10k part.

    Args:
        method: its name.
        data: as a user gave them; of a path its last part counts.

    Raises:
        UserError: there are several.

    Example:
        >>> from selftaught.runs.comparing import fitting_recipe
        >>> fitting_recipe("byol", "fashion-mnist-10k"), fitting_recipe("byol", "photos/")
        ('byol_fashion_mnist', None)
    """
    if not isinstance(data, str | Path):
        return None
    name = Path(data).name
    own = {each: found for each in recipe_names() if (found := find_recipe(each)).method == method and found.data}
    fitting = [each for each, found in own.items() if found.data == name]
    fitting = fitting or [
        each for each, found in own.items() if str(found.data).removesuffix("-10k") == name.removesuffix("-10k")
    ]
    if len(fitting) > 1:
        raise UserError(
            f"{method} has several recipes for {name}: name one of {', '.join(fitting)}, or none, as recipe"
        )
    return fitting[0] if fitting else None


def fit_encoder(contenders: Sequence[Contender], encoder: str) -> list[Contender]:
    """The contenders with their network, every number of theirs checked.

    Args:
        contenders: with recipes and settings.
        encoder: a name, "fit" or "own"; see `compare`.

    Raises:
        UserError: a number is wrong, or no network suits all.

    Example:
        >>> from selftaught.runs.comparing import fit_encoder
        >>> from selftaught.runs.studies import Contender
        >>> two = [Contender(name=name, method=name, settings={"epochs": 1}) for name in ("simclr", "mae")]
        >>> [each.settings["encoder.name"] for each in fit_encoder(two, "fit")]
        ['small_vit', 'small_vit']
    """
    usual = [each.resolved().values.get("encoder.name") for each in contenders]
    if encoder == "own" or (encoder == "fit" and None in usual):
        candidates: list[str | None] = [None]
    else:
        candidates = list(dict.fromkeys(usual)) if encoder == "fit" else [encoder]
    refused: list[str] = []
    for name in candidates:
        named = {} if name is None else {"encoder.name": name}
        fitted = [replace(each, settings={**each.settings, **named}) for each in contenders]
        try:
            for each in fitted:
                _check(each)
        except UserError as error:
            refused.append(str(error))
            continue
        return fitted
    if len(refused) == 1:
        raise UserError(refused[0])
    raise UserError(f"no usual encoder suits all: {'; '.join(refused)}. Name another, or give --encoder own")


def _check(contender: Contender) -> None:
    try:
        contender.resolved().check()
    except UserError as error:
        raise UserError(f"{contender.name}: {error}") from error


def _check_kinds(methods: Sequence[str], data: Sequence[Any]) -> None:
    kinds = {name: kind_of(find_method(name)).name for name in methods}
    first = methods[0]
    for name, kind in kinds.items():
        if kind != kinds[first]:
            raise UserError(f"{first} learns from {kinds[first]}, and {name} from {kind}: they cannot be compared")
    for each in data:
        if each is not None:
            check_kind(each, kinds[first], first)


def _recipes(methods: Sequence[str], data: Any, words: str) -> dict[str, str | None]:
    """The recipe of each method, if it has one."""
    named = [word.strip() for word in words.split(",") if word.strip() not in ("fit", "none")]
    chosen: dict[str, str | None] = {}
    for name in named:
        method = find_recipe(name).method
        if method not in methods:
            raise UserError(f"recipe '{name}' is for {method}, which is not compared")
        if method in chosen:
            raise UserError(f"expected one recipe of {method}, got {chosen[method]} and {name}")
        chosen[method] = name.replace("-", "_")
    fits = "none" not in [word.strip() for word in words.split(",")]
    return {
        name: chosen[name] if name in chosen else (fitting_recipe(name, data) if fits else None) for name in methods
    }
