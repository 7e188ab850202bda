"""What the page of a run has to say of single items, for each kind of data."""

import io
import wave

import numpy as np
import pytest
import torch
from torch import nn

from selftaught.core import Graph
from selftaught.data import open_audio, open_graph, open_images, open_texts
from selftaught.runs.comparing_views import view_similarities
from selftaught.runs.kinds import kind_named
from selftaught.runs.kinds.audio import wave_file
from selftaught.runs.mapping import map_of
from selftaught.views import TwoViews

RANDOM = np.random.default_rng(0)


def vectors(count):
    return RANDOM.normal(size=(count, 6)).astype(np.float32)


def test_edges_between_the_nodes_that_are_shown():
    edges = torch.tensor([[0, 1, 2, 3, 4, 4], [1, 0, 3, 3, 2, 0]])  # one both ways, one to itself
    source = open_graph(Graph(torch.eye(5), edges)).train.take([4, 0, 2, 3])
    found = map_of(kind_named("graph"), source, vectors(4))
    joined = {frozenset((source.keys[a], source.keys[b])) for a, b in found.links.tolist()}
    assert joined == {frozenset("23"), frozenset("42"), frozenset("40")}  # none of node 1, which is not shown
    assert found.words[0].startswith("node 4")


def test_recordings_can_be_heard():
    tones = [np.sin(np.arange(int(16_000 * seconds)) / 9).astype(np.float32) for seconds in (0.5, 5.0)]
    found = map_of(kind_named("audio"), open_audio(tones, sample_rate_hz=16_000).train, vectors(2))
    for row, seconds in enumerate((0.5, 3.0)):  # what is longer is cut
        with wave.open(io.BytesIO(found.sounds[row])) as file:
            assert file.getframerate() == 8000
            assert file.getnframes() == pytest.approx(8000 * seconds, abs=1)
    assert len(found.pictures) == 2


def test_very_many_recordings_fit_on_a_page():
    several = [np.ones(4000, np.float32)] * 3000
    kind = kind_named("audio")
    source = open_audio(several, sample_rate_hz=4000).train
    sounds = kind.sounds(source, np.arange(3000))
    assert sum(map(len, sounds.values())) < 4.2e6
    assert len(sounds) == 1000  # half a second of each, evenly spread
    assert np.ptp(np.diff(sorted(sounds))) <= 1


def test_a_wave_file_keeps_the_wave():
    samples = 0.2 * np.sin(np.arange(800) / 20)
    with wave.open(io.BytesIO(wave_file(samples.astype(np.float32), 8000))) as file:
        found = (np.frombuffer(file.readframes(800), np.uint8).astype(float) - 128) / 127
    assert np.abs(found - samples / np.abs(samples).max()).max() < 1 / 127


def test_the_projection_stands_beside():
    source, own = open_texts([f"text {row}" for row in range(30)]).train, vectors(30)
    head = nn.Linear(6, 2)
    found = map_of(kind_named("text"), source, own, head=head)
    assert found.projected.shape == found.positions.shape == (30, 2)
    assert not np.allclose(found.projected, found.positions)
    assert map_of(kind_named("text"), source, own).projected is None
    assert len(np.unique(found.columns["k-means cluster"])) == 10


def test_views_of_one_item_are_compared_with_those_of_all():
    images = open_images(RANDOM.integers(0, 256, (20, 16, 16), dtype=np.uint8)).train
    crop = TwoViews(image_size=16, channels=1)
    found = view_similarities({"a": nn.Flatten(), "b": nn.Flatten()}, {"b": nn.Linear(256, 3)}, images, crop, seed=0)
    assert found["a"].shape == found["b"].shape == (12, 12)
    assert (np.abs(found["b"]) <= 1 + 1e-6).all()
    assert not np.allclose(found["a"], found["b"])
    same = view_similarities({"a": nn.Flatten()}, {}, images, lambda batch, **_: Same(batch), seed=0)
    assert same == {}  # no two views


class Same:
    def __init__(self, batch):
        self.batch = batch
