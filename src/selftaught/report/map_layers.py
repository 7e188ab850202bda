"""The map of the embeddings as shapes: one colour and marker a class, each class named where most of it lies."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from selftaught.report.contents import EmbeddingMap
from selftaught.report.pictures import unit_square

__all__ = ["MapDrawing", "MapLayer", "map_drawing"]

_SIDE = 640.0
_MARGIN = 14.0
_NAME_HEIGHT = 22.0
_NAME_WIDTH = 90.0
_COLOURS = 7  # Okabe and Ito's, without black and the yellow that white paper swallows
_MARKERS = (  # circle, square, triangle, diamond; paths from their middle
    "m-3.3 0a3.3 3.3 0 1 0 6.6 0a3.3 3.3 0 1 0-6.6 0z",
    "m-2.9-2.9h5.8v5.8h-5.8z",
    "m0-4l3.7 6.6h-7.4z",
    "m0-4.2l4.2 4.2-4.2 4.2-4.2-4.2z",
)


@dataclass(frozen=True)
class MapLayer:
    """The items of one class.

    Args:
        name: of the class; empty where there are no labels.
        colour: number of the palette's colour, from 1; 0 is the quiet colour of the rest.
        marker: the path of one marker from its middle.
        points: the path of all markers.
        count: how many items.
        place: where the name stands, or None if it stands nowhere.
    """

    name: str
    colour: int
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


def map_drawing(embedding_map: EmbeddingMap) -> MapDrawing:
    """The layers of a map, by class number.

    There are 28 pairs of colour and marker; of more classes the rarest share a quiet one, named "other classes".

    Example:
        >>> import numpy as np
        >>> from selftaught.report import EmbeddingMap
        >>> from selftaught.report.map_layers import map_drawing
        >>> places = np.array([[0.0, 0.0], [1.0, 1.0], [0.9, 1.0]])
        >>> drawing = map_drawing(EmbeddingMap(positions=places, labels=np.array([0, 1, 1]), classes=["cat", "dog"]))
        >>> [(layer.name, layer.count) for layer in drawing.layers]
        [('cat', 1), ('dog', 2)]
    """
    places = unit_square(embedding_map.positions)
    lowest = places.min(axis=0)
    places = (places - lowest) * (_SIDE - 2 * _MARGIN) + _MARGIN
    width, height = (places.max(axis=0) + _MARGIN).tolist()
    if embedding_map.labels is None:
        layer = MapLayer("", 1, _MARKERS[0], _points(places, _MARKERS[0]), len(places), None)
        return MapDrawing(width, height, [layer])

    labels = embedding_map.labels
    numbers, counts = np.unique(labels, return_counts=True)
    most = np.argsort(-counts, kind="stable")[: _COLOURS * len(_MARKERS)]
    told_apart = np.sort(numbers[most]).tolist()
    layers: list[MapLayer] = []
    for order, number in enumerate(map(int, told_apart)):
        members = places[labels == number]
        marker = _MARKERS[order // _COLOURS]
        name = embedding_map.classes[number] if 0 <= number < len(embedding_map.classes) else f"class {number}"
        middle = np.median(members, axis=0)
        densest = members[np.square(members - middle).sum(axis=1).argmin()]
        taken = [layer.place for layer in layers if layer.place is not None]
        place = _free_place(float(densest[0]), float(densest[1]), taken)
        layers.append(MapLayer(name, order % _COLOURS + 1, marker, _points(members, marker), len(members), place))
    rest = places[~np.isin(labels, told_apart)]
    if len(rest):
        layers.append(MapLayer("other classes", 0, _MARKERS[0], _points(rest, _MARKERS[0]), len(rest), None))
    return MapDrawing(width, height, layers)


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
