"""A second encoder on the items of an evaluation, and the differences item by item."""

from collections.abc import Mapping
from typing import Any

from selftaught.core import Source, UserError
from selftaught.evaluation import (
    DenseFineTuning,
    DenseUse,
    Evaluation,
    Paired,
    evaluate_again,
    measure_beyond_vectors,
    pair_dense_use,
    pair_encoders,
    paired_sentence,
    suited_protocols,
)
from selftaught.evaluation.beyond_vectors import HasFigures
from selftaught.runs.given_data import GivenData
from selftaught.runs.opening import Run
from selftaught.runs.rivals import Rival

__all__ = ["compare_with"]

_POSITIONS = ("dense", "dense_fine_tune", "propagation")


def compare_with(
    opened: Run,
    other: Rival,
    result: Evaluation,
    given: GivenData,
    sources: tuple[Source, Source | None],
    reading: dict[str, Any],
) -> dict[str, Any]:
    """The other run's encoder on the same items, and the differences.

    Args:
        opened: the run.
        other: what it is compared with.
        result: the evaluation of the run.
        given: its data.
        sources: what was learned from and what was tested on.
        reading: device, precision and track.

    Raises:
        UserError: the other sees other items.

    Example:
        >>> from selftaught.runs import open_run
        >>> from selftaught.runs.against import compare_with
        >>> compare_with(open_run("runs/none"), None, None, None, (None, None), {})
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at runs/none: there is no such folder
    """
    model = other.model
    train, test = given.read(model.preprocessing, None, [])
    test = None if sources[1] is None else test
    for ours, theirs in zip(sources, (train, test), strict=True):
        if ours is not None and (theirs is None or list(ours.keys) != list(theirs.keys)):
            raise UserError(f"{other.told} does not see the same {train.nouns[1]} of {ours.name} as {opened.path}")
    protocols = evaluate_again(result, model.encoder, model.preprocessing, train, test, **reading)
    found: dict[str, Any] = {} if protocols is None else protocols.as_json()
    differences: list[Paired] = []
    sentences: list[str] = []
    if protocols is not None:
        differences += pair_encoders(result.protocols["encoder"], protocols)
        sentences.append(paired_sentence(str(opened.path), other.told, differences))
    for name, theirs in _of_positions(other, result, train, reading, sentences).items():
        found[name] = theirs.as_json()
        pairs = [_dense_use(each) for each in (result.beyond["encoder"][name], theirs)]
        if pairs[0] is not None and pairs[1] is not None:
            paired = pair_dense_use(pairs[0], pairs[1], named=name)
            differences += paired
            sentences.append(paired_sentence(str(opened.path), other.told, paired))
    return {
        "run": other.name,
        "encoder": other.told,
        "method": other.method,
        "protocols": found or None,
        "differences": [each.as_json() for each in differences],
        "sentence": " ".join(sentences) or "Without labels two encoders cannot be compared.",
    }


def _of_positions(
    other: Rival, result: Evaluation, train: Source, reading: dict[str, Any], sentences: list[str]
) -> Mapping[str, HasFigures]:
    """What was asked of the vectors of positions, of the other encoder; that it has none is said."""
    asked = [name for name in _POSITIONS if name in result.beyond.get("encoder", {})]
    model = other.model
    suited, _ = suited_protocols("all", model.encoder, model.preprocessing)
    if asked and asked[0] not in suited:
        sentences.append(f"{other.told} is not compared by positions: it has no vectors of them.")
    return measure_beyond_vectors(
        {"encoder": model.encoder},
        {},
        model.preprocessing,
        train,
        None,
        None,
        protocols=[name for name in asked if name in suited],
        projections={},
        fresh=model.encoder,
        seed=result.seed,
        notes=[],
        **reading,
    )["encoder"]


def _dense_use(found: HasFigures) -> DenseUse | None:
    if isinstance(found, DenseFineTuning):
        return found.found
    return found if isinstance(found, DenseUse) else None
