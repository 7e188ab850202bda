"""Attacks against closed forms: what is the worst within the radius is known for linear models."""

import json
from typing import final

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from selftaught.core import UserError
from selftaught.data import open_images, open_texts
from selftaught.encoders import Preprocessing, SmallResNet, TextPreprocessing
from selftaught.evaluation.attack import RADII, measure_attack, projected_gradient
from selftaught.evaluation.chosen_probe import Readers
from selftaught.extraction import RawInput, extract, extract_each, raw_vectors
from selftaught.parts.word_pieces import train_tokenizer

PREPARE = Preprocessing(image_size=8, channels=1, mean=(0.3,), standard_deviation=(0.2,))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(n: int, *, seed: int = 0, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
    return torch.rand(n, 1, 8, 8, generator=seeded(seed)).double() * (high - low) + low


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 3)).double()


def loss_of(model: nn.Module, labels: torch.Tensor):
    return lambda pixels: F.cross_entropy(model(pixels), labels, reduction="none")


def test_the_worst_of_a_linear_model_is_found():
    weights, labels = torch.randn(64, generator=seeded(1)).double(), torch.arange(20) % 2
    signs = 1.0 - 2 * labels

    def loss(pixels):
        return F.softplus(signs * (pixels.flatten(1) @ weights))

    pixels = images(20)
    for radius in RADII:
        found = projected_gradient(loss, pixels, radius, generator=seeded())
        worst = (pixels + radius * (signs.view(-1, 1) * weights.sign()).view(-1, 1, 8, 8)).clamp(0, 1)
        assert torch.allclose(found, worst, atol=1e-12)


@pytest.mark.parametrize("radius", [1 / 255, 0.1, 0.5])
def test_it_stays_within_the_radius_and_the_range(radius: float):
    pixels, labels = images(30), torch.arange(30) % 3
    found = projected_gradient(loss_of(network(), labels), pixels, radius, generator=seeded())
    assert (found - pixels).abs().max() <= radius + 1e-12
    assert found.min() >= 0
    assert found.max() <= 1


def test_radius_zero_changes_nothing():
    pixels, labels = images(30), torch.arange(30) % 3
    assert torch.equal(projected_gradient(loss_of(network(), labels), pixels, 0, generator=seeded()), pixels)


@pytest.mark.parametrize("radius", [0.02, 0.1, 0.3])
def test_at_least_as_strong_as_one_step(radius: float):
    """Goodfellow's single step of the whole radius is weaker on average; so is a random change; and no item gains."""
    model, pixels, labels = network(), images(100), torch.arange(100) % 3
    loss = loss_of(model, labels)
    here = pixels.clone().requires_grad_()
    (slope,) = torch.autograd.grad(loss(here).sum(), here)
    one_step = (pixels + radius * slope.sign()).clamp(0, 1)
    random = (pixels + radius * (2 * images(100, seed=5) - 1)).clamp(0, 1)
    found = projected_gradient(loss, pixels, radius, generator=seeded())
    assert loss(found).mean() >= loss(one_step).mean() > loss(random).mean()
    assert (loss(found) >= loss(pixels)).all()
    more = projected_gradient(loss, pixels, radius, steps=100, generator=seeded())
    assert loss(more).mean() >= loss(found).mean() - 1e-3


def test_wrong_arguments_are_refused():
    for radius, steps in ((-0.1, 5), (0.1, 0)):
        with pytest.raises(UserError, match="expected a radius"):
            projected_gradient(lambda x: x.sum((1, 2, 3)), images(2), radius, steps=steps, generator=seeded())


def two_classes(n: int = 200):
    """Images around grey, a little brighter or darker: a linear probe on pixels knows both."""
    labels = torch.arange(n) % 2
    pixels = images(n, low=0.3, high=0.5).float() + 0.1 * labels.view(-1, 1, 1, 1)
    return open_images(pixels).train, labels


