"""A map of the embeddings for the page: the drawing that any browser shows, and what its script works with."""

import base64
import json
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from selftaught.report.colourings import Colouring, colourings
from selftaught.report.contents import EmbeddingMap, Picture
from selftaught.report.map_layers import MapDrawing, canvas_places, map_drawing
from selftaught.report.pictures import collage, sheets

__all__ = ["map_section"]

_PER_UNIT = 50  # places are told in fiftieths of the canvas's unit
_MOST_WORDS = 300  # characters
_LONGEST_SIDES = 2  # of pictures in a collage, one over the other


def map_section(embedding_map: EmbeddingMap) -> dict[str, Any]:
    """What the template of the map needs.

    Example:
        >>> import numpy as np
        >>> from selftaught.report import EmbeddingMap
        >>> from selftaught.report.map_data import map_section
        >>> section = map_section(EmbeddingMap(positions=np.eye(2), labels=np.array([0, 1]), classes=["cat", "dog"]))
        >>> section["size"], section["labelled"], [panel["name"] for panel in section["panels"]]
        (2, True, ['encoder'])
    """
    by = colourings(embedding_map)
    places = {"encoder, h": embedding_map.positions}
    if embedding_map.projected is not None:
        places["projection, z"] = embedding_map.projected
    else:
        places = {"encoder": embedding_map.positions}
    drawings = {name: [map_drawing(each, colouring) for colouring in by] for name, each in places.items()}
    return {
        "panels": [{"name": name, "drawing": each[0]} for name, each in drawings.items()],
        "labelled": embedding_map.labels is not None,
        "size": len(embedding_map.positions),
        "heard": len(embedding_map.sounds),
        "coloured_by": by[0].name,
        "collage": collage(embedding_map.positions, embedding_map.pictures) if _square(embedding_map.pictures) else "",
        "data": _as_script(_data(embedding_map, by, places, drawings)),
    }


def _square(pictures: Sequence[Picture]) -> bool:
    """Whether there are pictures that fill the square cells of a collage, unlike waves and film strips."""
    shapes = [picture.shape[:2] for picture in pictures]
    return bool(shapes) and statistics.median(max(shape) / min(shape) for shape in shapes) <= _LONGEST_SIDES


def _data(
    embedding_map: EmbeddingMap,
    by: Sequence[Colouring],
    places: dict[str, Float[np.ndarray, "n 2"]],
    drawings: dict[str, list[MapDrawing]],
) -> dict[str, Any]:
    near, links, pictures = embedding_map.near, embedding_map.links, embedding_map.pictures
    shown = sheets(pictures) if pictures else None
    return {
        "count": len(embedding_map.positions),
        "perUnit": _PER_UNIT,
        "panels": [
            {
                "places": _packed(np.rint(canvas_places(each)[0] * _PER_UNIT).astype(np.int64).ravel()),
                "names": [
                    [[layer.name, *layer.place] for layer in one.layers if layer.place] for one in drawings[name]
                ],
            }
            for name, each in places.items()
        ],
        "colourings": [
            {
                "name": each.name,
                "values": list(each.values),
                "styles": [each.style(code) for code in range(len(each.values))],
                "codes": _packed(each.codes),
                "exact": list(each.exact),
            }
            for each in by
        ],
        "near": None if near is None else _packed(near.ravel()),
        "links": None if links is None else _packed(links.ravel()),
        "names": [str(name) for name in embedding_map.names],
        "words": [_cut(words) for words in embedding_map.words],
        "sheets": None
        if shown is None
        else {"addresses": shown.addresses, "width": shown.width, "height": shown.height, "across": shown.across},
        "sounds": {str(row): base64.b64encode(sound).decode() for row, sound in embedding_map.sounds.items()},
    }


def _packed(numbers: Int[np.ndarray, " n"]) -> str:
    """Numbers below 65,536 in two bytes each, the lower first, as browsers on all machines in use hold them."""
    return base64.b64encode(numbers.astype("<u2").tobytes()).decode()


def _cut(words: str) -> str:
    return words if len(words) <= _MOST_WORDS else words[:_MOST_WORDS].rstrip() + " …"


def _as_script(data: dict[str, Any]) -> str:
    """JSON that may stand inside a script element: nothing in it can close the element or open a comment."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
