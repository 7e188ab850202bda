"""`--dry-run`: what a run would see and take."""

from dataclasses import asdict, dataclass
from pathlib import Path

from selftaught.methods import METHODS
from selftaught.report import write_views_page
from selftaught.runs.drawing import sample_views
from selftaught.runs.planning import Plan
from selftaught.training import time_training

__all__ = ["Trial", "try_out"]


@dataclass(frozen=True)
class Trial:
    """What a dry run found.

    Args:
        page: sample views, estimates and every resolved setting.
        steps: how many the run would have.
        seconds: how long training would take.
        peak_bytes: the most memory in use: on a GPU its own, on a CPU the whole process's.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.trial import Trial
        >>> Trial(Path("runs/simclr.dry-run.html"), steps=600, seconds=120.0, peak_bytes=10**9).steps
        600
    """

    page: Path
    steps: int
    seconds: float
    peak_bytes: int


def try_out(plan: Plan) -> Trial:
    """Time a few steps on a copy, and write a page beside where the run's folder would be. Trains nothing.

    Args:
        plan: the run.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs.trial import try_out
        >>> import tempfile
        >>> import numpy as np
        >>> from selftaught.runs.planning import plan_run
        >>> numbers = {"epochs": 3, "batch_size": 4, "hidden_width": 16, "device": "cpu"}
        >>> folder = Path(tempfile.mkdtemp()) / "run"
        >>> try_out(plan_run("simclr", np.zeros((8, 12, 12), np.uint8), folder, settings=numbers)).steps
        6
    """
    training, path = plan.settings.training, plan.folder.path
    timing = time_training(
        plan.method, plan.training_items, plan.make_views, training, preprocessing=plan.preprocessing
    )
    whole = training.steps_in_epochs(len(plan.training_items))
    steps = whole if training.minutes is None else timing.steps_in(training.minutes)
    seconds = timing.start_seconds + steps * timing.seconds_per_step
    page = path.with_name(path.name + ".dry-run.html")
    page.parent.mkdir(parents=True, exist_ok=True)
    entry = METHODS.get(plan.record.method)
    drawn = sample_views(plan.training_items, plan.make_views, plan.preprocessing, training.seed)
    write_views_page(
        page,
        title=f"{entry.class_name if entry else plan.record.method} on {plan.record.data.given or 'data in memory'}",
        views=drawn.examples(),
        view_lead=drawn.lead,
        estimates={
            "Training": f"{seconds / 60:.1f} minutes for {steps:,} steps, {timing.seconds_per_step:.3f} s each",
            "Memory": f"{timing.peak_bytes / 1e9:.1f} GB at most",
        },
        settings=asdict(plan.record),
        view_notes=list(plan.record.views["left_out"]),
        skipped=list(plan.source.skipped),
        command=" ".join(plan.record.command),
    )
    return Trial(page, steps, seconds, timing.peak_bytes)
