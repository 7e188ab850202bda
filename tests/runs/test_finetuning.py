"""`finetune`: which labels, which layers, what the folder holds, and what is refused."""

import json

import numpy as np
import pytest
import torch

from selftaught.core import UserError
from selftaught.evaluation import plan_budgets
from selftaught.runs import evaluate, finetune, load_classifier, load_encoder, open_run, pretrain
from selftaught.training import load_checkpoint

SIZE = 120


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two classes that differ in brightness, by name."""
    random = np.random.default_rng(0)
    images = random.integers(0, 128, (SIZE, 8, 8, 3), dtype=np.uint8)
    images[::2] += 127
    path = tmp_path_factory.mktemp("data") / "images.npz"
    np.savez(path, images=images, labels=np.where(np.arange(SIZE) % 2 == 0, "bright", "dark"))
    return path


@pytest.fixture(scope="module")
def pretrained(data, tmp_path_factory):
    settings = {"epochs": 1, "batch_size": 8, "hidden_width": 8, "head_layers": 3, "device": "cpu", "watch_every": 0}
    return pretrain("simclr", data, tmp_path_factory.mktemp("runs") / "simclr", settings=settings)


@pytest.fixture(scope="module")
def tuned(data, pretrained, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "tuned"
    return finetune(
        pretrained, data, out, labels="10%", from_layer="head.1", epochs=20, learning_rate=1e-2, device="cpu"
    )


def found(run):
    return json.loads(run.folder.classification.read_text())


def test_the_classifier_learned_the_classes_by_their_names(data, tuned):
    classifier = load_classifier(tuned.path)
    assert classifier.classes == ("bright", "dark")
    images = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    images[0] = 190
    images[1] = 64
    assert [classifier.classes[place] for place in classifier(images).argmax(1)] == ["bright", "dark"]
    answer = found(tuned)
    assert answer["accuracy"] > 0.9
    assert answer["interval"][0] <= answer["accuracy"] <= answer["interval"][1]
    assert (answer["test_items"], answer["labels"], answer["chosen"]) == (SIZE // 5, 10, False)


def test_layers_of_the_head_belong_to_the_classifier(pretrained, tuned):
    head = load_classifier(tuned).head
    assert [type(layer).__name__ for layer in head] == ["Linear", "BatchNorm", "ReLU", "Linear"]
    before = load_checkpoint(pretrained.folder.checkpoint).method["projector.0.weight"]
    assert not torch.equal(head[0].weight, before), "it was trained along"


def test_layers_of_the_head_begin_as_the_run_left_them(data, pretrained, tmp_path):
    still = {"epochs": 1, "learning_rate": 1e-7, "device": "cpu"}
    run = finetune(pretrained, data, tmp_path / "run", labels="10%", from_layer="head.2", **still)
    head, before = load_classifier(run).head, load_checkpoint(pretrained.folder.checkpoint).method
    assert [type(layer).__name__ for layer in head] == ["Linear", "BatchNorm", "ReLU"] * 2 + ["Linear"]
    for place in (0, 3):
        torch.testing.assert_close(head[place].weight, before[f"projector.{place}.weight"], atol=1e-6, rtol=0)


def test_the_folder_is_a_run(data, pretrained, tuned):
    opened = open_run(tuned.path)
    assert opened.record.weights == str(pretrained.path)
    assert opened.record.settings["fine-tuning"]["labels"] == "10%"
    now, before = opened.encoder().encoder.state_dict(), opened.start().encoder.state_dict()
    start = pretrained.encoder().encoder.state_dict()
    assert all(torch.equal(before[name], start[name]) for name in start)
    assert any(not torch.equal(now[name], start[name]) for name in start)
    assert load_encoder(tuned.path)(torch.zeros(1, 3, 8, 8, dtype=torch.uint8)).shape == (1, 256)
    assert tuned.folder.report.is_file()
    measured = evaluate(tuned, data, protocols="knn,energy,own_task", device="cpu")
    assert measured["start"] == "the encoder before training"
    assert measured["energy"] is None


def test_the_labels_are_those_that_evaluate_draws_first(data, pretrained, tmp_path, monkeypatch):
    from selftaught.evaluation import labelled_training

    seen = []
    fit = labelled_training.LabelledTraining.fit

    def watched(self, network, rows, **how):
        seen.append((self.labels.numpy(), rows, how))
        return fit(self, network, rows, **{**how, "epochs": 1})

    monkeypatch.setattr(labelled_training.LabelledTraining, "fit", watched)
    finetune(pretrained, data, tmp_path / "run", labels="10%", seed=3, device="cpu")
    labels, rows, how = seen[-1]
    budgets, _ = plan_budgets(labels, 3)
    assert rows.tolist() == next(budget for budget in budgets if budget.name == "10%").rows[0].tolist()
    assert {each["rate"] for *_, each in seen} == {1e-4, 1e-3}
    assert "held_out" in seen[0][2]
    assert how.get("held_out") is None, "the last training is on all of the draw"
    answer = json.loads((tmp_path / "run" / "classification.json").read_text())
    assert answer["chosen"]
    assert answer["learning_rate"] in {1e-4, 1e-3}


def test_an_encoder_without_a_run_will_do(data, pretrained, tmp_path):
    run = finetune(pretrained.folder.encoder, data, tmp_path / "run", labels="all", epochs=1, device="cpu")
    assert found(run)["labels"] == SIZE * 4 // 5
    with pytest.raises(UserError, match="no projection head to keep a layer of: expected encoder"):
        finetune(pretrained.folder.encoder, data, tmp_path / "other", from_layer="head.1")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"labels": "2%"}, r"unknown share of labels '2%': did you mean '1%'\?"),
        ({"labels": "1%"}, "fewer than the 2 classes"),
        ({"from_layer": "heads.1"}, r"unknown layer 'heads.1': did you mean 'head.1'\?"),
        ({"from_layer": "head.4"}, r"valid: encoder, head.1, head.2, head.3"),
        ({"epochs": 0}, "at least 1 epoch"),
        ({"learning_rate": 0.0}, "learning rate above 0"),
        ({"label_smoothing": 1.0}, r"label smoothing in \[0, 1\)"),
    ],
)
def test_what_is_refused(data, pretrained, tmp_path, settings, said):
    with pytest.raises(UserError, match=said):
        finetune(pretrained, data, tmp_path / "run", device="cpu", **settings)
    assert not (tmp_path / "run").exists()


def test_data_without_labels_are_refused(pretrained, tmp_path):
    np.savez(tmp_path / "bare.npz", images=np.zeros((20, 8, 8, 3), np.uint8))
    with pytest.raises(UserError, match="labels"):
        finetune(pretrained, tmp_path / "bare.npz", tmp_path / "run", device="cpu")


def test_a_damaged_classifier_is_told(tuned, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(tuned.path, copy)
    configuration = json.loads((copy / "classifier" / "config.json").read_text())
    configuration["layers"][0]["out_features"] = 9
    (copy / "classifier" / "config.json").write_text(json.dumps(configuration))
    with pytest.raises(UserError, match="damaged, or of other weights"):
        load_classifier(copy)
    shutil.rmtree(copy / "classifier")
    with pytest.raises(UserError, match="no classifier in"):
        load_classifier(copy)
