"""`distill`: what the student sees, which labels it looks at, what the folder holds, and what is refused."""

import json
import shutil

import numpy as np
import pytest
import torch
from torch import nn

from selftaught.core import UserError
from selftaught.data import open_images
from selftaught.encoders import Preprocessing
from selftaught.runs import distill, evaluate, finetune, load_classifier, load_encoder, open_run, resume
from selftaught.runs.planning import plan_run
from selftaught.runs.teachers import drawn_labels, load_teacher

SIZE = 96
FAST = {"epochs": 2, "batch_size": 16, "device": "cpu", "watch_every": 0, "learning_rate": 3e-3, "warmup_epochs": 0}


def write(path, n, *, labelled=True, classes=("bright", "dark")):
    random = np.random.default_rng(n)
    images = random.integers(0, 128, (n, 12, 12), dtype=np.uint8)
    images[::2] += 127
    labels = {"labels": np.where(np.arange(n) % 2 == 0, *classes)} if labelled else {}
    np.savez(path, images=images, **labels)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("distilling")
    write(folder / "labelled.npz", SIZE)
    write(folder / "bare.npz", SIZE, labelled=False)
    write(folder / "test.npz", 40)
    return folder


@pytest.fixture(scope="module")
def teacher(folder):
    plan = plan_run("simclr", folder / "bare.npz", folder / "start", settings={"batch_size": 16, "device": "cpu"})
    from selftaught.encoders import save_encoder

    save_encoder(plan.encoder, plan.preprocessing, folder / "encoder")
    out = folder / "tuned"
    return finetune(folder / "encoder", folder / "labelled.npz", out, epochs=10, learning_rate=1e-2, device="cpu")


@pytest.fixture(scope="module")
def student(folder, teacher):
    settings = {**FAST, "epochs": 6, "temperature": 2.0}
    out, tested = folder / "student", folder / "test.npz"
    return distill(teacher, folder / "bare.npz", out, student="resnet10t", test_data=tested, settings=settings)


def test_a_student_without_labels_learns_the_classes(folder, student, teacher):
    found = json.loads(student.folder.classification.read_text())
    assert found["teacher"]["accuracy"] > 0.9
    assert found["student"]["accuracy"] > 0.8
    assert found["student"]["test_items"] == 40
    classifier = load_classifier(student)
    assert classifier.classes == ("bright", "dark")
    assert classifier.model.encoder.name == "resnet10t"
    assert load_encoder(student.path).width == classifier.head[0].in_features
    assert student.record.method == "distillation"
    assert student.record.values()["teacher"] == str(teacher.path)
    assert not any("teacher" in name for name in student.encoder().encoder.state_dict())


def test_a_run_can_be_made_longer_and_measured(folder, student, tmp_path):
    copy = tmp_path / "student"
    shutil.copytree(student.path, copy)
    longer = resume(copy, epochs=1)
    assert longer.record.steps == student.record.steps + SIZE // 16
    measured = evaluate(copy, folder / "labelled.npz", protocols="knn,energy,own_task", device="cpu")
    assert measured["own_task"]["accuracy_on_teacher"]["value"] > 0.8
    assert measured["energy"]["trained"]["another item"] > 0.5


def test_a_teacher_that_is_gone_is_not_needed_to_use_the_student(folder, student, tmp_path):
    copy = tmp_path / "student"
    shutil.copytree(student.path, copy)
    record = json.loads((copy / "run.json").read_text())
    record["settings"]["teacher"]["teacher"] = str(tmp_path / "nowhere")
    (copy / "run.json").write_text(json.dumps(record))
    measured = evaluate(copy, folder / "labelled.npz", protocols="knn,energy", device="cpu")
    assert measured["energy"] is None
    with pytest.raises(UserError, match="no run at"):
        resume(copy, epochs=1)


