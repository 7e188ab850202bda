"""Probes at inner layers: on the items, labels and draws of the evaluation itself."""

import json

import numpy as np
import pytest
import torch
from test_evaluation import PREPARE, Mix, stripes

from selftaught.core import UserError
from selftaught.evaluation import evaluate_encoder, measure_depths


def encoders() -> tuple[Mix, Mix]:
    rows = torch.eye(8).repeat_interleave(8, 1)[:6] / 8  # what a good encoder finds: the mean of each row
    return Mix(rows), Mix(torch.randn(6, 64, generator=torch.Generator().manual_seed(0)) / 8)


@pytest.fixture(scope="module")
def measured():
    good, start = encoders()
    train, test = stripes(400, seed=0), stripes(200, seed=1)
    found = evaluate_encoder(good, start, PREPARE, train, test)
    depths = measure_depths(good, start, ["drop", "line"], PREPARE, train, test, found.rows)
    return found, depths


def test_the_last_layer_has_the_figures_of_the_encoder(measured):
    found, (last, _) = measured
    assert last.protocols["encoder"].as_json() == found.protocols["encoder"].as_json()
    assert last.protocols["random_start"].as_json() == found.protocols["random_start"].as_json()
    assert last.label_free["encoder"].rankme == pytest.approx(found.label_free["encoder"].rankme, rel=1e-4)


def test_the_control_is_the_same_layer_of_the_start(measured):
    _, depths = measured
    for each in depths:
        assert each.protocols["encoder"].knn_accuracy > 0.85
        assert (
            each.protocols["random_start"].knn_accuracy < 0.5
        )  # a control at another depth, or of the encoder, is not
        assert (each.width, list(each.as_json())) == (6, ["width", "encoder", "random_start", "label_free"])
    assert json.dumps([each.as_json() for each in depths])


def test_layers_side_by_side_are_probed_as_one(measured):
    found, alone = measured
    good, start = encoders()
    train, test = stripes(400, seed=0), stripes(200, seed=1)
    both, line = measure_depths(good, start, ["drop + line", "line"], PREPARE, train, test, found.rows)
    assert (both.layer, both.width, line.width) == ("drop + line", 12, 6)
    assert line.as_json() == alone[1].as_json()
    # dropout changes nothing here: the same vectors stand there twice, and cosines are the same
    for name in ("encoder", "random_start"):
        assert both.protocols[name].knn_accuracy == line.protocols[name].knn_accuracy


def test_only_what_was_asked_for_and_nothing_without_labels():
    good, start = encoders()
    train = stripes(50, seed=0, labels=False)
    [depth] = measure_depths(good, start, ["line"], PREPARE, train, None, None, protocols=["knn", "label_free"])
    assert (dict(depth.protocols), set(depth.label_free)) == ({}, {"encoder", "random_start"})
    assert measure_depths(good, start, [], PREPARE, train, None, None) == ()


def test_vectors_that_are_not_finite_are_refused():
    good, start = encoders()
    good.line.weight.data[0, 0] = np.nan
    with pytest.raises(UserError, match="vectors of line"):
        measure_depths(good, start, ["line"], PREPARE, stripes(50, seed=0, labels=False), None, None)
