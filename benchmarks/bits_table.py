"""The table of bits per dimension, each number of levels by itself."""

from collections.abc import Mapping
from typing import Any

from leaderboard_table import NOTHING
from table_texts import row_text, sources_text

__all__ = ["bits"]


def bits(document: Mapping[str, Any]) -> str:
    """What a pixel takes by each model, beside what it takes with no network, and what was published."""
    if not document:
        return NOTHING.format(command="python benchmarks/bits_per_dimension.py")
    lines = [row_text(["levels", "", "estimator", "bits per dimension", "images seen"]), row_text(["---"] * 5)]
    for levels, references in document["without_a_network"].items():
        lines += [row_text([levels, name, "exact", f"{value:.3f}", ""]) for name, value in references.items()]
        for model in document["models"]:
            if str(model["levels"]) == levels:
                seen = f"{model['images_seen']['mean']:,.0f}"
                lines += [
                    row_text([levels, f"**{model['title']}**", words, _bits(value), seen])
                    for words, value in model["bits"].items()
                ]
    items = document["items"]
    models = document["models"]
    told = (
        f"{items['train']:,} images to learn from, {items['test']:,} others that the numbers are of; "
        f"{models[0]['minutes']:g} minutes of training each, {_seeds(models)}. Numbers of levels cannot be "
        "compared with each other."
    )
    published = [row_text(["published", "of", "levels", "bits per dimension", "source"]), row_text(["---"] * 5)]
    published += [
        row_text([one["model"], one["data"], str(one["levels"]), f"{one['bits']:.3f}", one["source"]])
        for one in document["published"]
    ]
    return "\n".join([*lines, "", told, "", *published, "", *sources_text(document["runs"])])


def _bits(value: Mapping[str, Any]) -> str:
    return f"{value['mean']:.3f}" + ("" if value["std"] is None else f" ± {value['std']:.3f}")


def _seeds(models: list[Mapping[str, Any]]) -> str:
    """How many, from the fewest to the most."""
    fewest, *_, most = sorted(2 * [len(model["seeds"]) for model in models])
    return f"{fewest} seed{'s' * (fewest != 1)}" if fewest == most else f"{fewest} to {most} seeds"
