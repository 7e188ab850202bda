"""VQVAE: the paper's three terms and straight-through gradient, and wrong versions that the same check rejects."""

import copy
from dataclasses import replace

import pytest
import torch
from games import move, same, slopes
from oracles import pixel_error, quantisation
from torch import nn
from torch.nn import functional as F

from selftaught.core import CorruptedImages, LocalEncoder, Step, UserError
from selftaught.encoders import SmallResNet
from selftaught.methods import VQVAE
from selftaught.objectives import squared_error, straight_through, vector_distance
from selftaught.parts import Codebook
from selftaught.testing import ExampleEncoder

SMALL = {"codes": 5, "code_width": 3, "decoder_width": 4}


class Cells(LocalEncoder):
    """The example encoder before it is pooled: 4x4 positions of RGB images of 16x16 pixels."""

    width, channels, image_size = ExampleEncoder.width, 3, 16

    def __init__(self):
        super().__init__()
        self.network = ExampleEncoder().network[:6]

    def local(self, items):
        return self.network(items).flatten(2).transpose(1, 2)

    def forward(self, items):
        return self.local(items).mean(1)


def build(kind=VQVAE, **settings):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        method = kind(Cells(), **{**SMALL, **settings}).double()
        rows = torch.randn(method.codebook.rows.shape, dtype=torch.float64) / 2  # so that several are in use
    with torch.no_grad():
        method.codebook.rows.copy_(rows)
        if method.codebook.decay is not None:
            method.codebook.sums.copy_(rows)
    return method


def views(seed=0, count=8):
    example = CorruptedImages.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def errors(images, asked):
    pairs = zip(images.flatten(1).tolist(), asked.images.flatten(1).tolist(), strict=True)
    return torch.tensor([pixel_error.squared_error(*pair) for pair in pairs], dtype=torch.float64)


def looked_up(method, asked):
    """Vectors, the numbers of their codes by the oracle, and the codes."""
    vectors = method.narrow(method.encoder.local(asked.seen))
    numbers = quantisation.nearest(vectors.flatten(0, 1).tolist(), method.codebook.rows.tolist())
    return vectors, numbers, method.codebook.rows[torch.tensor(numbers).view(8, 16)]


def accepts(kind, decay):
    """Whether losses, perplexity, every slope and the moving means are those of the paper."""
    method = build(kind, codebook_decay=decay)
    means = quantisation.MovingMeans(method.codebook.rows.tolist(), decay or 0.0)
    for turn in range(2):
        asked, twin = views(turn), copy.deepcopy(method)
        vectors, numbers, codes = looked_up(twin, asked)
        entry = codes.detach().requires_grad_(True)
        made = twin.decoder(entry)
        error = (made - asked.images).square().mean()
        (at_the_codes,) = torch.autograd.grad(error, entry, retain_graph=True)
        step = method.step(asked)
        distance = quantisation.vector_distance(vectors.flatten(0, 1).tolist(), codes.flatten(0, 1).tolist())
        expected = {"reconstruction": errors(made, asked).mean().item(), "commitment": 0.25 * distance}
        expected |= {"codebook": distance} if decay is None else {}
        if step.losses.keys() != expected.keys():
            return False
        if any(abs(step.losses[name].item() - value) > 1e-10 for name, value in expected.items()):
            return False
        if abs(step.metrics["perplexity"].item() - quantisation.perplexity(numbers)) > 1e-10:
            return False
        # the decoder's slopes at the codes, carried over to the vectors as they are
        whole = error + (vectors * at_the_codes).sum() + 0.25 * (vectors - codes.detach()).square().mean()
        if decay is None:
            whole = whole + (codes - vectors.detach()).square().mean()
        if not same(slopes(step.loss, method.parameters()), slopes(whole, twin.parameters())):
            return False
        method.zero_grad()
        step.loss.backward()
        move(method)
        before = method.codebook.rows.clone()
        method.after_step(step, progress=turn / 2)
        if decay is None and not torch.equal(method.codebook.rows, before):
            return False
        if decay is not None:
            means.follow(vectors.flatten(0, 1).tolist())
            if not torch.allclose(method.codebook.rows, before.new_tensor(means.rows), rtol=0, atol=1e-10):
                return False
    method.eval()
    asked = views(9)
    return same(method.energy(asked), errors(method.decoder(looked_up(method, asked)[2]), asked))


class Wrong(VQVAE):
    """Right as long as no part of it is replaced."""

    def step(self, asked):
        vectors, _, codes = self._coded(asked.seen)
        found = super().step(asked)
        losses = {"reconstruction": self.error(vectors, codes, asked)}
        if self.codebook.decay is None:
            losses["codebook"] = self.of_the_codebook(vectors, codes)
        return replace(found, losses={**losses, "commitment": self.of_the_vectors(vectors, codes)})

    def error(self, vectors, codes, asked):
        return squared_error(self.decoder(straight_through(vectors, codes)), asked.images).mean()

    def of_the_codebook(self, vectors, codes):
        return vector_distance(vectors.detach(), codes)

    def of_the_vectors(self, vectors, codes):
        return self.commitment * vector_distance(vectors, codes.detach())


