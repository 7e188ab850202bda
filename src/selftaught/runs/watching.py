"""Watching a run while it trains: figures of a held-out sample, an alarm, the best encoder, an early stop."""

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
import torch
from torch import nn

from selftaught.core import Method, Preparation, Source, UserError
from selftaught.data import Splits
from selftaught.encoders import save_encoder
from selftaught.evaluation.collapse import METHOD_FIGURES, find_symptom
from selftaught.evaluation.exactness import exact_products
from selftaught.evaluation.watching import take_figures
from selftaught.extraction import extract, reading
from selftaught.runs.folder import RunFolder
from selftaught.runs.sample_strip import SampleStrip
from selftaught.runs.view_figure import ViewFigure
from selftaught.runs.watch_settings import WatchSettings, is_better
from selftaught.training import Look

__all__ = ["RunObserver", "Sample", "save_best", "summarise", "watched_sample"]

_MOST_ITEMS, _LEAST_ITEMS, _SHARE = 2000, 256, 16


@final
@dataclass(frozen=True, kw_only=True)
class Sample:
    """The items that looks are taken of.

    Args:
        items: without labels.
        held_out: whether the run does not learn from them.
        labels: their classes, -1 where there is none; None where nobody asked for kNN.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.runs.watching import watched_sample
        >>> images = open_images(np.zeros((300, 12, 12), np.uint8)).train
        >>> str(watched_sample(images, None)), str(watched_sample(images, images.take(range(280))))
        ('256 of the images that it learns from', '256 held-out images')
    """

    items: Source
    held_out: bool
    labels: np.ndarray | None = None

    def __str__(self) -> str:
        nouns = self.items.nouns[1]
        return f"{len(self.items):,} {f'held-out {nouns}' if self.held_out else f'of the {nouns} that it learns from'}"

    def with_labels(self, labelled: Splits[Any]) -> "Sample":
        """The same sample with the labels that its items have in the data.

        Raises:
            UserError: they have none.
        """
        part = labelled.test if self.held_out else labelled.train
        if part is None or part.labels is None:
            raise UserError(f"watch_knn: expected labels, and the {self.items.nouns[1]} to look at have none")
        known = dict(zip(part.keys, part.labels.tolist(), strict=True))
        return replace(self, labels=np.array([known.get(key, -1) for key in self.items.keys], dtype=np.int64))


