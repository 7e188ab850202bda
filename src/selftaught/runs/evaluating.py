"""`evaluate`: how good a run's encoder is, beside the same encoder before training and the raw input."""

import json
from pathlib import Path
from typing import Any

from selftaught.core import Track, silent
from selftaught.data import ImageSplits, open_images
from selftaught.evaluation import evaluate_encoder
from selftaught.runs.folder import write_aside
from selftaught.runs.opening import Run, open_run
from selftaught.runs.rebuilding import views_of
from selftaught.runs.reporting import refresh_report
from selftaught.training import resolve_device, resolve_precision

__all__ = ["evaluate"]


def evaluate(
    run: str | Path | Run,
    data: Any,
    test_data: Any = None,
    *,
    device: str = "auto",
    seed: int = 0,
    strict: bool = False,
    track: Track = silent,
) -> dict[str, Any]:
    """Measure a run's encoder and its controls, write `evaluation.json`, and refresh `report.html`.

    Without labels every figure that needs them is None, and the verdict says so.

    Args:
        run: its folder.
        data: labelled images, as for `pretrain`; of two parts the first teaches the probes and the second tests them.
        test_data: labelled images to test on, where they stand elsewhere. Without any, a fifth of `data` is kept out.
        device: auto, cpu, cuda or mps.
        seed: of the draws of labels.
        strict: stop at an image that cannot be read, instead of passing it over.
        track: who watches.

    Returns:
        What `selftaught evaluate --json` prints.

    Raises:
        UserError: the run is not whole, or there are no such images.

    Example:
        >>> from selftaught.runs import evaluate
        >>> evaluate("runs/none", "fashion-mnist-10k")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at runs/none: there is no such folder
    """
    opened = open_run(run)
    folder = opened.folder
    folder.require(folder.encoder, folder.start)
    model, start, chosen = opened.encoder(), opened.start(), resolve_device(device)

    def images(given: Any) -> ImageSplits:
        size, channels = model.preprocessing.image_size, model.preprocessing.channels
        return open_images(given, channels=channels, image_size=size, strict=strict, track=track)

    splits = images(data)
    train, test, found = splits.train, splits.test, [splits.found]
    if test_data is not None:
        others = images(test_data)
        test = others.test or others.train
        found.append(others.found)
    result = evaluate_encoder(
        model.encoder,
        start.encoder,
        model.preprocessing,
        train,
        test,
        device=chosen,
        precision=resolve_precision("auto", chosen),
        seed=seed,
        start_name="random start" if opened.record.weights is None else "the encoder before training",
        track=track,
    )
    measured = {**result.as_json(), "data": found}
    write_aside(folder.evaluation, json.dumps(measured, indent=2) + "\n")
    shown = train
    if result.rows is not None:
        shown = (test if result.rows.apart and test is not None else train).take(result.rows.test)
    refresh_report(opened, shown, views_of(opened.record, model.preprocessing), device=chosen, track=track)
    return measured
