"""How the page of pictures is drawn and written."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from picture_list import PICTURES, Drawing
from table_texts import sources_text

from selftaught.runs.picturing import picture_grid

__all__ = ["commands_of", "draw_rows", "page_text"]

_WIDTH_INCHES, _DOTS_AN_INCH, _CAPTION_INCHES = 7.4, 100, 0.26
_MOST_BYTES, _COLOURS = 200_000, (256, 128, 64, 32)

_HEAD = """<!-- Written by benchmarks/pictures.py. Change that, then run it. -->

# Pictures

What pretext tasks and generative methods ask and make, after {minutes:g} minutes of training each, on one machine:
enough to see what a method does, not how good it can get. All images are of data that the networks did not learn from.
Below each picture stand the commands that train the same runs; `python benchmarks/pictures.py` trains them all and
draws this page.
"""


def draw_rows(rows: Sequence[tuple[str, np.ndarray | Sequence[np.ndarray]]], path: Path, *, across: int) -> None:
    """Strips of pictures below each other, each with its caption, in one PNG of at most 200 kB.

    Args:
        rows: a caption, and either one picture or several of one size.
        path: of the file.
        across: pictures in a line of a strip.
    """
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    strips = [
        (caption, shown if isinstance(shown, np.ndarray) else picture_grid(shown, across=min(across, len(shown))))
        for caption, shown in rows
    ]
    heights = [_WIDTH_INCHES * strip.shape[0] / strip.shape[1] for _, strip in strips]
    whole = sum(heights) + _CAPTION_INCHES * len(strips)
    figure = plt.figure(figsize=(_WIDTH_INCHES, whole), facecolor="white")
    top = whole
    for (caption, strip), height in zip(strips, heights, strict=True):
        figure.text(0.002, (top - 0.2) / whole, caption, fontsize=9)
        top -= _CAPTION_INCHES + height
        axis = figure.add_axes((0, top / whole, 1, height / whole))
        axis.imshow(strip, cmap="gray", vmin=0, vmax=255, interpolation="antialiased", aspect="auto")
        axis.axis("off")
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=_DOTS_AN_INCH)
    plt.close(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_small(buffer))


def _small(buffer: io.BytesIO) -> bytes:
    """The picture in 256 colours of its own, or in fewer where it would be too large for a page."""
    from PIL import Image

    whole = Image.open(buffer).convert("RGB")
    sizes: list[int] = []
    for colours in _COLOURS:
        written = io.BytesIO()
        whole.quantize(colours, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
        sizes.append(len(written.getvalue()))
        if sizes[-1] <= _MOST_BYTES:
            return written.getvalue()
    raise SystemExit(
        f"expected a picture of at most {_MOST_BYTES:,} bytes, got {sizes[-1]:,} in {_COLOURS[-1]} colours"
    )


def commands_of(drawing: Drawing, entry: Mapping[str, Any]) -> list[str]:
    """What a user types for the same runs, and for what is drawn of them."""
    lines: list[str] = []
    for name, training in entry["trainings"].items():
        options = "".join(f" --{key.replace('_', '-')} {value}" for key, value in training["settings"].items())
        lines.append(
            f"selftaught pretrain {training['method']} --recipe {training['recipe']} --data {training['data']} "
            f"--minutes {entry['minutes']:g}{options} --out runs/pictures/{name}"
        )
        if drawing.kind == "samples":
            codes = f" --data {training['data']}" if "prior" in entry["figures"].get(name, {}) else ""
            compared = entry["figures"][name].get("compared")
            against = f" --count {compared['count']} --against {training['data']}" if compared else ""
            lines.append(f"selftaught sample runs/pictures/{name}{codes}{against}")
    return lines


def page_text(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole page, of the pictures that there are.

    Args:
        entries: by picture, what the document says of it.
    """
    minutes = max(entry["minutes"] for entry in entries.values())
    lines = [_HEAD.format(minutes=minutes)]
    for name, entry in entries.items():
        drawing = PICTURES[name]
        lines += [f"## {drawing.title}", "", drawing.words, "", f"![{drawing.title}](images/pictures/{name}.png)", ""]
        told = [
            f"- `{run}`, {entry['steps'][run]:,} steps{_in_words(entry['figures'].get(run, {}))}"
            for run in entry["trainings"]
        ]
        lines += [*told, "", "```sh", *commands_of(drawing, entry), "```", "", *sources_text([entry]), ""]
    return "\n".join(lines)


def _in_words(figures: Mapping[str, Any]) -> str:
    told: list[str] = []
    for name, each in figures.items():
        if name == "prior":
            told.append(
                f"the prior takes {each['bits_per_code']:.2f} bits a code on {each['held_out']:,} images held out "
                f"(each place's histogram {each['histogram_bits_per_code']:.2f}, equal chance "
                f"{each['equal_chance_bits_per_code']:.2f})"
            )
        elif name == "compared":
            told.append(_compared(each))
        elif name.endswith("accuracy"):
            told.append(f"{name.replace('_', ' ')} {100 * each['value']:.1f} % (chance {100 * each['chance']:.1f} %)")
        else:
            told.append(f"{name.replace('_', ' ')} {each['value']:.2f} (chance {each['chance']:.2f})")
    return "".join(f"; {each}" for each in told)


def _compared(found: Mapping[str, Any]) -> str:
    new, true = found["new"], found["true"]
    shares = [
        f"{figure} {100 * new[figure]:.0f} % ({100 * true[figure]:.0f} %)"
        for figure in ("precision", "recall", "coverage")
    ]
    who = f"of {found['count']:,} new images, by {found['judge']}, and in brackets of as many true ones"
    return f"{who}: {', '.join(shares)}; {new['classes_hit']} of {new['classes']} classes"
