"""VideoColorization against the paper's loops on the encoder's own vectors, and wrong versions that they reject."""

from dataclasses import replace

import pytest
import torch
from descent import descend
from oracles import copying as oracle
from torch.nn import functional as F

from selftaught.core import ColouredClips, UserError
from selftaught.encoders import FrameResNet
from selftaught.methods import VideoColorization
from selftaught.objectives import copied_error
from selftaught.testing import ExampleEncoder

COLOURS, DOUBT = 5, 1e-3


def build(kind=VideoColorization, *, lightness_only=True, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = FrameResNet(image_size=16, width=8, middle_width=8, lightness_only=lightness_only)
        return kind(encoder, **options).double()


def views(count=3, seed=0):
    example = ColouredClips.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def accepts(kind, temperature=0.7):
    """Whether the energies are the paper's, target by target, and the loss is their mean."""
    method, asked = build(kind, temperature=temperature), views()
    places = method.encoder.local(asked.frames).detach()  # (n, 4 * 16, 8)
    expected = []
    for item, found in enumerate(places.tolist()):
        colours = [asked.target_colours[item].tolist(), asked.reference_colours[item].tolist()]
        numbers = {"labels": COLOURS, "temperature": temperature, "doubt": DOUBT}
        errors = oracle.errors(found[48:], found[:48], *colours, **numbers)
        expected.append(sum(errors) / len(errors))
    loss = method.step(asked).loss
    if abs(loss.item() - sum(expected) / len(expected)) > 1e-10:
        return False
    return torch.allclose(method.energy(asked), torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-10)


class SoftmaxOverTargetPositions(VideoColorization):
    def _errors(self, asked, target, reference):
        weights = (target @ reference.transpose(1, 2) / self.temperature).softmax(1)
        return self._of_mixture(asked, weights)

    def _of_mixture(self, asked, weights):
        mixture = weights @ F.one_hot(asked.reference_colours, COLOURS).double()
        true = mixture.gather(2, asked.target_colours[:, :, None])[:, :, 0]
        return -((1 - DOUBT) * true + DOUBT / COLOURS).log()


class NoExponentialBelow(SoftmaxOverTargetPositions):
    def _errors(self, asked, target, reference):
        logits = target @ reference.transpose(1, 2) / self.temperature
        return self._of_mixture(asked, logits.exp() / logits.sum(2, keepdim=True).abs())


class DoubleSoftmax(VideoColorization):
    def _errors(self, asked, target, reference):
        weights = (target @ reference.transpose(1, 2) / self.temperature).softmax(2)
        mixture = weights @ F.one_hot(asked.reference_colours, COLOURS).double()
        return F.cross_entropy(mixture.transpose(1, 2), asked.target_colours, reduction="none")


class OneReferenceFrame(VideoColorization):
    def _errors(self, asked, target, reference):
        numbers = {"labels": COLOURS, "temperature": self.temperature}
        last = asked.reference_colours[:, -16:]
        return copied_error(target, reference[:, -16:], asked.target_colours, last, **numbers)


class FrameByFrame(VideoColorization):
    """Image colourisation: the colour of each place from the vector of that place alone."""

    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.classify = torch.nn.Linear(encoder.width, COLOURS)

    def _errors(self, asked, target, reference):
        return F.cross_entropy(self.classify(target).transpose(1, 2), asked.target_colours, reduction="none")


class CopiesFromItself(VideoColorization):
    """The target is among its own references."""

    def _errors(self, asked, target, reference):
        numbers = {"labels": COLOURS, "temperature": self.temperature}
        colours = torch.cat([asked.reference_colours, asked.target_colours], 1)
        return copied_error(target, torch.cat([reference, target], 1), asked.target_colours, colours, **numbers)


WRONG = [
    SoftmaxOverTargetPositions,
    NoExponentialBelow,
    DoubleSoftmax,
    OneReferenceFrame,
    FrameByFrame,
    CopiesFromItself,
]


def test_the_loss_is_the_papers():
    assert accepts(VideoColorization)


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_versions_are_rejected(wrong):
    assert not accepts(wrong)


def follows_the_references(kind):
    """Whether other names for the colours of all frames of a clip change nothing: they are copied, not known."""
    method, asked = build(kind).eval(), views()
    renamed = replace(asked, colours=(asked.colours + 1) % COLOURS)
    return torch.allclose(method.energy(asked), method.energy(renamed))


def test_colours_are_copied_and_not_known():
    assert follows_the_references(VideoColorization)
    assert not follows_the_references(FrameByFrame)


def energy_of_other_colours(method):
    """The energies of clips, and of the same clips in other colours of the same lightness."""
    light = torch.rand(2, 4, 1, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    grey = light.expand(-1, -1, 3, -1, -1)
    luma = torch.tensor([0.212671, 0.715160, 0.072169], dtype=torch.float64).view(3, 1, 1)
    linear = ((grey * 0.4 + 0.3 + 0.055) / 1.055) ** 2.4
    tint = torch.tensor([0.04, 0.0, 0.0], dtype=torch.float64).view(3, 1, 1)
    moved = linear + tint - (tint * luma).sum() / luma.sum()  # of the same luminance, and so the same L
    plain, tinted = (1.055 * each ** (1 / 2.4) - 0.055 for each in (linear, moved))
    asked = views(2)
    return [method.energy(replace(asked, frames=frames)) for frames in (plain, tinted)]


def test_the_encoder_does_not_see_what_it_is_asked():
    assert torch.allclose(*energy_of_other_colours(build().eval()), atol=1e-4)
    assert not torch.allclose(*energy_of_other_colours(build(lightness_only=False).eval()), atol=1e-4)


def test_a_few_steps_teach_it_and_energies_of_wrong_pairs_are_higher():
    method, asked = build(), views(16)
    before = method.step(asked).loss.item()
    for _ in range(30):
        step = method.step(asked)
        descend(method, step)
    assert step.loss.item() < 0.6 * before
    method.eval()
    own = method.energy(asked)
    for name, wrong in asked.mismatched().items():
        assert (method.energy(wrong) > own).double().mean() > 0.8, name
    found, chance = method.step(asked), method.chance(asked)
    assert found.losses["colour"] < chance["colour"]
    assert found.metrics["colour_accuracy"] > chance["colour_accuracy"]


def test_a_guess_copies_from_all_places_alike():
    asked = views(4)
    shares = F.one_hot(asked.reference_colours, COLOURS).double().mean(1)  # (n, colours)
    true = shares.gather(1, asked.target_colours)
    chance = build().chance(asked)
    assert chance["colour"] == pytest.approx(float(-((1 - DOUBT) * true + DOUBT / COLOURS).log().mean()))
    likeliest = (shares.argmax(1)[:, None] == asked.target_colours).double().mean()
    assert chance["colour_accuracy"] == pytest.approx(float(likeliest))


def test_what_does_not_fit_is_refused():
    with pytest.raises(UserError, match="expected an encoder with a vector for every place, got ExampleEncoder"):
        VideoColorization(ExampleEncoder())
    with pytest.raises(UserError, match="temperature: expected a number above 0, got 0"):
        build(temperature=0.0)
    asked = views()
    with pytest.raises(UserError, match="expected a colour for each of the encoder's 64 places in 4 frames, got 4"):
        build().step(replace(asked, colours=asked.colours[:, :, ::2, ::2]))