class NoGradientThroughCodes(Wrong):
    def error(self, vectors, codes, asked):
        return squared_error(self.decoder(codes.detach()), asked.images).mean()


class ReconstructionMovesTheCodebook(Wrong):
    def error(self, vectors, codes, asked):
        return squared_error(self.decoder(codes + vectors - vectors.detach()), asked.images).mean()


class VectorsDecoded(Wrong):
    """Nothing is quantised."""

    def error(self, vectors, codes, asked):
        return squared_error(self.decoder(vectors), asked.images).mean()


class SoftCodes(Wrong):
    def error(self, vectors, codes, asked):
        weights = F.softmax(-torch.cdist(vectors, self.codebook.rows.expand(len(vectors), -1, -1)), dim=-1)
        return squared_error(self.decoder(weights @ self.codebook.rows), asked.images).mean()


class CommitmentMovesTheCodebook(Wrong):
    def of_the_vectors(self, vectors, codes):
        return self.commitment * vector_distance(vectors, codes)


class StoppedOnTheWrongSide(Wrong):
    def of_the_codebook(self, vectors, codes):
        return vector_distance(vectors, codes.detach())


class CommitmentWithoutWeight(Wrong):
    def of_the_vectors(self, vectors, codes):
        return vector_distance(vectors, codes.detach())


class SummedOverFeatures(Wrong):
    def of_the_vectors(self, vectors, codes):
        return self.commitment * (vectors - codes.detach()).square().sum(-1).mean()


class CollapseUnnoticed(VQVAE):
    """The perplexity is that of all codes there are."""

    def step(self, asked):
        found = super().step(asked)
        count = torch.tensor(float(len(self.codebook.rows)))
        return Step(found.losses, found.remember, {**found.metrics, "perplexity": count})


class CodebookLeftBehind(VQVAE):
    def after_step(self, step, progress):
        pass


class EnergyOfTheVectors(VQVAE):
    def energy(self, asked):
        return squared_error(self.decoder(self._coded(asked.seen)[0]), asked.images)


@pytest.mark.parametrize("decay", [0.9, None])
def test_it_is_accepted(decay):
    assert accepts(VQVAE, decay)
    assert accepts(Wrong, decay)


@pytest.mark.parametrize(
    ("wrong", "decay"),
    [
        (NoGradientThroughCodes, 0.9),
        (ReconstructionMovesTheCodebook, None),
        (VectorsDecoded, 0.9),
        (SoftCodes, 0.9),
        (CommitmentMovesTheCodebook, None),
        (StoppedOnTheWrongSide, None),
        (CommitmentWithoutWeight, 0.9),
        (SummedOverFeatures, 0.9),
        (CollapseUnnoticed, 0.9),
        (CodebookLeftBehind, 0.9),
        (EnergyOfTheVectors, 0.9),
    ],
)
def test_a_wrong_version_is_rejected(wrong, decay):
    assert not accepts(wrong, decay)


def test_codes_tell_all_that_the_decoder_needs():
    method, asked = build().eval(), views()
    codes = method.codes(asked.images)
    assert codes.shape == (8, 4, 4)
    vectors = method.narrow(method.encoder.local(asked.images)).flatten(0, 1)
    assert codes.flatten().tolist() == quantisation.nearest(vectors.tolist(), method.codebook.rows.tolist())
    clean = replace(asked, seen=asked.images)
    assert same((method.decode_codes(codes) - asked.images).square().mean((1, 2, 3)), method.energy(clean))
    shown = method.pictures(asked)
    assert list(shown) == ["original", "made of codes"]
    assert torch.equal(shown["made of codes"], method.decode_codes(method.codes(asked.seen)))


def test_chance_is_that_of_the_mean_image():
    method, asked = build().eval(), views()
    method.decoder.forward = lambda grid: asked.images.mean(0).expand(len(grid), -1, -1, -1)
    found = method.step(asked).losses["reconstruction"].item()
    assert method.chance(asked)["reconstruction"] == pytest.approx(found * 8 / 7)


def test_a_codebook_that_collapses_is_seen():
    method, asked = build(), views()
    assert method.step(asked).metrics["perplexity"] > 1.5
    method.codebook.rows[1:] += 1000
    shown = method.step(asked).metrics
    assert (shown["perplexity"].item(), shown["codes_in_batch"].item()) == (pytest.approx(1), 1)


def test_what_is_kept_is_the_encoder_pooled_before_codes_are_chosen():
    method, asked = build().eval(), views()
    assert same(method.encoder(asked.images), method.encoder.local(asked.images).mean(1))
    assert isinstance(method.codebook, Codebook)
    assert not any(isinstance(each, Codebook | nn.Linear) for each in method.encoder.modules())


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match="a commitment of 0 or more, got -1"):
        build(commitment=-1)
    with pytest.raises(UserError, match="`channels` and `image_size` what it takes, got ExampleEncoder"):
        VQVAE(ExampleEncoder())
    assert VQVAE(SmallResNet(channels=1, image_size=28), **SMALL).side == 4
