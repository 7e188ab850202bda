"""A run that was stopped because it collapsed can be measured, resumed, and is passed over by studies."""

import json

import numpy as np
import pytest
from tiny_runs import SHORT, record

from selftaught.core import UserError
from selftaught.evaluation import collapse
from selftaught.runs import load_encoder
from selftaught.runs.folder import RunFolder
from selftaught.runs.studies import Contender, StudyRun
from selftaught.runs.studies.running import has_collapsed
from selftaught.training import load_checkpoint

pytest_plugins = ["run_fixtures"]


@pytest.fixture
def stopped(command, images, tmp_path, monkeypatch):
    """As if what the loss compares had lost its directions at the first look after the start."""

    def symptom(start, now):
        told = "the embeddings vary along 1.1 directions, 8.0 at the start"
        return None if now is start else collapse.Symptom("dimensional collapse", told)

    out = tmp_path / "study" / "a-seed0"
    words = ["pretrain", "simclr", "--data", images, "--out", out, *SHORT, "--on-collapse", "stop"]
    with monkeypatch.context() as patched:
        patched.setattr("selftaught.runs.watching.find_symptom", symptom)
        status, _, err = command([*words, "--watch-every", "0.34", "--keep-best", "rankme"])
    assert status == 2
    assert "dimensional collapse" in err
    return out


def test_the_encoder_is_that_of_the_checkpoint_and_its_verdict_is_collapsed(command, images, stopped):
    said = record(stopped)
    assert said["finished"] is None
    assert said["seconds"] > 0
    weights = load_checkpoint(RunFolder(stopped).checkpoint).method
    for name, value in load_encoder(stopped).encoder.state_dict().items():
        assert np.array_equal(value.numpy(), weights[f"encoder.{name}"].numpy()), name
    status, out, err = command(["evaluate", stopped, "--data", images, "--json", "--device", "cpu"])
    assert status == 0, err
    found = json.loads(out)
    assert found["outcome"] == "collapsed"
    assert "The run was stopped for a collapse: dimensional collapse at step 1" in found["verdict"]
    assert found["energy"] is not None
    assert "collapsed" in (stopped / "report.html").read_text()


def test_it_goes_on_from_its_checkpoint_and_then_is_a_run_like_others(command, images, stopped):
    before = (stopped / "encoder" / "model.safetensors").read_bytes()
    reached = load_checkpoint(RunFolder(stopped).checkpoint).step
    status, _, err = command(["pretrain", "--resume", stopped])
    assert status == 0, err
    assert record(stopped)["steps"] == 6 > reached
    assert record(stopped)["finished"] is not None
    assert (stopped / "encoder" / "model.safetensors").read_bytes() != before
    measured = command(["evaluate", stopped, "--data", images, "--json", "--device", "cpu", "--protocols", "knn"])
    assert json.loads(measured[1])["outcome"] != "collapsed"


def test_a_resumed_run_that_stops_half_way_offers_no_stale_encoder(stopped, monkeypatch):
    from selftaught.runs import resume

    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("selftaught.runs.pretraining.train", killed)
    with pytest.raises(KeyboardInterrupt):
        resume(stopped)
    with pytest.raises(UserError, match=r"missing encoder; if it was stopped: .* --resume"):
        RunFolder(stopped).require(RunFolder(stopped).encoder)


def test_studies_pass_over_it_even_if_somebody_measured_it(command, images, stopped):
    run = StudyRun(contender=Contender(name="a", method="simclr"), seed=0, folder=RunFolder(stopped))
    assert has_collapsed(run)
    command(["evaluate", stopped, "--data", images, "--json", "--device", "cpu", "--protocols", "knn"])
    assert has_collapsed(run)
