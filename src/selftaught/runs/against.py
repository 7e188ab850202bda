"""A second encoder on the items of an evaluation, and the differences item by item."""

from collections.abc import Sequence
from typing import Any

from selftaught.core import Source, UserError
from selftaught.evaluation import (
    DenseFineTuning,
    DenseUse,
    Evaluation,
    Paired,
    evaluate_again,
    pair_dense_use,
    pair_encoders,
    paired_sentence,
)
from selftaught.evaluation.beyond_vectors import HasAnswers, HasFigures
from selftaught.evaluation.pairing import pair_answers
from selftaught.evaluation.target_scores import pair_targets, score_json
from selftaught.evaluation.targets import Target
from selftaught.runs.asking_methods import projections_of, rebuilt_methods
from selftaught.runs.given_data import GivenData
from selftaught.runs.opening import Run
from selftaught.runs.rivals import Rival

__all__ = ["compare_with"]

_OF_THE_RUN = ("label_free", "views", "energy", "own_task", "supervised")
"""What is not measured of another encoder: figures that are never paired, the method's own, and a control."""


def compare_with(
    opened: Run,
    other: Rival,
    result: Evaluation,
    given: GivenData,
    sources: tuple[Source, Source | None],
    reading: dict[str, Any],
    *,
    targets: Sequence[Target] = (),
    other_run: Run | None = None,
    fine_tune_from: int = 0,
    notes: list[str],
) -> dict[str, Any]:
    """The other run's encoder on the same items, and the differences.

    Args:
        opened: the run.
        other: what it is compared with.
        result: the evaluation of the run.
        given: its data.
        sources: what was learned from and what was tested on.
        reading: device, precision and track.
        targets: the other columns that the run was asked about.
        other_run: of the other, where it is a run: what its method put behind the encoder is looked at, too.
        fine_tune_from: the layer of its head from which the run was fine-tuned; the other starts from its encoder.
        notes: what was asked of the run and is not compared is added, in sentences.

    Raises:
        UserError: the other sees other items.

    Example:
        >>> from selftaught.runs import open_run
        >>> from selftaught.runs.against import compare_with
        >>> compare_with(open_run("runs/none"), None, None, None, (None, None), {}, notes=[])
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no run at runs/none: there is no such folder
    """
    model = other.model
    train, test = given.read(model.preprocessing, None, [])
    test = None if sources[1] is None else test
    for ours, theirs in zip(sources, (train, test), strict=True):
        if ours is not None and (theirs is None or list(ours.keys) != list(theirs.keys)):
            raise UserError(f"{other.told} does not see the same {train.nouns[1]} of {ours.name} as {opened.path}")
    measured = result.beyond.get("encoder", {})
    behind = rebuilt_methods(other_run) if other_run is not None and "keeps" in measured else None
    again = evaluate_again(
        result,
        model.encoder,
        model.preprocessing,
        train,
        test,
        targets=targets,
        projection=projections_of(behind).get("encoder"),
        **reading,
    )
    found: dict[str, Any] = {} if again.protocols is None else again.protocols.as_json()
    found |= {name: theirs.as_json() for name, theirs in again.beyond.items()}
    paired = {name: _paired(name, measured[name], theirs, result) for name, theirs in again.beyond.items()}
    probed = () if again.protocols is None else pair_encoders(result.protocols["encoder"], again.protocols)
    names = str(opened.path), other.told
    deciding = [each for each in [*probed, *paired.get("fine_tune", ())] if each.decides]
    columns = [
        each
        for name, theirs in again.targets.items()
        for each in pair_targets(name, result.targets[name].by_network["encoder"], theirs, deciding=not deciding)
    ]
    deciding += [each for each in columns if each.decides]
    sentences: list[str] = []
    if again.protocols is not None or deciding:
        sentences.append(paired_sentence(*names, deciding))
    sentences += [paired_sentence(*names, each) for name, each in paired.items() if name.startswith("dense")]
    others = [each for name in paired if not name.startswith("dense") for each in paired[name] if not each.decides]
    others += [each for each in columns if not each.decides]
    sentences += [f"Of the same test items: {'; '.join(map(str, others))}."] if others else []
    for reason in dict.fromkeys(again.left_out.values()):
        which = ", ".join(name for name, each in again.left_out.items() if each == reason)
        sentences.append(f"Not compared by {which}: that {reason}.")
    own = [name for name in _OF_THE_RUN if name in result.asked]
    notes += [f"{', '.join(own)}: not compared with {other.told}, only measured of this run"] if own else []
    if fine_tune_from and "fine_tune" in again.beyond:
        notes.append(
            f"fine_tune: {other.told} starts from its encoder, this run from layer {fine_tune_from} of its head"
        )
    return {
        "run": other.name,
        "encoder": other.told,
        "method": other.method,
        "protocols": found or None,
        "targets": {name: score_json(theirs) for name, theirs in again.targets.items()},
        "differences": [
            each.as_json() for each in [*probed, *columns, *(each for some in paired.values() for each in some)]
        ],
        "sentence": " ".join(sentences) or "Without labels two encoders cannot be compared.",
    }


def _paired(name: str, ours: HasFigures, theirs: HasFigures, result: Evaluation) -> tuple[Paired, ...]:
    """The differences over pictures or test items; none where the protocol does not keep what it found of each."""
    pictures = _dense_use(ours), _dense_use(theirs)
    if pictures[0] is not None and pictures[1] is not None:
        return pair_dense_use(pictures[0], pictures[1], named=name)
    if isinstance(ours, HasAnswers) and isinstance(theirs, HasAnswers):
        return pair_answers(ours.answers, theirs.answers, deciding=result.deciding, seed=result.seed)
    return ()


def _dense_use(found: HasFigures) -> DenseUse | None:
    if isinstance(found, DenseFineTuning):
        return found.found
    return found if isinstance(found, DenseUse) else None
