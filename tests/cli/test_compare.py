"""`selftaught compare` and `ablate` hand the words on, print the leaderboard, and refuse in one line."""

import json

import pytest

pytest_plugins = ["run_fixtures"]

FIGURES = {"kNN accuracy": {"mean": 0.8125, "interval": [0.75, 0.875], "values": [0.8125]}}
BOARD = {
    "headline": "simclr is better than the other method",
    "sentences": ["simclr is better than byol."],
    "notes": ["With one seed, little can be said."],
    "columns": [
        {"figure": "kNN accuracy", "title": "kNN", "unit": "share"},
        {"figure": "seconds", "title": "seconds", "unit": "count"},
    ],
    "rows": [
        {"name": "simclr", "figures": FIGURES | {"seconds": {"mean": 61.2, "interval": None, "values": [61.2]}}},
        {"name": "raw input", "figures": FIGURES},
    ],
    "missing": ["byol, seed 0"],
    "items": {"test": 2000},
    "study": {"seeds": 1},
}


@pytest.fixture
def asked(monkeypatch):
    """What the Python functions were called with; they do nothing else."""
    calls = []

    def answer(*positional, **named):
        calls.append((positional, named))
        return None if named.get("only") else BOARD

    monkeypatch.setattr("selftaught.runs.comparing.compare", answer)
    monkeypatch.setattr("selftaught.runs.ablating.ablate", answer)
    return calls


COMPARE = ["compare", "simclr", "byol", "--data", "photos", "--epochs", "2", "--out", "runs/x"]
ABLATE = ["ablate", "simclr", "--data", "photos", "--epochs", "2", "--out", "runs/x"]


def test_compare_hands_everything_on(command, asked):
    more = ["--seeds=2", "--batch-size", "32", "--image-size", "24", "--on-collapse", "stop", "--encoder", "own"]
    status, out, _ = command([*COMPARE, *more, "--recipe", "none", "--tune-labels", "1%", "--device", "cpu"])
    assert status == 0
    [(positional, named)] = asked
    assert positional == (["simclr", "byol"], "photos", "runs/x")
    assert named["settings"] == {"batch_size": 32, "image_size": 24, "on_collapse": "stop", "device": "cpu"}
    assert (named["seeds"], named["epochs"], named["minutes_each"]) == (2, 2, None)
    assert (named["encoder"], named["recipe"], named["only"], named["tune_labels"]) == ("own", "none", None, "1%")
    assert named["command"][:2] == ["selftaught", "compare"]
    for said in ("81.2", "75.0-87.5", "on 2,000 test", "61", "raw input", BOARD["headline"], "byol, seed 0"):
        assert said in out
    assert out.index("simclr is better than byol.") < out.index("With one seed")
    assert "report: runs/x/report.html" in out


def test_the_network_of_all_can_be_described(command, asked):
    assert command([*COMPARE, "--encoder", "small_resnet", "--encoder.features", "16"])[0] == 0
    [(_, named)] = asked
    assert (named["encoder"], named["settings"]) == ("small_resnet", {"encoder.features": 16})
    assert command(COMPARE)[0] == 0
    assert (asked[1][1]["encoder"], asked[1][1]["settings"]) == ("fit", {})
    assert command(["compare", "dgi", "--data", "cora.npz", "--epochs", "2", "--out", "runs/x"])[0] == 0


def test_json_stands_alone_and_a_share_prints_none(command, asked):
    status, out, _ = command([*COMPARE, "--json"])
    assert (status, json.loads(out)) == (0, BOARD)
    assert command([*COMPARE, "--only", "1/2", "--json"])[:2] == (0, "")


def test_ablate_hands_everything_on(command, asked):
    varied = ["--vary", "temperature=0.1,0.5", "--vary=crop-scale=0.2,1/0.5,1"]
    status, out, _ = command([*ABLATE, *varied, "--hidden-width", "64", "--seeds", "3", "--tune-labels=all"])
    assert status == 0
    [(positional, named)] = asked
    assert positional == ("simclr", "photos", "runs/x")
    assert named["vary"] == {"temperature": ["0.1", "0.5"], "crop_scale": ["0.2,1", "0.5,1"]}
    assert named["settings"] == {"epochs": 2, "hidden_width": 64}
    assert (named["seeds"], named["tune_labels"]) == (3, "all")
    assert BOARD["headline"] in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare", "--data", "x", "--out", "y"], "missing METHOD"),
        (["compare", "simclr", "--out", "y"], "missing --data"),
        (["compare", "simclr", "--data", "x"], "missing --out"),
        (["compare", "simclr", "--data", "x", "--epohs", "3"], "unknown option '--epohs': did you mean '--epochs'"),
        (["compare", "simclr", "--data", "x", "--temperature", "3"], "unknown option '--temperature'"),
        (["compare", "simclr", "--data", "x", "--seeds", "few"], "--seeds: expected a whole number, got few"),
        (["compare", "simclear", "--data", "x", "--epochs", "1", "--out", "y"], "unknown method 'simclear'"),
        (["ablate", "--data", "x"], "missing METHOD"),
        (["ablate", "simclear", "--data", "x"], "unknown method 'simclear': did you mean 'simclr'"),
        ([*ABLATE, "--vary", "temprature=1"], "unknown option 'temprature': did you mean '--temperature'"),
        ([*ABLATE, "--vary", "temperature"], "vary: expected NAME=VALUE,VALUE"),
        ([*ABLATE, "--vary"], "--vary: expected NAME=VALUE,VALUE"),
        ([*ABLATE, "--vary", "seed=1,2", "--vary", "seed=3"], "vary: expected --seed once, got it twice"),
    ],
)
def test_mistakes_are_one_line(command, words, said):
    status, out, err = command(words)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {said}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [["compare", "--help"], ["ablate", "--help"], ["ablate", "simclr", "--help"]])
def test_help(command, words):
    status, out, _ = command(words)
    assert status == 0
    assert out.startswith("usage: selftaught ")
    assert "--vary" in out or "--minutes-each" in out
