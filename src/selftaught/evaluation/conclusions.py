"""The verdict: what the figures say of a run in two or three sentences, and what to try next."""

from collections.abc import Sequence
from dataclasses import dataclass

from selftaught.evaluation.scores import Protocols
from selftaught.evaluation.target_scores import TargetScores
from selftaught.evaluation.trends import Trend
from selftaught.evaluation.verdicts import Difference, compare, told_differences, unlabelled_verdict, verdict
from selftaught.evaluation.without_labels import LabelFree

__all__ = ["OUTCOMES", "Conclusion", "conclude"]

OUTCOMES = {
    "collapsed": "all vectors are one, or nine directions in ten are flat while those of the start are not, or the run "
    "was stopped for a collapse",
    "helped": "a difference to the start exceeds the spread, and none does so the wrong way",
    "mixed": "one difference exceeds the spread each way",
    "harmed": "a difference exceeds the spread the wrong way, and none the right way",
    "not enough data": "no difference exceeds the spread, and the smallest spread is above 5 points",
    "undertrained": "no difference exceeds the spread, and the loss was still falling, or the run took below 100 steps",
    "no difference": "no difference exceeds the spread, and neither of that holds or is known",
    "unknown": "there are no labels, or of classes neither kNN nor linear probes nor fine-tuning were asked for",
}
_TOO_WIDE, _TO_SEE = 0.05, 0.02
_FEW_STEPS = 100


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """What the figures say of a run.

    Args:
        outcome: a name of `OUTCOMES`; the first in that order whose rule holds.
        text: two or three sentences for people.

    Example:
        >>> from selftaught.evaluation import Conclusion
        >>> Conclusion(outcome="helped", text="Pre-training helped.").outcome
        'helped'
    """

    outcome: str
    text: str


def conclude(
    protocols: tuple[Protocols, Protocols, Protocols] | None,
    figures: tuple[LabelFree, LabelFree] | None,
    *,
    reason: str = "there are no labels",
    targets: Sequence[TargetScores] = (),
    alone: str = "",
    tuned: Difference | None = None,
    trend: Trend | None = None,
    steps: int | None = None,
    stopped: str | None = None,
    start_name: str = "random start",
    nouns: tuple[str, str] = ("item", "items"),
) -> Conclusion:
    """Apply the rules of `OUTCOMES`, in their order.

    Args:
        protocols: of the encoder, of its start and of the raw input; None without labels.
        figures: without labels, of the encoder and of its start; None where they were not asked for.
        reason: why there are no labels.
        targets: of other columns; they count where neither kNN nor linear probes nor fine-tuning say anything.
        alone: what the same network learns from labels alone, in a sentence.
        tuned: what the encoder gains over fresh weights where both are fine-tuned; it counts where neither kNN nor
            linear probes were asked for.
        trend: whether the loss was still falling.
        steps: how many the run took.
        stopped: the collapse that the run was stopped for, in words; None for none.
        start_name: what the encoder was before.
        nouns: what one item is called, and several.

    Example:
        >>> from selftaught.evaluation import LabelFree, conclude
        >>> both = LabelFree(1.0, 256, 1.0, collapsed=True), LabelFree(40.0, 256, 0.0, collapsed=False)
        >>> conclude(None, both).outcome
        'collapsed'
    """
    differences = () if protocols is None else compare(protocols[0], protocols[1])
    probed = bool(differences)
    differences = differences if probed or tuned is None else (tuned,)
    by_targets = not differences
    if by_targets:
        differences = tuple(each for scores in targets for each in scores.differences("random_start"))
    shape = "" if figures is None else _collapse(*figures, start_name, nouns[1])
    if stopped and not shape:
        shape = f"The run was stopped for a collapse: {stopped}."
    late = ""
    if trend is not None and trend.improving:
        late = f" The loss was still falling: {100 * trend.late_fall:.0f} % of its fall came in the last third."
    elif steps is not None and steps < _FEW_STEPS:
        late = f" It took {steps} step{'s' * (steps != 1)} only."
    if not differences:
        outcome = "collapsed" if shape else "unknown"
        first = _first_without_labels(protocols, figures, reason, start_name)
        lacking = "not asked" if protocols is not None else "undertrained" if late else "unknown"
        remedy = _REMEDIES[outcome if shape else lacking]
    else:
        outcome = "collapsed" if shape else _outcome(differences, improving=bool(late))
        few = "There are too few test items to tell" if outcome == "not enough data" else None
        if by_targets:
            raw = [each for scores in targets for each in scores.differences("raw_input") if each.sign < 0]
            first = told_differences(differences, raw, start_name=start_name, opening=few)
        elif probed and protocols is not None:
            first = verdict(*protocols, start_name=start_name, opening=few)
        else:
            first = told_differences(differences, start_name="the same network from scratch", opening=few)
        items = max((len(each.target.test) for each in targets), default=0)
        if protocols is not None and not by_targets:
            items = len(protocols[0].truth)
        what = "what the columns say" if by_targets else "what tells the classes apart"
        remedy = _remedy(outcome, differences, items, first, late, nouns[1]).replace("{what}", what)
    parts = (shape, first + ("" if shape else late), alone, remedy)
    return Conclusion(outcome=outcome, text=" ".join(part for part in parts if part))