def test_accuracy_under_attack_is_that_of_the_closed_form():
    source, labels = two_classes()
    vectors = raw_vectors(PREPARE, source)
    radii = (0.0, 0.02, 0.1)
    found = measure_attack(RawInput(), PREPARE, vectors, labels, source, labels, radii=radii)
    probe = Readers.fit(vectors, labels).probe
    weights = (probe.weights[:, 1] - probe.weights[:, 0]) / probe.standard.deviation
    margins = (probe.logits(vectors)[:, 1] - probe.logits(vectors)[:, 0]) * (2 * labels - 1)
    for radius, score in zip(radii, found.scores, strict=True):
        # The normalisation divides by 0.2, so a pixel may move a coordinate by radius / 0.2.
        expected = (margins - radius / 0.2 * weights.abs().sum() > 0).double().mean()
        assert score.probe_accuracy == pytest.approx(float(expected), abs=0.011)
    assert found.scores[0].probe_accuracy == found.clean_probe_accuracy == 1.0
    assert found.scores[0].encoder_drift == pytest.approx(0, abs=1e-9)
    assert found.scores[0].encoder_knn_accuracy == found.clean_knn_accuracy
    assert found.scores[2].probe_accuracy < 0.5
    assert found.scores[2].encoder_drift > found.scores[1].encoder_drift > 0
    answer = json.loads(json.dumps(found.as_json()))
    assert [each["radius"] for each in answer["radii"]] == list(radii)


@final
class Direction(nn.Module):
    """Two numbers: a constant and the mean pixel. The cosine distance has a closed form."""

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        mean = items.mean((1, 2, 3))
        return torch.stack([torch.ones_like(mean), mean], 1)


def test_the_attack_on_the_encoder_goes_as_far_as_it_can():
    plain = Preprocessing(image_size=8, channels=1, mean=(0.0,), standard_deviation=(1.0,))
    source, labels = two_classes()
    (vectors,) = extract_each([Direction()], plain, source)
    (score,) = measure_attack(Direction(), plain, vectors, labels, source, labels, radii=(0.05,)).scores
    means = vectors[:, 1].double()
    up, down = (1 - (means.atan() - (means + change).atan()).cos() for change in (0.05, -0.05))
    # From its random start each image climbs to one of the two ends, of which one is a little farther.
    assert float(up.minimum(down).mean()) * 0.999 <= score.encoder_drift <= float(up.maximum(down).mean()) * 1.001


def test_a_network_is_left_as_it_was():
    prepare = Preprocessing(image_size=16, channels=1, mean=(0.3,), standard_deviation=(0.2,))
    encoder = SmallResNet(channels=1, image_size=16).train()
    labels = torch.arange(40) % 2
    pixels = torch.rand(40, 1, 16, 16, generator=seeded()) * 0.5 + 0.4 * labels.view(-1, 1, 1, 1)
    source = open_images(pixels).train
    vectors = extract(encoder, prepare, source)
    before = {name: each.clone() for name, each in encoder.state_dict().items()}
    found = measure_attack(encoder, prepare, vectors, labels, source, labels, steps=5, most_items=20)
    assert found.items == 20
    assert encoder.training
    assert all(torch.equal(each, before[name]) for name, each in encoder.state_dict().items())
    assert all(weight.grad is None for weight in encoder.parameters())
    again = measure_attack(encoder, prepare, vectors, labels, source, labels, steps=5, most_items=20)
    assert again == found


def test_texts_have_no_pixels():
    texts = ["one two", "three four"] * 4
    prepare = TextPreprocessing(train_tokenizer(texts, vocabulary_size=60), max_tokens=8)
    source, labels = open_texts(texts).train, torch.arange(8) % 2
    with pytest.raises(UserError, match="attack: expected an encoder of images, got one that takes TextPreprocessing"):
        measure_attack(nn.Identity(), prepare, torch.rand(8, 2), labels, source, labels)
