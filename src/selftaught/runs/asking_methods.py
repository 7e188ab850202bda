"""What an evaluation asks of the method itself, and not of its encoder: its energies, its own task, its projection."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from selftaught.core import Method, Source, UserError
from selftaught.evaluation import energy_areas, own_task
from selftaught.methods import METHODS
from selftaught.runs.given_data import GivenData
from selftaught.runs.opening import Run
from selftaught.runs.planning import training_items
from selftaught.runs.rebuilding import has_own_views, methods_of, settings_of, views_of
from selftaught.runs.teachers import is_gone

__all__ = [
    "figures_of_methods",
    "first_layers",
    "heads_of",
    "items_to_ask_about",
    "projection_note",
    "projections_of",
    "rebuilt_methods",
]


def rebuilt_methods(opened: Run) -> dict[str, Method[Any]] | None:
    """The method before and after training; None where it cannot be rebuilt from its folder alone.

    Nor can it be rebuilt around an encoder that is not that of the end.

    Example:
        >>> import numpy as np
        >>> import tempfile
        >>> from selftaught.runs import pretrain
        >>> from selftaught.runs.asking_methods import projections_of, rebuilt_methods
        >>> images = np.random.default_rng(0).integers(0, 256, (8, 12, 12), dtype=np.uint8)
        >>> run = pretrain("simclr", images, tempfile.mkdtemp(), settings={"epochs": 1, "batch_size": 4})
        >>> methods = rebuilt_methods(run)
        >>> sorted(methods), sorted(projections_of(methods))
        (['start', 'trained'], ['encoder', 'random_start'])
    """
    record = opened.record
    if opened.best or record.method not in METHODS or has_own_views(record) or not opened.folder.checkpoint.is_file():
        return None
    if is_gone(record.values()):
        return None
    return methods_of(opened)


def items_to_ask_about(opened: Run, given: GivenData, source: Source) -> Source | None:
    """The items to ask the method about: those at hand or, where it knows only those that it learned from, these.

    Args:
        opened: the run.
        given: the data of the evaluation.
        source: the items at hand.

    Returns:
        None where the method's own items were in memory, or are no longer the same.

    Example:
        >>> from selftaught.runs import open_run
        >>> from selftaught.runs.asking_methods import items_to_ask_about
        >>> items_to_ask_about(open_run("runs/none"), None, None)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at runs/none: there is no such folder
    """
    record = opened.record
    if record.method not in METHODS or not settings_of(record).counts_items:
        return source
    if record.data.given is None:
        return None  # they were in memory, and are gone
    seen = given.kind.as_seen(opened.encoder().preprocessing, strict=False)
    own = given.kind.open(record.data.given, seen, label=None, labelled=False, track=given.track).unlabelled
    return own if len(own) == record.data.items else None


def projections_of(methods: Mapping[str, Method[Any]] | None) -> dict[str, nn.Module]:
    """What stands behind the encoder, where the method calls it `projector`.

    Args:
        methods: what `rebuilt_methods` returned.

    Example:
        >>> from selftaught.runs.asking_methods import projections_of
        >>> projections_of(None)
        {}
    """
    names = {"trained": "encoder", "start": "random_start"}
    parts = {names[name]: dict(method.named_children()) for name, method in (methods or {}).items()}
    return {name: part["projector"] for name, part in parts.items() if "projector" in part}


def heads_of(methods: Mapping[str, Method[Any]] | None, layers: int) -> dict[str, nn.Module]:
    """The first layers of the projection head, by network: each a linear layer with its norm and ReLU.

    Args:
        methods: what `rebuilt_methods` returned.
        layers: how many; none is nothing.

    Raises:
        UserError: the method has no head of so many layers.

    Example:
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import SimCLR
        >>> from selftaught.runs.asking_methods import heads_of
        >>> heads_of({"trained": SimCLR(SmallResNet(), hidden_width=16)}, 1)["encoder"]
        Sequential(
          (0): Linear(in_features=256, out_features=16, bias=False)
          (1): BatchNorm(16, groups=1)
          (2): ReLU()
        )
    """
    found: dict[str, nn.Module] = {}
    if layers == 0:
        return found
    projections = projections_of(methods)
    if methods is None or not projections:
        why = "the method has no projection head" if methods else "the method cannot be rebuilt around this encoder"
        raise UserError(f"fine_tune_from: {why}: expected 0")
    for name, head in projections.items():
        first = first_layers(head)
        if not 0 <= layers < len(first):
            raise UserError(f"fine_tune_from: expected 0 to {len(first) - 1}, the layers of the head, got {layers}")
        found[name] = first[layers]
    return found


def first_layers(head: nn.Module) -> list[nn.Sequential]:
    """None of the layers of a projection head, the first, the first two and so on: each with its norm and ReLU.

    Args:
        head: a linear layer, or a sequence with some.

    Example:
        >>> from selftaught.parts import mlp
        >>> from selftaught.runs.asking_methods import first_layers
        >>> [len(layers) for layers in first_layers(mlp(8, 8, 8, 4))]
        [0, 3, 6, 7]
    """
    parts = list(head) if isinstance(head, nn.Sequential) else [head]
    linear = [place for place, part in enumerate(parts) if isinstance(part, nn.Linear)]
    return [nn.Sequential(*parts[:end]) for end in [0, *linear[1:], len(parts)]] if linear else [nn.Sequential()]


def projection_note(asked: Sequence[str], methods: Mapping[str, Method[Any]] | None) -> list[str]:
    """Why "keeps" says nothing of a projection, where it does not.

    Args:
        asked: the protocols.
        methods: what `rebuilt_methods` returned.

    Example:
        >>> from selftaught.runs.asking_methods import projection_note
        >>> projection_note(["keeps"], None)
        ['keeps: of the encoder alone and not of a projection, for the method cannot be rebuilt around this encoder']
    """
    if "keeps" not in asked or projections_of(methods):
        return []
    why = "the method has none" if methods is not None else "the method cannot be rebuilt around this encoder"
    return [f"keeps: of the encoder alone and not of a projection, for {why}"]


def figures_of_methods(
    opened: Run,
    methods: Mapping[str, Method[Any]] | None,
    source: Source | None,
    asked: Sequence[str],
    how: dict[str, Any],
) -> dict[str, Any]:
    """What the method itself does with items, before and after training: its energies, and its own task.

    Args:
        opened: the run.
        methods: what `rebuilt_methods` returned.
        source: what `items_to_ask_about` returned.
        asked: the protocols.
        how: device, seed and track.

    Example:
        >>> from selftaught.runs import open_run
        >>> from selftaught.runs.asking_methods import figures_of_methods
        >>> figures_of_methods(open_run("runs/none"), None, None, ["energy"], {})
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at runs/none: there is no such folder
    """
    found: dict[str, Any] = {"energy": None, "own_task": None}
    if methods is None or source is None or not found.keys() & set(asked):
        return found
    make_views = views_of(opened.record, opened.encoder().preprocessing)
    items = training_items(source, make_views)
    if len(items) < 2:
        return found
    if "energy" in asked:
        found["energy"] = {name: energy_areas(method, make_views, items, **how) for name, method in methods.items()}
    if "own_task" in asked:
        figures = own_task(methods["trained"], make_views, items, start=methods["start"], **how)
        found["own_task"] = {name: figure.as_json() for name, figure in figures.items()}
    return found
