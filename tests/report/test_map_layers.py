import re

import numpy as np

from selftaught.report import EmbeddingMap
from selftaught.report.colourings import colourings
from selftaught.report.map_layers import map_drawing


def drawing_of(embedding_map):
    return map_drawing(embedding_map.positions, colourings(embedding_map)[0])


def middles(layer):
    return np.array(re.findall(r"M([\d.]+) ([\d.]+)", layer.points), dtype=float)


def test_every_item_once_in_its_class():
    random = np.random.default_rng(0)
    positions, labels = random.normal(size=(300, 2)), random.integers(0, 10, 300)
    drawing = drawing_of(EmbeddingMap(positions=positions, labels=labels, classes=[f"c{n}" for n in range(10)]))
    assert [layer.name for layer in drawing.layers] == [f"c{n}" for n in range(10)]
    scale = None
    for number, layer in enumerate(drawing.layers):
        found, wanted = middles(layer), positions[labels == number]
        assert layer.count == len(found) == len(wanted)
        ratio = np.ptp(found, axis=0) / np.ptp(wanted, axis=0)
        scale = ratio[0] if scale is None else scale
        assert np.allclose(ratio, scale, rtol=2e-3)  # one scale for both directions and for all classes
        assert (found >= 0).all()
        assert (found <= [drawing.width, drawing.height]).all()


def test_classes_can_be_told_apart_without_colour_alone():
    drawing = drawing_of(EmbeddingMap(positions=np.random.default_rng(0).normal(size=(28, 2)), labels=np.arange(28)))
    assert len({(layer.colour, layer.marker) for layer in drawing.layers}) == 28
    assert drawing.layers[27].name == "class 27"


def test_the_rarest_of_too_many_classes_are_one():
    labels = np.concatenate([np.arange(40), np.arange(10, 38)])
    positions = np.random.default_rng(0).normal(size=(len(labels), 2))
    drawing = drawing_of(EmbeddingMap(positions=positions, labels=labels))
    assert len(drawing.layers) == 29
    assert [layer.name for layer in drawing.layers[:28]] == [f"class {n}" for n in range(10, 38)]
    assert (drawing.layers[28].name, drawing.layers[28].count) == ("other classes", 12)


def test_names_do_not_cover_each_other():
    positions = np.random.default_rng(0).normal(size=(40, 2)) * 0.01
    positions[0] = 1.0
    labels = np.arange(40) % 4
    places = [layer.place for layer in drawing_of(EmbeddingMap(positions=positions, labels=labels)).layers]
    for first in range(4):
        for second in range(first):
            assert abs(places[first][1] - places[second][1]) >= 22 or abs(places[first][0] - places[second][0]) >= 90


def test_one_place():
    drawing = drawing_of(EmbeddingMap(positions=np.ones((3, 2))))
    assert drawing.layers[0].count == 3
    assert np.isfinite([drawing.width, drawing.height]).all()
