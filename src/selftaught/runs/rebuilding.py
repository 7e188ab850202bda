"""What a run was made of, from what `run.json` says of it."""

from typing import Any

import torch

from selftaught.core import Method, Preparation, UserError
from selftaught.methods import METHODS, find_method
from selftaught.runs.opening import Run
from selftaught.runs.record import Record
from selftaught.runs.settings import Settings, method_schema, resolve_settings
from selftaught.training import ViewMaker, load_checkpoint

__all__ = ["has_own_views", "methods_of", "settings_of", "views_of"]


def settings_of(record: Record, method: type[Method[Any]] | None = None) -> Settings:
    """The value of every option of an earlier run.

    Args:
        record: of the run.
        method: the class, where it is in no list.

    Raises:
        UserError: the record is of another version, or of a method that is in no list.

    Example:
        >>> from selftaught.runs.rebuilding import settings_of
        >>> import numpy as np
        >>> from selftaught.runs.planning import plan_run
        >>> images, numbers = np.zeros((8, 12, 12), np.uint8), {"batch_size": 4, "temperature": 0.3}
        >>> record = plan_run("simclr", images, "runs/none", settings=numbers).record
        >>> settings_of(record).values["temperature"]
        0.3
    """
    chosen = _method_of(record, method)
    schema = method_schema(chosen)
    values = record.values()
    if values.get("minutes") is not None:
        values.pop("epochs")
    return resolve_settings(chosen, schema, values)


def has_own_views(record: Record, method: type[Method[Any]] | None = None) -> bool:
    """Whether the run had another view maker than its method's.

    Example:
        >>> from selftaught.runs.rebuilding import has_own_views
        >>> import numpy as np
        >>> from selftaught.runs.planning import plan_run
        >>> record = plan_run("simclr", np.zeros((8, 12, 12), np.uint8), "runs/none", settings={"batch_size": 4}).record
        >>> has_own_views(record)
        False
    """
    maker: Any = _method_of(record, method).view_maker
    return record.views["maker"] != maker.__name__


def views_of(record: Record, preprocessing: Preparation) -> ViewMaker | None:
    """The run's view maker; None where it was one of one's own, or of a method that is in no list.

    Example:
        >>> from selftaught.runs.rebuilding import views_of
        >>> import numpy as np
        >>> from selftaught.runs.planning import plan_run
        >>> plan = plan_run("simclr", np.zeros((8, 12, 12), np.uint8), "runs/none", settings={"batch_size": 4})
        >>> views_of(plan.record, plan.preprocessing) == plan.make_views
        True
    """
    if record.method not in METHODS or has_own_views(record):
        return None
    settings = settings_of(record)
    method = None
    if settings.method.view_arguments:  # some of the view maker's are the method's
        with torch.device("meta"):
            encoder = settings.build_encoder(preprocessing)
            method = settings.build_method(encoder, items=record.data.items, preparation=preprocessing)
    return settings.build_views(preprocessing, method)


def methods_of(run: Run) -> dict[str, Method[Any]]:
    """The run's method as it was trained, and at its start.

    Raises:
        UserError: the checkpoint is missing or damaged.

    Example:
        >>> from selftaught.runs.opening import open_run
        >>> from selftaught.runs.rebuilding import methods_of
        >>> methods_of(open_run("runs/none"))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at runs/none: there is no such folder
    """
    settings, items = settings_of(run.record), run.record.data.items
    built = [
        settings.build_method(model.encoder, items=items, preparation=model.preprocessing)
        for model in (run.encoder(), run.start())
    ]
    built[0].load_state_dict(load_checkpoint(run.folder.checkpoint).method)
    return dict(zip(("trained", "start"), built, strict=True))


def _method_of(record: Record, method: type[Method[Any]] | None) -> type[Method[Any]]:
    if method is None and record.method not in METHODS:
        raise UserError(f"the run is of a method of one's own, {record.method}: give its class from Python")
    return method or find_method(record.method)
