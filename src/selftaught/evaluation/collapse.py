"""Whether an encoder collapses while it trains, and how: rules on the figures of `take_figures`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

__all__ = ["METHOD_FIGURES", "Symptom", "find_symptom"]

_NARROW, _NARROWER = 0.1, 0.5
_ONE = 1e-3  # as for `label_free`
_RANK_SHARE = 0.25
_DEAD, _MORE_DEAD = 0.5, 0.25


@final
@dataclass(frozen=True)
class Symptom:
    """A way in which an encoder has collapsed.

    Args:
        name: not finite, posterior collapse, unused codes, empty clusters, mode collapse, shrinking embeddings,
            complete collapse, dimensional collapse or dead features.
        sentence: the figures that say so.

    Example:
        >>> from selftaught.evaluation.collapse import Symptom
        >>> Symptom("not finite", "the encoder gives vectors with inf or nan").name
        'not finite'
    """

    name: str
    sentence: str


@dataclass(frozen=True)
class _Sign:
    symptom: str
    below: float
    sentence: str


_SIGNS: Mapping[str, _Sign] = {
    "active_latents": _Sign("posterior collapse", 1.0, "{0:.0f} latents vary from item to item: all say the prior"),
    "kl_nats": _Sign("posterior collapse", 0.01, "latents of a frame cost {0:.2g} nats: they tell nothing of it"),
    "codes_in_use": _Sign("unused codes", 0.05, "{0:.1%} of the codes that the last batch could use are in use"),
    "clusters_in_use": _Sign("empty clusters", 0.1, "items fall into {0:.1%} of the clusters that they could fill"),
    "embedding_deviation": _Sign(
        "shrinking embeddings", 0.15, "features of the embeddings deviate from their mean by {0:.2g}, and should by 1"
    ),
    "variety_of_samples": _Sign(
        "mode collapse", 0.1, "made images differ from the nearest other by {0:.1%} of what true images do"
    ),
}
METHOD_FIGURES = tuple(_SIGNS)
"""What some methods show of every step, and `find_symptom` reads: VAE's active latents, what the latents of SVG-LP
cost, VQ-VAE's codes, the clusters of DeepCluster, DeeperCluster and SwAV, how far the embeddings of VICReg and LeJEPA
deviate, the samples of GANs."""


def find_symptom(start: Mapping[str, float], now: Mapping[str, float]) -> Symptom | None:
    """The first symptom of collapse that the figures show, the worst first; None where there is none.

    - not finite: the encoder gives inf or nan.
    - posterior collapse: fewer than one latent of a VAE varies over items; or the latents of a frame to come, drawn by
      one who has seen it, are within 0.01 nats what one says who has not.
    - unused codes, empty clusters: codes, or clusters, in use are below 5 %, or 10 %, of what the items could use, each
      counted by how often (the exponential of an entropy).
    - mode collapse: the samples of a GAN are each other's doubles: the distance to the nearest other sample is below
      10 % of that between true images.
    - shrinking embeddings: where the loss is to give every feature of an embedding the deviation 1, as those of VICReg
      and LeJEPA, it is below 0.15: directions may stay spread while the loss makes all distances small.
    - complete collapse: what the loss compares has nearly one direction: its spread is at most 0.1 and at most half of
      what it was; or the encoder's own vectors have, at a spread of at most 0.001.
    - dimensional collapse: the spread stays, but what the loss compares varies along few directions: its effective
      rank is at most a quarter of what it was.
    - dead features: at least half of the encoder's features no longer vary, a quarter more than at the start.

    Random networks, too, give vectors of nearly one direction, so it is what was lost that counts. Figures that only
    the method knows (`METHOD_FIGURES`) are compared with nothing.

    Args:
        start: the figures before the first step.
        now: those of now.

    Source:
        Complete and dimensional collapse: Jing et al. 2021, https://arxiv.org/abs/2110.09348, figure 1. The bounds are
        of this library: they lie between runs that were made to collapse and healthy ones, in its tests.

    Example:
        >>> from selftaught.evaluation.collapse import find_symptom
        >>> start = {"spread": 0.2, "dead_features": 0.0, "embedding_spread": 0.2, "embedding_rank": 8.0}
        >>> find_symptom(start, start | {"embedding_spread": 0.03}).name
        'complete collapse'
        >>> find_symptom(start, start | {"embedding_spread": 0.9, "embedding_rank": 1.6}).name
        'dimensional collapse'
        >>> find_symptom(start, start) is None
        True
    """
    if any(map(math.isnan, now.values())):
        return Symptom("not finite", "the encoder gives vectors with inf or nan")
    for name, sign in _SIGNS.items():
        if now.get(name, math.inf) < sign.below:
            return Symptom(sign.symptom, sign.sentence.format(now[name]))
    for key, most, what in (
        ("embedding_spread", _NARROW, "embeddings that the loss compares"),
        ("spread", _ONE, "vectors of the encoder"),
    ):
        spread, before = now.get(key, math.inf), start.get(key, 0.0)
        if spread <= most and spread <= _NARROWER * before:
            return Symptom(
                "complete collapse",
                f"the {what} are nearly one: they stray from their mean by {spread:.2g} of their length, "
                f"{before:.2g} at the start",
            )
    rank, before = now.get("embedding_rank", math.inf), start.get("embedding_rank", 0.0)
    if rank <= _RANK_SHARE * before:
        return Symptom(
            "dimensional collapse",
            f"the embeddings that the loss compares vary along {rank:.1f} directions, {before:.1f} at the start",
        )
    dead, before = now["dead_features"], start["dead_features"]
    if dead >= _DEAD and dead >= before + _MORE_DEAD:
        return Symptom("dead features", f"{dead:.0%} of the encoder's features never change, {before:.0%} at the start")
    return None
