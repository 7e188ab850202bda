import dataclasses
import json
from typing import final

import numpy as np
import pytest
import torch
from torch import nn

from selftaught.core import Encoder, UserError
from selftaught.data import ImageSource, open_images
from selftaught.encoders import Preprocessing
from selftaught.evaluation import evaluate_encoder
from selftaught.extraction import raw_vectors

PREPARE = Preprocessing(image_size=8, channels=1, mean=(0.5,), standard_deviation=(0.25,))


@final
class Mix(Encoder):
    """The pixels on some directions, with batch normalisation and dropout that only training mode would show."""

    width = 6

    def __init__(self, directions: torch.Tensor) -> None:
        super().__init__()
        self.line = nn.Linear(64, 6, bias=False)
        self.line.weight.data = directions
        self.norm, self.drop = nn.BatchNorm1d(6), nn.Dropout()

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        return self.drop(self.norm(self.line(items.flatten(1))))


def stripes(n: int, *, seed: int, labels: bool = True) -> ImageSource:
    """Noise, with one of six rows a little brighter: the class."""
    generator = np.random.default_rng(seed)
    classes = generator.integers(6, size=n)
    images = generator.integers(0, 200, size=(n, 8, 8), dtype=np.uint8)
    images[np.arange(n), classes] += 55
    plain = open_images(images).train
    return dataclasses.replace(plain, labels=classes) if labels else plain


def encoders() -> tuple[Mix, Mix]:
    rows = torch.eye(8).repeat_interleave(8, 1)[:6] / 8  # what a good encoder finds: the mean of each row
    return Mix(rows), Mix(torch.randn(6, 64, generator=torch.Generator().manual_seed(0)) / 8)


def test_a_good_encoder_is_found_out():
    good, start = encoders()
    found = evaluate_encoder(good, start, PREPARE, stripes(400, seed=0), stripes(200, seed=1))
    answer = json.loads(json.dumps(found.as_json()))
    assert list(answer)[:4] == ["protocols", "controls", "verdict", "items"]
    assert list(answer["controls"]) == ["random_start", "raw_input"]
    for figures in (answer["protocols"], *answer["controls"].values()):
        assert list(figures) == ["knn", "linear"]
        assert list(figures["linear"]) == ["100", "1%", "10%", "all"]
    assert answer["items"] == {"train": 400, "test": 200}
    assert answer["protocols"]["knn"]["accuracy"] > 0.85
    assert answer["controls"]["random_start"]["knn"]["accuracy"] < 0.5
    assert answer["verdict"].startswith("Pre-training helped, compared with random start")
    assert answer["notes"] == ["1%: 1% of 400 labels are 4, fewer than the 6 classes"]
    assert len(answer["draws"]["encoder"]["100"]["accuracies"]) == 5
    assert found.test_vectors.shape == (200, 6)
    assert found.protocols["encoder"].truth.shape == (200,)


def test_two_equal_encoders_do_not_differ():
    good, _ = encoders()
    found = evaluate_encoder(good, good, PREPARE, stripes(200, seed=0), stripes(100, seed=1))
    assert found.as_json()["protocols"] == found.as_json()["controls"]["random_start"]
    assert found.verdict.startswith("Pre-training made no difference beyond the spread")
    assert "within the spread" in found.verdict


def test_a_raw_input_that_is_better_is_said():
    _, start = encoders()
    train, test = stripes(400, seed=0), stripes(200, seed=1)
    found = evaluate_encoder(start, start, PREPARE, train, test)
    assert found.as_json()["controls"]["raw_input"]["linear"]["all"]["mean"] > 0.8
    assert "but the raw input does better still" in found.verdict


def test_the_control_is_the_raw_input():
    good, start = encoders()
    source = stripes(100, seed=0)
    found = evaluate_encoder(good, start, PREPARE, source, source)
    raw = raw_vectors(PREPARE, source)
    torch.testing.assert_close(raw, (source.batch(range(100)).pixels.float().flatten(1) / 255 - 0.5) / 0.25)
    similarity = nn.functional.normalize(raw) @ nn.functional.normalize(raw).T
    assert (similarity.argmax(1) == torch.arange(100)).all()
    assert found.protocols["raw_input"].linear["all"].mean > 0.9


def test_without_test_images_a_fifth_is_kept():
    good, start = encoders()
    found = evaluate_encoder(good, start, PREPARE, stripes(250, seed=0), seed=3)
    assert found.as_json()["items"] == {"train": 200, "test": 50}
    assert found.rows is not None
    assert not set(found.rows.train) & set(found.rows.test)
    assert "stratified fifth" in found.notes[0]


def test_without_labels():
    good, start = encoders()
    found = evaluate_encoder(good, start, PREPARE, stripes(250, seed=0, labels=False))
    answer = json.loads(json.dumps(found.as_json()))
    nothing = {"mean": None, "std": None, "interval": None}
    none = {"accuracy": None, "interval": None}
    empty = {"knn": none, "linear": {"100": nothing, "1%": nothing, "10%": nothing, "all": nothing}}
    assert answer["protocols"] == empty
    assert answer["controls"] == {"random_start": empty, "raw_input": empty}
    assert answer["items"] == {"train": 250, "test": 0}
    assert answer["verdict"].startswith("Whether pre-training helped cannot be said: the images have no labels")
    assert 1 < answer["label_free"]["encoder"]["rankme"] <= 6
    assert answer["draws"] == {}


def test_encoders_are_left_as_they_were():
    good, start = encoders()
    good.drop.eval()
    before = {name: tensor.clone() for name, tensor in good.state_dict().items()}
    evaluate_encoder(good, start, PREPARE, stripes(100, seed=0))
    assert (good.training, good.norm.training, good.drop.training) == (True, True, False)
    for name, tensor in good.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_a_collapsed_encoder_is_named():
    _, start = encoders()
    collapsed = Mix(torch.zeros(6, 64))
    found = evaluate_encoder(collapsed, start, PREPARE, stripes(250, seed=0), stripes(200, seed=1))
    assert found.label_free["encoder"].collapsed
    assert "the encoder has collapsed: it gives all images nearly the same vector" in found.notes
    assert found.protocols["encoder"].linear["all"].mean < 0.4


def test_a_diverged_encoder_is_refused():
    good, start = encoders()
    good.line.weight.data[0] = torch.nan
    with pytest.raises(UserError, match="finite vectors of the encoder, got inf or nan in 30 of 30"):
        evaluate_encoder(good, start, PREPARE, stripes(30, seed=0))
