import dataclasses
import threading
from typing import final

import numpy as np
import pytest
import torch
from torch import nn

from selftaught.core import Encoder, ImageBatch, UserError
from selftaught.data import ImageSource, open_images, open_texts
from selftaught.encoders import Preprocessing, TextPreprocessing, TextTransformer
from selftaught.extraction import RawInput, extract, extract_each, extract_positions, raw_vectors
from selftaught.parts.word_pieces import train_tokenizer

PREPARE = Preprocessing(image_size=8, channels=3, mean=(0.5,) * 3, standard_deviation=(0.25,) * 3)


@final
class Small(Encoder):
    """Batch normalisation and dropout, which show whether the mode is right, and what came in."""

    width = 5

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.norm = nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5)
        self.drop = nn.Dropout()
        self.norm.running_mean += 0.3
        self.seen: list[torch.Tensor] = []

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        self.seen.append(items)
        return self.drop(self.norm(self.convolution(items))).mean((2, 3))


def images(n: int = 20) -> ImageSource:
    return open_images(np.random.default_rng(0).integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)).train


@final
@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Broken(ImageSource):
    """Reads one batch, then fails; remembers from which threads it was asked."""

    threads: list[int]
    failing: bool = True

    def read(self, stored: np.ndarray) -> ImageBatch:
        self.threads.append(threading.get_ident())
        if self.failing and len(self.threads) > 1:
            raise OSError("disk gone")
        return ImageBatch.of(torch.zeros(len(stored), 3, 8, 8, dtype=torch.uint8))


def test_each_vector_depends_on_its_image_alone():
    torch.manual_seed(0)
    encoder, source = Small(), images()
    whole = extract(encoder, PREPARE, source, batch_size=20)
    for size in (1, 3, 7):
        torch.testing.assert_close(extract(encoder, PREPARE, source, batch_size=size), whole, rtol=0, atol=1e-6)
    backwards = extract(encoder, PREPARE, source.take(range(19, -1, -1)), batch_size=7)
    torch.testing.assert_close(backwards.flip(0), whole, rtol=0, atol=1e-6)
    encoder.eval()
    with torch.no_grad():
        expected = torch.stack([encoder(PREPARE(source.batch([row])))[0] for row in range(20)])
    torch.testing.assert_close(whole, expected, rtol=0, atol=1e-6)


def test_nothing_of_the_encoder_changes():
    encoder = Small()
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    vectors = extract(encoder, PREPARE, images(), batch_size=4)
    assert encoder.training
    assert all(module.training for module in encoder.modules())
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert not vectors.requires_grad
    encoder(torch.randn(4, 3, 8, 8)).sum().backward()  # still trains
    assert all(weight.grad is not None for weight in encoder.parameters())


def test_inputs_are_channels_last():
    encoder = Small()
    extract(encoder, PREPARE, images(), batch_size=10)
    assert [len(items) for items in encoder.seen] == [10, 10]
    assert all(items.is_contiguous(memory_format=torch.channels_last) for items in encoder.seen)


def test_bfloat16_gives_float32_vectors_nearby():
    torch.manual_seed(0)
    encoder = Small()
    full = extract(encoder, PREPARE, images())
    half = extract(encoder, PREPARE, images(), precision=torch.bfloat16)
    assert half.dtype == full.dtype == torch.float32
    assert 0 < (half - full).abs().max() < 0.05


def test_large_images_come_in_small_batches():
    prepare = dataclasses.replace(PREPARE, image_size=512)
    encoder = Small()
    extract(encoder, prepare, images(25))
    assert max(len(items) for items in encoder.seen) * 3 * 512**2 <= 2**24


def test_several_networks_share_one_reading():
    torch.manual_seed(0)
    encoder, source = Small(), images()
    vectors, raw, again = extract_each([encoder, RawInput(), encoder], PREPARE, source, batch_size=6)
    torch.testing.assert_close(vectors, extract(encoder, PREPARE, source))
    torch.testing.assert_close(vectors, again)
    torch.testing.assert_close(raw, raw_vectors(PREPARE, source))
    assert encoder.training


def test_raw_vectors_are_the_pixels():
    source = images()
    expected = ((source.batch(range(20)).pixels.float() / 255 - 0.5) / 0.25).flatten(1)
    torch.testing.assert_close(raw_vectors(PREPARE, source), expected)


def test_large_raw_images_are_averaged_over_areas():
    items = torch.arange(64 * 64.0).view(1, 1, 64, 64)
    expected = items.unfold(2, 2, 2).unfold(3, 2, 2).mean((4, 5)).flatten(1)
    torch.testing.assert_close(RawInput()(items), expected)


def test_the_next_batch_is_read_in_another_thread():
    source = Broken(
        name="slow",
        channels=3,
        size=(8, 8),
        keys=[str(i) for i in range(6)],
        rows=np.arange(6),
        threads=[],
        failing=False,
    )
    assert extract(Small(), PREPARE, source, batch_size=2).shape == (6, 5)
    assert len(source.threads) == 3
    assert set(source.threads) != {threading.get_ident()}
    assert len(set(source.threads)) == 1


def test_errors_while_reading_reach_the_caller():
    encoder = Small()
    source = Broken(name="b", channels=3, size=(8, 8), keys=["a", "b", "c"], rows=np.arange(3), threads=[])
    with pytest.raises(OSError, match="disk gone"):
        extract(encoder, PREPARE, source, batch_size=1)
    assert encoder.training


def test_an_empty_source_is_refused():
    with pytest.raises(UserError, match="at least one image"):
        extract(Small(), PREPARE, images().take([]))


def test_progress_counts_batches():
    seen: list[tuple[str, int | None]] = []

    def track(items, what, total=None):
        seen.append((what, total))
        return items

    extract(Small(), PREPARE, images(), batch_size=6, track=track)
    assert seen == [("reading features", 4)]


def test_items_of_different_lengths_come_back_in_their_order():
    texts = [" ".join(["word"] * count) for count in (9, 1, 30, 4, 17)]
    prepare = TextPreprocessing(train_tokenizer(["word words"] * 4, vocabulary_size=40), max_tokens=64)
    torch.manual_seed(0)
    encoder = TextTransformer(vocabulary_size=40, max_tokens=64, width=8, layers=1, heads=2).eval()
    source = open_texts(texts).train
    expected = torch.cat([encoder(prepare(source.batch([row]))) for row in range(5)]).detach()
    assert torch.allclose(extract(encoder, prepare, source, batch_size=2), expected, atol=1e-5)
    vectors, counts = extract_positions(encoder, prepare, source, batch_size=2)
    assert counts.tolist() == [count + 2 for count in (9, 1, 30, 4, 17)]  # with [CLS] and [SEP]
    means = torch.stack([part.mean(0) for part in vectors.split(counts.tolist())])
    assert torch.allclose(means, expected, atol=1e-5)
