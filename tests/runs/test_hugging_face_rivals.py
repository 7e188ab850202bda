"""Networks of transformers beside a run, and as teachers."""

import json

import numpy as np
import pytest
import torch

from selftaught.core import UserError
from selftaught.runs import distill, evaluate, finetune, pretrain
from selftaught.runs.rivals import find_rival

transformers = pytest.importorskip("transformers")

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
FAST = {"epochs": 1, "batch_size": 8, "device": "cpu", "watch_every": 0}


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("vit")
    transformers.ViTModel(transformers.ViTConfig(**SMALL, image_size=32, patch_size=8)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 128, (32, 12, 12, 3), dtype=np.uint8)
    pixels[::2] += 127
    file = tmp_path_factory.mktemp("images") / "images.npz"
    np.savez(file, images=pixels, labels=np.arange(32) % 2)
    return file


def test_images_beside_a_run(vit, images, tmp_path):
    run = pretrain("simclr", images, tmp_path / "run", settings={**FAST, "hidden_width": 16})
    found = evaluate(run, images, protocols="knn", against=vit, device="cpu")["against"]
    assert (found["run"], found["method"]) == (str(vit), None)
    assert found["encoder"].startswith("ViTModel of")
    assert found["encoder"] in found["sentence"]
    assert found["differences"][0]["second"] == found["protocols"]["knn"]["accuracy"]


def test_a_teacher_of_vectors(vit, images, tmp_path):
    settings = {**FAST, "image_size": 12}
    student = distill(vit, images, tmp_path / "student", student="small_resnet", settings=settings)
    assert student.record.method == "simreg"
    assert student.record.values()["teacher"] == str(vit)
    assert not any("teacher" in name for name in student.encoder().encoder.state_dict())


def test_what_it_cannot_be_used_for_is_refused_before_training(vit, images, tmp_path):
    with pytest.raises(UserError, match=r"expected an encoder of selftaught\.encoders, got HuggingFaceImages"):
        finetune(vit, images, tmp_path / "tuned", device="cpu")
    assert not (tmp_path / "tuned").exists()


def test_texts_beside_a_run(tmp_path):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "news", "day", "the", "a"]
    rows = [
        {"text": f"a {('good', 'bad')[row % 2]} {('news', 'day')[row % 3 % 2]}", "label": row % 2} for row in range(40)
    ]
    (tmp_path / "texts.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    folder = tmp_path / "bert"
    configuration = transformers.BertConfig(**SMALL, vocab_size=len(words), max_position_embeddings=20)
    transformers.BertModel(configuration).save_pretrained(folder)
    transformers.BertTokenizerFast(vocab={word: place for place, word in enumerate(words)}).save_pretrained(folder)
    assert find_rival(folder).model.kind == "text"
    settings = {
        **FAST,
        "encoder.width": 16,
        "encoder.heads": 2,
        "encoder.layers": 1,
        "max_tokens": 12,
        "vocabulary_size": 60,
    }
    run = pretrain("bert", tmp_path / "texts.jsonl", tmp_path / "run", settings=settings)
    found = evaluate(run, tmp_path / "texts.jsonl", protocols="knn", against=folder, device="cpu")["against"]
    assert found["encoder"].startswith("BertModel of")
    assert 0 <= found["protocols"]["knn"]["accuracy"] <= 1
