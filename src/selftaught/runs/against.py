"""A second encoder on the items of an evaluation, and the differences item by item."""

from typing import Any

from selftaught.core import Source, UserError
from selftaught.evaluation import Evaluation, evaluate_again, pair_encoders, paired_sentence
from selftaught.runs.given_data import GivenData
from selftaught.runs.opening import Run
from selftaught.runs.rivals import Rival

__all__ = ["compare_with"]


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
    answer: dict[str, Any] = {"run": other.name, "encoder": other.told, "method": other.method}
    if protocols is None:
        return answer | {
            "protocols": None,
            "differences": [],
            "sentence": "Without labels two encoders cannot be compared.",
        }
    differences = pair_encoders(result.protocols["encoder"], protocols)
    return answer | {
        "protocols": protocols.as_json(),
        "differences": [each.as_json() for each in differences],
        "sentence": paired_sentence(str(opened.path), other.told, differences),
    }
