"""From a study to its leaderboard and its page."""

from collections.abc import Callable, Sequence
from typing import Any

from selftaught.core import Track, silent
from selftaught.report import write_comparison
from selftaught.runs.studies.leaderboard import gather
from selftaught.runs.studies.running import run_study
from selftaught.runs.studies.study import Study, read_part
from selftaught.training import Onlooker

__all__ = ["finish_study"]


def finish_study(
    study: Study,
    *,
    only: str | None = None,
    tell: Callable[[str], object] = str,
    track: Track = silent,
    onlookers: Sequence[Onlooker] = (),
) -> dict[str, Any] | None:
    """Do what is missing of a study, then write `leaderboard.json` and `report.html`.

    Args:
        study: the runs.
        only: "K/N" does its share of the runs and writes no leaderboard: that is for the last call, without it.
        tell: is told each run that begins.
        track: who watches.
        onlookers: are shown each look at an encoder.

    Returns:
        The leaderboard; None with `only`.

    Raises:
        UserError: `only` is written otherwise, or a run cannot be done.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.studies import Contender, Study
        >>> from selftaught.runs.studies.finishing import finish_study
        >>> one = Contender(name="simclr", method="simclr")
        >>> study = Study(folder=Path("runs/none"), kind="comparison", contenders=(one,), seeds=1, data="photos")
        >>> finish_study(study, only="3/2")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: only: expected K/N with K from 1 to N, as in 2/5, got '3/2'
    """
    part = read_part(only)
    left = run_study(study, part=part, tell=tell, track=track, onlookers=onlookers)
    if part is not None:
        runs = study.runs()
        tell(f"{len(runs) - len(left)} of {len(runs)} runs are done; the leaderboard is made by a call without --only")
        return None
    board = gather(study)
    study.write(study.leaderboard, board)
    write_comparison(board, study.report)
    return board
