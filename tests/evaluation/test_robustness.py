"""Corrupted test items, measured: an encoder that a corruption cannot touch, one that it destroys, and every kind."""

import json
from typing import final

import numpy as np
import pytest
import torch
from torch import nn

from selftaught.core import Graph, UserError
from selftaught.data import open_audio, open_graph, open_images, open_texts
from selftaught.encoders import GraphPreprocessing, Preprocessing, TextPreprocessing
from selftaught.encoders.audio_preprocessing import AudioPreprocessing
from selftaught.evaluation.corruptions import corruptions_of
from selftaught.evaluation.robustness import cosine_drift, measure_corruptions
from selftaught.extraction import RawNodes, extract_each
from selftaught.extraction.log_mel import LogMel
from selftaught.extraction.tf_idf import TfIdf
from selftaught.parts.word_pieces import train_tokenizer

PREPARE = Preprocessing(image_size=16, channels=1, mean=(0.3,), standard_deviation=(0.2,))


@final
class Brightness(nn.Module):
    """The mean of the image in each quarter, in the units that the preparation gives."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout()

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        return self.drop(nn.functional.adaptive_avg_pool2d(items, 2).flatten(1))


def quarters(n: int = 120):
    """Grey images, one of whose quarters is brighter: the class."""
    labels = torch.arange(n) % 4
    images = torch.full((n, 1, 2, 2), 0.3)
    images.flatten(1)[torch.arange(n), labels] = 0.6
    noise = torch.rand(n, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 0.05
    return open_images(images.repeat_interleave(8, 2).repeat_interleave(8, 3) + noise).train, labels


def brighter(images, severity, generator):
    return images + 0.01 * severity


def black(images, severity, generator):
    return torch.zeros_like(images)


def test_what_a_corruption_does_is_what_is_measured():
    source, labels = quarters()
    encoder = Brightness()
    (vectors,) = extract_each([encoder], PREPARE, source)
    changes = {"brighter": brighter, "black": black, "none": lambda images, severity, generator: images}
    found = measure_corruptions(encoder, PREPARE, vectors, labels, source, labels, corruptions=changes)
    assert encoder.training
    assert (found.clean_probe_accuracy, found.clean_knn_accuracy) == (1.0, 1.0)
    assert found.corruptions["none"].drifts == pytest.approx((0.0,) * 5, abs=1e-9)
    assert found.corruptions["none"].probe_accuracies == (1.0,) * 5
    assert found.corruptions["black"].probe_accuracies == pytest.approx((0.25,) * 5)
    assert found.corruptions["black"].knn_accuracies == pytest.approx((0.25,) * 5)
    moved = [cosine_drift(vectors, vectors + 0.01 * severity / 0.2) for severity in range(1, 6)]
    assert found.corruptions["brighter"].drifts == pytest.approx(moved, rel=1e-4)
    answer = json.loads(json.dumps(found.as_json()))
    assert answer["mean"]["probe"] == pytest.approx(
        (5 * 1.0 + 5 * 0.25 + sum(answer["corruptions"]["brighter"]["probe"])) / 15
    )
    assert answer["severities"] == [1, 2, 3, 4, 5]


def test_the_sample_and_the_seed_decide():
    source, labels = quarters()
    (vectors,) = extract_each([Brightness()], PREPARE, source)
    noise = {"gaussian_noise": corruptions_of("images")["gaussian_noise"]}

    def drifts(seed: int):
        found = measure_corruptions(
            Brightness(), PREPARE, vectors, labels, source, labels, corruptions=noise, most_items=50, seed=seed
        )
        assert found.items == 50
        return found.corruptions["gaussian_noise"].drifts

    assert drifts(0) == drifts(0)
    assert drifts(0) != drifts(1)
    assert drifts(0)[4] > drifts(0)[0] > 0


def test_wrong_sizes_are_refused():
    source, labels = quarters()
    with pytest.raises(UserError, match="one label a test item, got 3 for 120"):
        measure_corruptions(Brightness(), PREPARE, torch.rand(120, 4), labels, source, labels[:3])


def test_labels_are_any_integers_and_unknown_ones_are_wrong():
    source, labels = quarters()
    (vectors,) = extract_each([Brightness()], PREPARE, source)
    test_labels = torch.where(labels == 3, -1, labels + 7)
    found = measure_corruptions(
        *(Brightness(), PREPARE, vectors, labels + 7, source, test_labels), corruptions={"brighter": brighter}
    )
    assert found.clean_probe_accuracy == 0.75


def test_recordings():
    rates = [200 + 300 * (number % 2) for number in range(40)]
    sounds = [np.sin(np.arange(2000 + 10 * n) * rate / 8000 * 6.28).astype(np.float32) for n, rate in enumerate(rates)]
    source, prepare = open_audio(sounds, sample_rate_hz=8000).train, AudioPreprocessing(sample_rate_hz=8000)
    labels = torch.arange(40) % 2
    (vectors,) = extract_each([LogMel(8000)], prepare, source)
    found = measure_corruptions(LogMel(8000), prepare, vectors, labels, source, labels)
    assert set(found.corruptions) == {"white_noise", "speed"}
    assert found.clean_probe_accuracy == 1.0
    assert found.corruptions["white_noise"].drifts[4] > found.corruptions["white_noise"].drifts[0] > 0


def test_texts():
    texts = [("good fine nice " if number % 2 else "bad poor weak ") * (2 + number % 3) for number in range(60)]
    source, labels = open_texts(texts).train, torch.arange(60) % 2
    prepare = TextPreprocessing(train_tokenizer(texts, vocabulary_size=80), max_tokens=32)
    encoder = TfIdf.fit(prepare, source)
    (vectors,) = extract_each([encoder], prepare, source)
    found = measure_corruptions(encoder, prepare, vectors, labels, source, labels)
    assert found.clean_probe_accuracy == 1.0
    drifts = found.corruptions["character_noise"].drifts
    assert drifts[4] > drifts[0] > 0


def test_graphs():
    @final
    class Degree(nn.Module):
        def forward(self, items):
            counts = torch.bincount(items.graph.edge_index[1], minlength=len(items.graph.features)).float()
            return torch.stack([counts, torch.ones_like(counts)], 1)[items.rows]

    one, other = torch.randint(60, (2, 400), generator=torch.Generator().manual_seed(0))
    graph = Graph(torch.eye(60), torch.cat([torch.stack([one, other]), torch.stack([other, one])], 1))
    source, labels, prepare = open_graph(graph).train, torch.arange(60) % 2, GraphPreprocessing(features=60)
    for encoder, touched in ((Degree(), True), (RawNodes(), False)):
        (vectors,) = extract_each([encoder], prepare, source)
        found = measure_corruptions(encoder, prepare, vectors, labels, source, labels)
        assert (found.mean_drift > 1e-6) == touched
