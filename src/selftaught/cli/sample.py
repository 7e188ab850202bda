"""`selftaught sample RUN`: new images from a run whose method makes such."""

import json
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any

from selftaught.cli.arguments import read_arguments
from selftaught.cli.progress import Bars
from selftaught.runs.schema import Schema

__all__ = ["run"]

_WHAT = (
    "Images of random latents, where the method makes images of such. A method that makes images of grids of codes "
    "needs to know which grids there are: a PixelCNN is fitted to the codes of --data, kept in the run's folder, and "
    "drawn from."
)


def _options(
    *,
    data: str | None = None,
    out: str | None = None,
    count: int = 100,
    against: str | None = None,
    judge: str | None = None,
    label: str | None = None,
    prior_epochs: int = 30,
    refit: bool = False,
    json: bool = False,
    device: str = "auto",
    seed: int = 0,
    overwrite: bool = False,
    strict: bool = False,
) -> None:
    """The images.

    Args:
        data: for methods that make images of codes, what the prior over codes is fitted to, as for pretrain; not
            needed where one was fitted before.
        out: the picture to write, ending in .png; if none is given, samples.png in the run's folder.
        count: how many images.
        against: true images to compare them with, as for evaluate: are all kinds of these among the new ones?
        judge: whose vectors say which images are near each other: a run, or an encoder as for evaluate --against;
            pixels if none is given.
        label: the column of the true images' classes, where it is not the usual one.
        prior_epochs: passes of the prior over the codes; the one that is best on a tenth of them, held out, is kept.
        refit: fit the prior anew.
        json: print one JSON object, alone, on standard output.
        device: auto, cpu, cuda or mps.
        seed: of the images, and of the prior.
        overwrite: replace the file.
        strict: stop at an item that cannot be read, instead of leaving it out.
    """


def run(words: list[str]) -> int:
    """Draw images.

    Example:
        >>> from selftaught.cli.sample import run
        >>> run(["--help"])
        usage: selftaught sample ...
        0
    """
    schema = Schema("selftaught sample RUN [--data DATA] [--out FILE.png] [options]", _WHAT)
    schema.add("images", _options)
    arguments = read_arguments(words, schema)
    if arguments.help:
        print(schema.help())
        return 0
    chosen = schema.defaults() | dict(arguments.given)
    [path] = arguments.take(["RUN"])
    from selftaught.runs import sample

    as_json = chosen.pop("json")
    with redirect_stdout(sys.stderr), Bars() as bars:
        drawn = sample(path, chosen.pop("data"), chosen.pop("out"), **chosen, tell=bars.say, track=bars)
    if as_json:
        told = {"file": str(drawn.file), "images": len(drawn.pictures), "prior": drawn.prior}
        print(json.dumps(told | {"compared": drawn.compared}, indent=2))
        return 0
    if drawn.prior is not None:
        print(
            f"prior over codes: {drawn.prior['bits_per_code']:.3f} bits a code on {drawn.prior['held_out']:,} images "
            f"held out; each place's histogram {drawn.prior['histogram_bits_per_code']:.3f}, equal chance "
            f"{drawn.prior['equal_chance_bits_per_code']:.3f}"
        )
    print(f"wrote {drawn.file}: {len(drawn.pictures):,} images")
    if drawn.compared is not None:
        print(f"beside {drawn.compared['reference']:,} true images, by {drawn.compared['judge']}:")
        for name in ("new", "true"):
            if drawn.compared[name] is not None:
                print(_told(name, drawn.compared[name]))
    return 0


def _told(name: str, found: Mapping[str, Any]) -> str:
    who = "the new images" if name == "new" else "as many others, true"
    shares = ", ".join(f"{figure} {100 * found[figure]:.0f} %" for figure in ("precision", "recall", "coverage"))
    density = f"density {found['density']:.2f}"
    if found["classes"] is None:
        return f"{who}: {shares}, {density}"
    hit = f"{found['classes_hit']} of {found['classes']} classes, off by {found['class_divergence_nats']:.2f} nats"
    return f"{who}: {shares}, {density}; {hit}"
