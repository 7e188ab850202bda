"""The tables of corruptions, attack, spurious cue, fine-tuning, what is kept, positions and cost."""

import pytest

from selftaught.report.beyond import beyond_tables
from selftaught.report.figures import UNKNOWN

SEVERITIES = [0.9, 0.8, 0.7, 0.6, 0.5]
FOG = {"probe": SEVERITIES, "knn": SEVERITIES, "drift": [0.1] * 5}
SNOW = {"probe": [0.5, 0.4, 0.3, 0.2, 0.1], "knn": SEVERITIES, "drift": [0.3] * 5}
CORRUPTIONS = {
    "clean": {"probe": 0.95, "knn": 0.9},
    "mean": {"probe": 0.5, "knn": 0.5, "drift": 0.2},
    "corruptions": {"fog": FOG, "jpeg_compression": SNOW},
    "items": 1000,
}


def evaluation(ours, start, **others):
    return {"protocols": ours, "controls": {"random_start": start, "raw_input": {}}, **others}


def only(tables):
    [table] = tables
    assert all(len(values) == len(table.head) for _, values in table.rows)
    return table


def test_nothing_measured_shows_nothing():
    assert beyond_tables(evaluation({"knn": {"accuracy": 0.5}}, {})) == []


def test_corruptions_show_means_over_severities_and_a_line_over_them():
    table = only(beyond_tables(evaluation({"corruptions": CORRUPTIONS}, {"corruptions": CORRUPTIONS}), "Before"))
    assert table.head == ["This encoder, %", "This encoder, drift", "Before, %", "Before, drift"]
    assert dict(table.rows)["fog"][:2] == ["70.0", "0.100"]
    assert dict(table.rows)["jpeg compression"][:2] == ["30.0", "0.300"]
    assert dict(table.rows)["none"][:2] == ["95.0", "0.000"]
    assert dict(table.rows)["mean"][:2] == ["50.0", "0.200"]
    assert "This encoder: 95.0, 70.0, 60.0, 50.0, 40.0, 30.0 %" in table.chart_told
    assert table.chart.startswith("<svg")


def test_attack_shows_radii_of_255():
    scores = [
        {"radius": radius / 255, "probe": 0.5 / radius, "encoder": {"probe": 0.8, "knn": 0, "drift": 0}}
        for radius in (0.5, 2, 8)
    ]
    attack = {"clean": {"probe": 0.9, "knn": 0.9}, "radii": scores, "steps": 20, "items": 200}
    table = only(beyond_tables(evaluation({"attack": attack}, {})))
    assert [name for name, _ in table.rows] == ["unchanged", "0.5 of 255", "2 of 255", "8 of 255"]
    assert dict(table.rows)["2 of 255"] == ["25.0", "80.0"]


def test_fine_tuning_shows_both_beginnings():
    ours = {"10%": {"mean": 0.7, "std": 0.01}, "all": {"mean": 0.9, "std": None}}
    scratch = {"10%": {"mean": 0.5, "std": 0.02}, "all": {"mean": 0.8, "std": None}}
    table = only(beyond_tables(evaluation({"fine_tune": {"from_encoder": ours, "from_scratch": scratch}}, {})))
    assert table.rows == [("10 % of labels", ["70.0 ± 1.0", "50.0 ± 2.0"]), ("all labels", ["90.0", "80.0"])]


def test_what_is_kept_stands_before_and_behind_the_projection():
    blur = {"chance": 0.5, "encoder": 0.9, "projection": 0.6}
    plain = {"chance": 0.5, "encoder": 0.8, "projection": None}
    table = only(
        beyond_tables(evaluation({"keeps": {"changes": {"blur": blur}}}, {"keeps": {"changes": {"blur": plain}}}))
    )
    assert table.rows == [("blur", ["50.0", "90.0", "60.0", "80.0", UNKNOWN])]


def test_positions_stand_between_floor_and_ceiling():
    dense = {
        "segmentation": {"mean_iou": 0.2, "ceiling": 0.5, "background_only": 0.08},
        "localisation": {"box_iou": 0.4, "ceiling": 0.7, "located": 0.3, "pointed": 0.8, "pointed_blindly": 0.15},
        "grid": 4,
        "items": {"train": 1000, "test": 300},
        "background": "photographs",
    }
    table = only(beyond_tables(evaluation({"dense": dense}, {"dense": dense})))
    tuned = only(beyond_tables(evaluation({"dense_fine_tune": dense}, {"dense_fine_tune": dense})))
    assert (tuned.rows, tuned.head) == (table.rows, table.head)
    assert "learned together with the encoder" in tuned.told
    assert "learned" not in table.told
    assert table.rows[0] == ("segmentation, mIoU", ["20.0", "20.0", "8.0", "50.0"])
    assert table.rows[3] == ("surest pixel on the object", ["80.0", "80.0", "15.0", UNKNOWN])


@pytest.mark.parametrize(("gain", "rows"), [(None, 5), (0.0125, 7)])
def test_cost_leaves_out_what_is_not_known(gain, rows):
    cost = {
        "seconds": 30.0,
        "items_per_second": 1234.5,
        "cores": 2,
        "core_seconds": 60.0,
        "peak_bytes": 1_500_000_000,
        "knn_accuracy_per_minute": gain,
        "knn_gain_per_minute": gain,
    }
    table = only(beyond_tables(evaluation({}, {}, cost=cost)))
    assert len(table.rows) == rows
    assert dict(table.rows)["items a second"] == ["1,234"]
    assert dict(table.rows)["memory at most, GB"] == ["1.5"]
    assert gain is None or dict(table.rows)["kNN accuracy, points a minute"] == ["1.25"]
