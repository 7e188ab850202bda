"""A tint that tells the class in training and lies in the test: encoders that see only it, and that do not see it."""

import json
from typing import final

import numpy as np
import pytest
import torch
from torch import nn

from selftaught.core import UserError
from selftaught.data import open_images, open_texts
from selftaught.encoders import Preprocessing, TextPreprocessing
from selftaught.evaluation.spurious_cue import TintedSource, measure_spurious_cue, tints
from selftaught.parts.word_pieces import train_tokenizer

PREPARE = Preprocessing(image_size=8, channels=3, mean=(0.3,) * 3, standard_deviation=(0.2,) * 3)


@final
class Colour(nn.Module):
    """The mean of each channel: only the tint."""

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        return items.mean((2, 3))


@final
class Shape(nn.Module):
    """Differences between the halves of the image: a tint cancels out."""

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        rows, columns = items.mean((1, 3)), items.mean((1, 2))
        return torch.stack([rows[:, :4].sum(1) - rows[:, 4:].sum(1), columns[:, :4].sum(1) - columns[:, 4:].sum(1)], 1)


def bars(n: int = 400, channels: int = 3):
    """Noise with one side brighter: top, bottom, left or right is the class."""
    labels = torch.arange(n) % 4
    images = torch.rand(n, channels, 8, 8, generator=torch.Generator().manual_seed(0)) * 0.3
    sides = [np.s_[:, :4], np.s_[:, 4:], np.s_[:, :, :4], np.s_[:, :, 4:]]
    for image, label in zip(images, labels.tolist(), strict=True):
        image[sides[label]] += 0.4
    return open_images(images).train, labels


def test_colours_differ():
    for classes, channels in ((10, 3), (10, 1), (100, 3), (4, 5)):
        found = tints(classes, channels)
        assert found.shape == (classes, channels)
        assert 0 <= found.min()
        assert found.max() <= 1
        assert len(np.unique(found.round(5), axis=0)) == classes


def test_images_are_blended_with_their_colour():
    source, _ = bars(10)
    colours = np.random.default_rng(0).random((10, 3)).astype(np.float32)
    tinted = TintedSource.of(source, colours, strength=0.25)
    rows = [7, 2, 2]
    expected = 0.75 * source.batch(rows).pixels + 0.25 * torch.from_numpy(colours[rows])[:, :, None, None]
    assert torch.allclose(tinted.batch(rows).pixels, expected)
    assert torch.allclose(tinted.take(rows).batch([1]).pixels, expected[1:2]), "a colour follows its image"
    few = source.take([9, 4])
    expected = 0.75 * few.batch([1]).pixels + 0.25 * torch.from_numpy(colours[:2])[1][:, None, None]
    assert torch.allclose(TintedSource.of(few, colours[:2], strength=0.25).batch([1]).pixels, expected)


def test_who_sees_only_colour_is_misled():
    source, labels = bars()
    found = measure_spurious_cue(Colour(), PREPARE, source, labels, source, labels)
    assert found.clean_accuracy < 0.5
    assert found.tinted_accuracy == 1.0
    assert (found.broken_accuracy, found.misled, found.drop) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize("channels", [1, 3])
def test_who_sees_no_colour_is_not(channels: int):
    source, labels = bars(channels=channels)
    prepare = Preprocessing(8, channels, (0.3,) * channels, (0.2,) * channels)
    found = measure_spurious_cue(
        Shape(), prepare, source, labels + 3, source, labels + 3, most_train=200, most_test=100
    )
    assert found.items == (200, 100)
    assert found.clean_accuracy == found.tinted_accuracy == found.untinted_accuracy == found.broken_accuracy == 1.0
    assert (found.drop, found.misled) == (0.0, 0.0)
    assert json.loads(json.dumps(found.as_json()))["items"] == {"train": 200, "test": 100}


def test_a_class_that_nobody_taught_is_wrong():
    source, labels = bars()
    found = measure_spurious_cue(Shape(), PREPARE, source, labels, source, torch.where(labels == 0, -1, labels))
    assert found.clean_accuracy == 0.75


def test_what_is_refused():
    source, labels = bars(20)
    with pytest.raises(UserError, match="strength"):
        measure_spurious_cue(Shape(), PREPARE, source, labels, source, labels, strength=0.0)
    with pytest.raises(UserError, match="3 for 20 and 20 for 20"):
        measure_spurious_cue(Shape(), PREPARE, source, labels[:3], source, labels)
    texts = ["one two", "three four"] * 4
    prepare = TextPreprocessing(train_tokenizer(texts, vocabulary_size=60), max_tokens=8)
    with pytest.raises(UserError, match="spurious cue: expected an encoder of images"):
        measure_spurious_cue(Shape(), prepare, open_texts(texts).train, labels[:8], source, labels)
