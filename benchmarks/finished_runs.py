"""Runs that were finished by an earlier call, so that a measurement can be stopped and continued."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evidence import settings_of

import selftaught
from selftaught.core import Track, silent
from selftaught.recipes import find_recipe
from selftaught.runs import Run, open_run

__all__ = ["finished", "trained"]


def finished(folder: Path, recipe: str, settings: Mapping[str, Any]) -> Run | None:
    """The run in a folder, where it is whole and was made with the recipe as it is now and with these settings."""
    if not (folder / "encoder").is_dir():
        return None
    run = open_run(folder)
    wanted = {"minutes": None, **settings_of(recipe), **settings}
    if wanted["minutes"] is not None:
        wanted.pop("epochs", None)  # minutes count instead
    values = run.record.values()
    same = all(name in values and values[name] == value for name, value in wanted.items())
    return run if same and run.record.method == find_recipe(recipe).method else None


def trained(data: Any, folder: Path, *, recipe: str, settings: Mapping[str, Any], track: Track = silent) -> Run:
    """That run, or one that is trained now in its place.

    Args:
        data: what it learns from.
        folder: of the run.
        recipe: its numbers, and its method.
        settings: where it differs from the recipe.
        track: who watches.
    """
    run = finished(folder, recipe, settings)
    if run is not None:
        return run
    shutil.rmtree(folder, ignore_errors=True)
    return selftaught.pretrain(
        find_recipe(recipe).method, data, folder, recipe=recipe, settings=dict(settings), track=track
    )