_REMEDIES = {
    "collapsed": "Next: check what keeps the method from collapsing, with a lower learning rate and a larger batch; a "
    "contrastive method needs a temperature near its default.",
    "helped": "Next: train longer, or on more data, and see whether it helps more.",
    "raw input": "Next: train longer, and with views that leave alone {what}.",
    "mixed": "Next: another seed, to see which of the two lasts.",
    "harmed": "Next: views that leave alone {what}, a lower learning rate, or another method.",
    "not enough data": "Next: more labels; about {items:,.0f} test {many} would show a difference of {seen}.",
    "undertrained": "Next: train longer, two to four times as many epochs.",
    "no difference": "Next: other views, a larger encoder or another method; longer training alone is unlikely to do.",
    "not asked": "Next: ask for knn and linear among the protocols; they take seconds.",
    "unknown": "Next: a few hundred labels would tell how much the encoder is worth.",
}


def _remedy(outcome: str, differences: Sequence[Difference], test_items: int, first: str, late: str, many: str) -> str:
    if outcome == "not enough data":
        least = min(differences, key=lambda difference: difference.spread)
        enough = max(round(test_items * (least.spread / _TO_SEE) ** 2, -2), 100)  # it falls as the root of their number
        seen = f"{100 * _TO_SEE:.0f} points" if least.percent else f"{_TO_SEE}"
        return _REMEDIES[outcome].format(items=enough, many=many, seen=seen)
    if outcome == "helped" and late:
        return _REMEDIES["undertrained"]
    if outcome == "helped" and "raw input does better" in first:
        return _REMEDIES["raw input"]
    return _REMEDIES[outcome]


def _first_without_labels(
    protocols: tuple[Protocols, Protocols, Protocols] | None,
    figures: tuple[LabelFree, LabelFree] | None,
    reason: str,
    start_name: str,
) -> str:
    if protocols is not None:
        return verdict(*protocols, start_name=start_name)
    if figures is not None:
        return unlabelled_verdict(*figures, reason, start_name=start_name)
    return f"Whether pre-training helped cannot be said: {reason}, and no figures without labels were asked for."


def _collapse(encoder: LabelFree, start: LabelFree, start_name: str, many: str) -> str:
    if encoder.collapsed:
        return f"The encoder has collapsed: it gives all {many} nearly the same vector."
    if encoder.few_directions and not start.few_directions:
        flat, before = (100 * (each.flat or 0.0) for each in (encoder, start))
        return (
            f"The encoder's dimensions have collapsed: {flat:.0f} % of its directions hardly vary, against "
            f"{before:.0f} % at {start_name}."
        )
    return ""


def _outcome(differences: Sequence[Difference], *, improving: bool) -> str:
    signs = {difference.sign for difference in differences}
    if signs >= {1, -1}:
        return "mixed"
    if 1 in signs:
        return "helped"
    if -1 in signs:
        return "harmed"
    if min(difference.spread for difference in differences) > _TOO_WIDE:
        return "not enough data"
    return "undertrained" if improving else "no difference"