def watched_sample(source: Source, held_out: Source | None) -> Sample:
    """At most 2,000 items, and at most a sixteenth as many as there are to learn from, but not fewer than 256.

    They are the same whatever the seed of the run.

    Args:
        source: the items to learn from.
        held_out: others, where the data come with some; too few of them are not taken.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_images
        >>> from selftaught.runs.watching import watched_sample
        >>> len(watched_sample(open_images(np.zeros((8000, 12, 12), np.uint8)).train, None).items)
        500
    """
    apart = held_out is not None and len(held_out) >= min(_LEAST_ITEMS, len(source))
    chosen = held_out if held_out is not None and apart else source
    count = min(_MOST_ITEMS, max(_LEAST_ITEMS, len(source) // _SHARE), len(chosen))
    rows = np.sort(np.random.default_rng(0).permutation(len(chosen))[:count])
    return Sample(items=chosen.take(rows), held_out=apart)


@final
@dataclass(frozen=True, kw_only=True)
class RunObserver:
    """Looks at an encoder, and says what is to be done about what it sees.

    Args:
        sample: the items that it is shown.
        preparation: from raw items to what the encoder takes.
        settings: how often, and what follows.
        strip: also draws images at every look, where the method makes such; None draws none.
        view_figure: takes the figure that the best is chosen by, where it needs views; None where it needs none.
        since: looks before this step are forgiven by `patience`, as when a run is made longer.

    Example:
        >>> import numpy as np
        >>> import torch
        >>> from selftaught.runs.planning import plan_run
        >>> from selftaught.runs.watch_settings import WatchSettings
        >>> from selftaught.runs.watching import RunObserver, watched_sample
        >>> plan = plan_run("simclr", np.zeros((8, 12, 12), np.uint8), "runs/none", settings={"batch_size": 4})
        >>> sample = watched_sample(plan.source, None)
        >>> look = RunObserver(sample=sample, preparation=plan.preprocessing, settings=WatchSettings())
        >>> seen = look(plan.method, torch.device("cpu"), step=0, epoch=0.0, loss=None, metrics={}, before=[])
        >>> seen.figures["embedding_rank"]
        0.0
    """

    sample: Sample
    preparation: Preparation
    settings: WatchSettings
    strip: SampleStrip | None = None
    view_figure: ViewFigure | None = None
    since: int = 0

    @property
    def every_epochs(self) -> int | float | None:
        """See `WatchSettings`."""
        return self.settings.watch_every

    @property
    def keeps_best(self) -> bool:
        """Whether a figure was named to choose the best by."""
        return self.settings.keep_best != "none"

    def __call__(
        self,
        method: Method[Any],
        device: torch.device,
        *,
        step: int,
        epoch: float,
        loss: float | None,
        metrics: Mapping[str, float],
        before: Sequence[Look],
    ) -> Look:
        """The figures, and what they mean beside those of the looks before."""
        if self.strip is not None:
            self.strip(method, device, step=step, earlier=[look.step for look in before])
        figures = self._figures(method, device)
        figures |= {name: metrics[name] for name in METHOD_FIGURES if name in metrics}
        symptom = find_symptom(before[0].figures if before else figures, figures)
        if (chosen_by := self._chosen_by(method, device, figures, loss)) is not None:
            figures[self.settings.keep_best] = chosen_by
        name = None if symptom is None else symptom.name
        new = symptom is not None and (not before or before[-1].symptom != name)
        best, waited = self._progress(figures, name, step, before)
        where = f"at step {step:,} (epoch {epoch:.2f})"
        message = f"{symptom.name} {where}: {symptom.sentence}" if symptom is not None and new else None
        stop = "collapsed" if new and self.settings.on_collapse == "stop" else None
        if stop is None and self.settings.patience is not None and waited >= self.settings.patience:
            message = f"no better {where}: the best {self.settings.keep_best} is {waited} looks old"
            stop = "no better"
        return Look(
            step=step,
            epoch=epoch,
            figures=figures,
            symptom=name,
            message=message,
            best=best,
            stop=stop,
        )

    def _figures(self, method: Method[Any], device: torch.device) -> dict[str, float]:
        with exact_products():  # and in float32: rounding must not look like spread
            vectors = extract(method.encoder, self.preparation, self.sample.items, device=device)
            place = device if device.type == "cuda" else torch.device("cpu")  # Apple's GPU has no float64
            labels = None if self.sample.labels is None else torch.from_numpy(self.sample.labels).to(place)
            projector = _projector(method)
            if projector is None or not bool(vectors.isfinite().all()):
                return take_figures(vectors.to(place), labels=labels)
            with reading(projector, device):
                embeddings = projector(vectors.to(device))
            return take_figures(vectors.to(place), embeddings.to(place), labels)

    def _chosen_by(
        self, method: Method[Any], device: torch.device, figures: Mapping[str, float], loss: float | None
    ) -> float | None:
        """The figure that chooses the best, where it is none that every look takes."""
        if self.settings.keep_best == "loss":
            return loss
        if self.view_figure is None or any(map(math.isnan, figures.values())):
            return None
        with exact_products():
            return self.view_figure(method, device)

    def _progress(
        self, figures: dict[str, float], symptom: str | None, step: int, before: Sequence[Look]
    ) -> tuple[bool, int]:
        """Whether these are the best figures so far, and how many looks there have been since the best ones."""
        if not self.keeps_best or not before:  # the encoder before the first step is no candidate
            return False, 0
        name = self.settings.keep_best
        best = next((look.figures[name] for look in reversed(before) if look.best), None)
        if symptom is None and is_better(name, figures.get(name), best):
            return True, 0
        places = [place for place, look in enumerate(before) if look.best or look.step <= self.since]
        return False, len(before) - max(places, default=0)


def summarise(observer: RunObserver, watched: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """What `run.json` says of the looks at a run.

    Args:
        observer: who looked.
        watched: what the last checkpoint says of the looks.
        seconds: how long the run took.

    Example:
        >>> import numpy as np
        >>> from selftaught.runs.planning import plan_run
        >>> from selftaught.runs.watching import summarise
        >>> plan = plan_run("simclr", np.zeros((8, 12, 12), np.uint8), "runs/none", settings={"batch_size": 4})
        >>> summarise(plan.observer, {"looks": [], "every_steps": 2, "seconds": 1.0}, 40.0)["share_of_time"]
        0.025
    """
    looks: list[dict[str, Any]] = watched["looks"]
    figure = observer.settings.keep_best
    best = [look for look in looks if look["best"]][-1:]
    return {
        "items": str(observer.sample),
        "looks": len(looks),
        "every_steps": watched["every_steps"],
        "seconds": round(watched["seconds"], 3),
        "share_of_time": round(watched["seconds"] / max(seconds, 1e-9), 4),
        "alarms": [look["message"] for look in looks if look["message"] and look["symptom"]],
        "best": {"figure": figure, "step": best[0]["step"], "value": best[0]["figures"][figure]} if best else None,
        "stopped": looks[-1]["message"] if looks and looks[-1]["stop"] else None,
    }


def save_best(method: Method[Any], preparation: Preparation, watched: Mapping[str, Any], folder: RunFolder) -> None:
    """Write `encoder_best/`, if the looks at a run kept a best encoder.

    Args:
        method: whose encoder it was.
        preparation: from raw items to what it takes.
        watched: what the last checkpoint says of the looks.
        folder: of the run.

    Example:
        >>> from pathlib import Path
        >>> import tempfile
        >>> import numpy as np
        >>> from selftaught.runs.planning import plan_run
        >>> from selftaught.runs.watching import save_best
        >>> plan = plan_run("simclr", np.zeros((8, 12, 12), np.uint8), tempfile.mkdtemp(), settings={"batch_size": 4})
        >>> weights = plan.method.encoder.state_dict()
        >>> save_best(plan.method, plan.preprocessing, {"best_weights": weights}, plan.folder)
        >>> plan.folder.encoder_best.is_dir()
        True
    """
    if watched["best_weights"] is None:
        return
    best = copy.deepcopy(method.encoder)
    best.load_state_dict(watched["best_weights"])
    save_encoder(best, preparation, folder.encoder_best)


def _projector(method: Method[Any]) -> nn.Module | None:
    """What makes the embeddings that the loss compares out of the encoder's vectors, where a method has it.

    Every method here calls that part `projector`.
    """
    projector = dict(method.named_children()).get("projector")
    if projector is None:
        return None
    first = next((each for each in projector.modules() if isinstance(each, nn.Linear)), None)
    return projector if first is not None and first.in_features == method.encoder.width else None
