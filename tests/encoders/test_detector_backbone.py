"""Detectors of torchvision stand on our encoders: the maps are the encoder's, and what is learned is learned in it."""

import copy
import re
from pathlib import Path

import pytest
import torch
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator

from selftaught.core import UserError
from selftaught.encoders import (
    DetectorBackbone,
    MaskedPerceptron,
    Preprocessing,
    PretrainedEncoder,
    TextPreprocessing,
    build_encoder,
    save_encoder,
)
from selftaught.encoders.detector_backbone import _maps
from selftaught.evaluation.composites import make_composites
from selftaught.evaluation.dense_scores import boxes_of
from selftaught.parts.word_pieces import train_tokenizer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "detection.md"
SIZE = 32
SEEN = Preprocessing(SIZE, 3, (0.4, 0.5, 0.6), (0.2, 0.25, 0.3), 0.875)


def backbone(name: str, **options) -> DetectorBackbone:
    torch.manual_seed(0)
    return DetectorBackbone(PretrainedEncoder(build_encoder(name, channels=3, image_size=SIZE), SEEN), **options)


def composites(n: int) -> tuple[list[torch.Tensor], list[dict[str, torch.Tensor]]]:
    pictures = make_composites(n, image_size=SIZE, channels=3, part="train")
    boxes = boxes_of(pictures.masks)[:, [1, 0, 3, 2]].float()
    targets = [
        {"boxes": box[None], "labels": label[None] + 1} for box, label in zip(boxes, pictures.classes, strict=True)
    ]
    return list(pictures.images), targets


@pytest.mark.parametrize(
    ("name", "maps"),
    [
        ("small_resnet", [(32, 32), (64, 16), (128, 8), (256, 4)]),
        ("resnet10t", [(64, 32), (128, 16), (256, 8), (512, 4)]),
        ("convnext_atto", [(40, 32), (80, 16), (160, 8), (320, 4)]),
        ("small_vit", [(192, 8)]),
    ],
)
def test_the_maps_are_those_of_the_encoder(name, maps):
    made = backbone(name, channels=16).eval()
    images = torch.randn(2, 3, SIZE, SIZE)
    with torch.no_grad():
        found, seen = _maps(made.encoder, images), made(images)
        vectors = made.encoder(images)
        torch.testing.assert_close(found[-1].mean((2, 3)), _pooled(name, made.encoder, images, vectors))
    assert [(each.shape[1], each.shape[2]) for each in found] == maps
    assert list(seen) == [*map(str, range(len(maps))), "pool"]
    assert len(seen) == made.levels
    assert {each.shape[1] for each in seen.values()} == {16}
    assert made.seen["image_mean"] == [0.4, 0.5, 0.6]
    assert (made.seen["min_size"], made.seen["max_size"]) == (SIZE, SIZE)


def _pooled(name, encoder, images, vectors):
    """What the last map's mean must be."""
    if name == "convnext_atto":  # norms what it has pooled
        return encoder.network.forward_features(images).mean((2, 3))
    return encoder.local(images).mean(1) if name == "small_vit" else vectors


@pytest.mark.parametrize("name", ["small_resnet", "resnet10t"])
def test_a_detector_learns_through_the_encoder(name):
    made = backbone(name, channels=32)
    before = copy.deepcopy(made.encoder.state_dict())
    anchors = AnchorGenerator(((4,), (8,), (12,), (16,), (24,)), ((0.5, 1.0, 2.0),) * made.levels)
    fewer = {"box_batch_size_per_image": 32, "rpn_pre_nms_top_n_train": 200, "rpn_post_nms_top_n_train": 100}
    detector = FasterRCNN(made, num_classes=11, rpn_anchor_generator=anchors, **fewer, **made.seen).train()
    images, targets = composites(4)
    optimiser = torch.optim.AdamW(detector.parameters(), lr=1e-3)
    losses: list[float] = []
    for _ in range(8):
        loss = sum(detector(images, targets).values())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0], losses
    after = made.encoder.state_dict()
    assert made.encoder is detector.backbone.encoder
    moved = {key for key in before if not torch.equal(before[key], after[key])}
    assert {key for key, _ in made.encoder.named_parameters() if "conv1.weight" in key} <= moved
    assert not {key for key in moved if "running" in key}, "the statistics of pre-training stay"


def test_the_page_runs_on_an_encoder_from_disk(tmp_path, monkeypatch):
    torch.manual_seed(0)
    encoder = build_encoder("small_resnet", channels=1, image_size=28)
    save_encoder(encoder, Preprocessing(28, 1, (0.3,), (0.3,)), tmp_path / "runs" / "simclr")
    monkeypatch.chdir(tmp_path)
    [block] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    construction, training = block.split("optimiser =", 1)
    names: dict[str, object] = {}
    exec(construction, names)
    held = names["backbone"].encoder.state_dict()
    assert all(torch.equal(tensor, held[key]) for key, tensor in encoder.state_dict().items())
    exec("optimiser =" + training, names)
    losses = names["losses"]
    assert losses[-1] < 0.8 * losses[0]
    assert [sorted(each) for each in names["found"]] == [["boxes", "labels", "scores"]] * 8


def test_what_has_no_maps_is_refused():
    words = TextPreprocessing(train_tokenizer(["one two three four"] * 4, vocabulary_size=60))
    encoder = build_encoder("small_resnet", channels=3, image_size=SIZE)
    with pytest.raises(UserError, match="expected an encoder of images, got one of text"):
        DetectorBackbone(PretrainedEncoder(encoder, words))
    with pytest.raises(UserError, match="with feature maps, such as small_resnet or resnet18, got MaskedPerceptron"):
        DetectorBackbone(PretrainedEncoder(MaskedPerceptron(channels=3, image_size=SIZE), SEEN))
