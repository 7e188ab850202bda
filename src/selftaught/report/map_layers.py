"""The map of the embeddings as shapes: one colour and marker a class, each class named where most of it lies."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from selftaught.report.colourings import SHADES, Colouring
from selftaught.report.pictures import unit_square

__all__ = ["MapDrawing", "MapLayer", "canvas_places", "map_drawing"]

_SIDE = 640.0
_MARGIN = 14.0
_NAME_HEIGHT = 22.0
_NAME_WIDTH = 90.0
_UNNAMED = {"c0", *(f"s{shade}" for shade in range(SHADES))}  # such items lie everywhere
_MARKERS = (  # circle, square, triangle, diamond; paths from their middle
    "m-3.3 0a3.3 3.3 0 1 0 6.6 0a3.3 3.3 0 1 0-6.6 0z",
    "m-2.9-2.9h5.8v5.8h-5.8z",
    "m0-4l3.7 6.6h-7.4z",
    "m0-4.2l4.2 4.2-4.2 4.2-4.2-4.2z",
)


@dataclass(frozen=True)
class MapLayer:
    """The items of one class or value.

    Args:
        name: of the class; empty where all are alike.
        colour: a class of the style sheet: c1 to c7 are Okabe and Ito's colours, without black and the yellow that
            white paper swallows; c0 is the quiet one of the rest; s0 to s6 are shades from low to high.
        marker: the path of one marker from its middle.
        points: the path of all markers.
        count: how many items.
        place: where the name stands, or None if it stands nowhere.
    """

    name: str
    colour: str
    marker: str
    points: str
    count: int
    place: tuple[float, float] | None


@dataclass(frozen=True)
class MapDrawing:
    """All layers, and the size of the canvas they are drawn on."""

    width: float
    height: float
    layers: list[MapLayer]


def map_drawing(positions: Float[np.ndarray, "n 2"], colouring: Colouring) -> MapDrawing:
    """The layers of a map, by value.

    Args:
        positions: the places of the items, in any unit.
        colouring: what they are coloured by; values that no item has make no layer.

    Example:
        >>> import numpy as np
        >>> from selftaught.report.colourings import SHADES, Colouring
        >>> from selftaught.report.map_layers import map_drawing
        >>> places = np.array([[0.0, 0.0], [1.0, 1.0], [0.9, 1.0]])
        >>> drawing = map_drawing(places, Colouring("class", ["cat", "dog"], np.array([0, 1, 1])))
        >>> [(layer.name, layer.count) for layer in drawing.layers]
        [('cat', 1), ('dog', 2)]
    """
    places, (width, height) = canvas_places(positions)
    layers: list[MapLayer] = []
    for code, name in enumerate(colouring.values):
        members = places[colouring.codes == code]
        if not len(members):
            continue
        colour, shape = colouring.style(code)
        place = None
        if name and colour not in _UNNAMED:
            middle = np.median(members, axis=0)
            densest = members[np.square(members - middle).sum(axis=1).argmin()]
            taken = [layer.place for layer in layers if layer.place is not None]
            place = _free_place(float(densest[0]), float(densest[1]), taken)
        marker = _MARKERS[shape]
        layers.append(MapLayer(name, colour, marker, _points(members, marker), len(members), place))
    return MapDrawing(width, height, layers)


def canvas_places(positions: Float[np.ndarray, "n 2"]) -> tuple[Float[np.ndarray, "n 2"], tuple[float, float]]:
    """The places on the canvas of a map, and its width and height.

    Example:
        >>> import numpy as np
        >>> from selftaught.report.map_layers import canvas_places
        >>> canvas_places(np.array([[0.0, 0.0], [2.0, 1.0]]))[1]
        (640.0, 334.0)
    """
    places = unit_square(positions)
    places = (places - places.min(axis=0)) * (_SIDE - 2 * _MARGIN) + _MARGIN
    width, height = (places.max(axis=0) + _MARGIN).tolist()
    return places, (width, height)


def _points(places: Float[np.ndarray, "n 2"], marker: str) -> str:
    return "".join(f"M{x:.1f} {y:.1f}{marker}" for x, y in places.tolist())


def _free_place(x: float, y: float, taken: list[tuple[float, float]]) -> tuple[float, float]:
    """The place itself, or the nearest one above or below it where no other name stands."""
    x = min(max(x, _NAME_WIDTH / 2), _SIDE - _NAME_WIDTH / 2)
    for shift in (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0):
        at = y + shift * _NAME_HEIGHT
        if all(abs(at - other_y) >= _NAME_HEIGHT or abs(x - other_x) >= _NAME_WIDTH for other_x, other_y in taken):
            return x, at
    return x, y
