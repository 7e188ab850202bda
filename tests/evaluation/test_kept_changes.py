"""Probes that must tell changes apart where a vector holds them, and cannot where it does not."""

import json
from typing import final

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegressionCV
from torch import nn

from selftaught.core import UserError
from selftaught.data import open_images, open_texts
from selftaught.encoders import Preprocessing, TextPreprocessing
from selftaught.evaluation.chosen_probe import fit_chosen
from selftaught.evaluation.kept_changes import CHANGES, measure_kept_changes
from selftaught.parts.word_pieces import train_tokenizer

PREPARE = Preprocessing(image_size=32, channels=3, mean=(0.5,) * 3, standard_deviation=(0.25,) * 3)


def images(n: int = 200):
    """Orange above, blue below, and a little of everything."""
    base = torch.tensor([0.8, 0.4, 0.1]).view(1, 3, 1, 1).repeat(n, 1, 8, 8)
    base[:, :, 4:] = torch.tensor([0.1, 0.3, 0.7]).view(1, 3, 1, 1)
    return open_images(
        (base + torch.rand(base.shape, generator=torch.Generator().manual_seed(0)) * 0.1).clamp(0, 1)
    ).train


@final
class Facts(nn.Module):
    """How colourful an image is, how bright its sides are, and how much neighbours differ."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout()

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        colourful = items.std(1).mean((1, 2))
        sides = [items[:, :1, :16].mean((1, 2, 3)), items[:, :1, :, :16].mean((1, 2, 3)), items[:, :1].mean((1, 2, 3))]
        rough = [items.diff(dim=2).abs().mean((1, 2, 3)), items.diff(dim=2).abs().amax((1, 2, 3))]
        return self.drop(torch.stack([colourful, *sides, *rough], 1))


@final
class Nothing(nn.Module):
    """Looks at nothing: what a projection gives that has forgotten all."""

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return torch.ones(len(vectors), 2)


def test_what_is_there_is_found_and_what_is_gone_is_not():
    encoder = Facts()
    found = measure_kept_changes(encoder, Nothing(), PREPARE, images())
    assert encoder.training
    assert list(found.changes) == list(CHANGES) == ["greyscale", "rotation", "noise", "sobel", "blur"]
    for name, each in found.changes.items():
        assert each.chance == (0.25 if name == "rotation" else 0.5)
        assert each.encoder_accuracy > 0.95
        assert each.projection_accuracy == pytest.approx(each.chance)
    assert found.items == (160, 40)
    answer = json.loads(json.dumps(found.as_json()))
    assert answer["changes"]["rotation"]["chance"] == 0.25
    assert answer["left_out"] == {}


def test_a_projection_forgets_one_thing():
    class WithoutColour(nn.Module):
        def forward(self, vectors: torch.Tensor) -> torch.Tensor:
            return vectors[:, 4:]

    found = measure_kept_changes(Facts(), WithoutColour(), PREPARE, images())
    assert found.changes["rotation"].encoder_accuracy > 0.95
    assert found.changes["rotation"].projection_accuracy < 0.75
    assert found.changes["blur"].projection_accuracy > 0.95


def test_versions_are_what_they_are_called():
    pixels = images(4).batch(range(4)).pixels
    generator = torch.Generator().manual_seed(0)
    assert all(torch.equal(versions[0](pixels, generator), pixels) for versions in CHANGES.values())
    assert CHANGES["greyscale"][1](pixels, generator).std(1).max() < 1e-6
    turns = [version(pixels, generator) for version in CHANGES["rotation"]]
    assert all(torch.equal(turn, pixels.rot90(quarters, (2, 3))) for quarters, turn in enumerate(turns))
    noise = CHANGES["noise"][1](torch.full((50, 3, 8, 8), 0.5), generator) - 0.5
    assert float(noise.std()) == pytest.approx(0.1, rel=0.05)
    assert CHANGES["sobel"][1](torch.full((1, 3, 8, 8), 0.5), generator).max() < 1e-6
    assert CHANGES["blur"][1](pixels, generator).diff(dim=3).abs().mean() < pixels.diff(dim=3).abs().mean()


def test_without_colours_and_without_a_projection():
    grey = open_images(torch.rand(50, 1, 8, 8, generator=torch.Generator().manual_seed(0))).train
    prepare = Preprocessing(8, 1, (0.5,), (0.25,))
    found = measure_kept_changes(nn.Flatten(), None, prepare, grey, most_items=30)
    assert set(found.left_out) == {"greyscale"}
    assert found.changes["sobel"].encoder_accuracy > 0.9
    assert found.changes["sobel"].projection_accuracy is None
    assert found.items == (24, 6)
    assert found == measure_kept_changes(nn.Flatten(), None, prepare, grey, most_items=30)


def test_what_is_refused():
    with pytest.raises(UserError, match="at least 10 images, got 9"):
        measure_kept_changes(Facts(), None, PREPARE, images(9))
    texts = ["one two", "three four"] * 10
    prepare = TextPreprocessing(train_tokenizer(texts, vocabulary_size=60), max_tokens=8)
    with pytest.raises(UserError, match="kept changes: expected an encoder of images"):
        measure_kept_changes(Facts(), None, prepare, open_texts(texts).train)


def test_the_probe_is_as_good_as_its_peer():
    """A probe with its penalty chosen on held-out labels against scikit-learn's cross-validation of the same model."""
    generator = np.random.default_rng(0)
    directions = generator.normal(size=(3, 20))
    labels = np.arange(900) % 3
    vectors = directions[labels] * 0.4 + generator.normal(size=(900, 20))
    peer = LogisticRegressionCV(Cs=13, cv=5, use_legacy_attributes=False, l1_ratios=(0.0,), scoring="neg_log_loss")
    peer = peer.fit(vectors[:600], labels[:600])
    probe = fit_chosen(torch.from_numpy(vectors[:600]), torch.from_numpy(labels[:600]))
    ours = (probe.predict(torch.from_numpy(vectors[600:])).numpy() == labels[600:]).mean()
    assert ours == pytest.approx((peer.predict(vectors[600:]) == labels[600:]).mean(), abs=0.02)