def test_vectors_of_any_encoder_are_learned_without_classes(folder, teacher, tmp_path):
    for number, given in enumerate((folder / "encoder", teacher)):
        out = tmp_path / str(number)
        run = distill(given, folder / "bare.npz", out, label_free=bool(number), settings=FAST)
        assert run.record.method == "simreg"
        assert not run.folder.classifier.exists()
        assert not run.folder.classification.exists()


def test_both_see_the_same_image():
    """The student's normalised view, undone and made into the teacher's: another size, channels and statistics."""
    from selftaught.runs import teachers

    ours = Preprocessing(12, 1, (0.3,), (0.2,))
    theirs = Preprocessing(24, 3, (0.5, 0.4, 0.3), (0.1, 0.2, 0.3), crop_fraction=0.5)
    pixels = torch.rand(4, 1, 12, 12)
    seen = teachers._AsSeen(ours, theirs)((pixels - 0.3) / 0.2)
    large = nn.functional.interpolate(pixels, size=(24, 24), mode="bilinear", antialias=True)
    expected = (large.expand(-1, 3, -1, -1) - torch.tensor(theirs.mean).view(1, 3, 1, 1)) / torch.tensor(
        theirs.standard_deviation
    ).view(1, 3, 1, 1)
    torch.testing.assert_close(seen, expected, atol=1e-5, rtol=1e-5)  # the whole crop, not its middle half


def test_a_teacher_that_sees_what_the_student_sees_gets_it_untouched(teacher):
    ours = teacher.encoder().preprocessing
    assert load_teacher(str(teacher.path), ours, classifies=True).see is None


def test_the_drawn_labels_stand_at_their_items(folder, teacher):
    labelled = open_images(folder / "labelled.npz", image_size=12).train
    found = drawn_labels(labelled.take(np.arange(SIZE)[::-1]), labelled, "10%", str(teacher.path), 0)
    assert int((found >= 0).sum()) == round(SIZE / 10)
    truth = torch.tensor([0, 1] * (SIZE // 2)).flip(0)
    assert torch.equal(found[found >= 0], truth[found >= 0])


def test_true_labels_reach_the_step(folder, teacher):
    settings = {**FAST, "labels": "10%", "true_label_weight": 0.5, "teacher": str(teacher.path)}
    plan = plan_run("distillation", folder / "labelled.npz", "runs/none", settings=settings)
    assert int((plan.method.labels >= 0).sum()) == round(SIZE / 10)
    with pytest.raises(UserError, match="labels and true_label_weight, or neither"):
        plan_run("distillation", folder / "labelled.npz", "runs/none", settings={**settings, "true_label_weight": 0.0})
    with pytest.raises(UserError, match="have no labels"):
        plan_run("distillation", folder / "bare.npz", "runs/none", settings=settings)


def test_what_is_refused(folder, teacher, tmp_path):
    with pytest.raises(UserError, match="missing --teacher: expected a run of selftaught finetune"):
        plan_run("distillation", folder / "bare.npz", tmp_path / "run", settings=FAST)
    bare = {**FAST, "teacher": str(folder / "encoder")}
    with pytest.raises(UserError, match="holds no classifier"):
        plan_run("distillation", folder / "bare.npz", tmp_path / "run", settings=bare)
    few = {**FAST, "teacher": str(teacher.path), "labels": "5%", "true_label_weight": 0.5}
    with pytest.raises(UserError, match="unknown share of labels"):
        plan_run("distillation", folder / "bare.npz", tmp_path / "run", settings=few)
    with pytest.raises(UserError, match="expected a temperature above 0"):
        distill(teacher, folder / "bare.npz", tmp_path / "run", settings={**FAST, "temperature": 0.0})
    other = write(folder / "other.npz", SIZE, classes=("bright", "unheard"))
    with pytest.raises(UserError, match="knows no class 'unheard'"):
        distill(teacher, other, tmp_path / "run", settings={**FAST, "labels": "all", "true_label_weight": 0.5})
    assert open_run(teacher.path)
