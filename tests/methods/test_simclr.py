"""SimCLR against the paper's loss of the projections, and wrong versions that the same check rejects."""

import math

import pytest
import torch
from descent import build, descend, views
from oracles import contrastive as oracle
from torch.nn import functional as F

from selftaught.core import Step, UserError
from selftaught.encoders import encoder_weights
from selftaught.methods import SimCLR
from selftaught.objectives import nt_xent


def make(encoder, kind=SimCLR):
    return kind(encoder, hidden_width=12, embedding_width=8, temperature=0.2)


def accepts(kind):
    """Whether three steps of training have the paper's loss of the projections, and the energy orders by cosine."""
    method = build(lambda encoder: make(encoder, kind))
    for turn in range(3):
        first, second = views(seed=turn).pair()
        a, b = (method.projector(method.encoder(view)) for view in (first, second))
        expected = oracle.nt_xent(a.tolist(), b.tolist(), 0.2)
        step = method.step(views(seed=turn))
        if abs(step.loss.item() - expected) > 1e-10:
            return False
        descend(method, step)
        method.after_step(step, progress=turn / 3)
    method.eval()
    first, second = views(seed=9).pair()
    cosine = F.cosine_similarity(*(method.projector(method.encoder(view)) for view in (first, second)))
    agreement = torch.corrcoef(torch.stack([method.energy(views(seed=9)), -cosine]))[0, 1].item()
    return agreement > 1 - 1e-9


class WithoutProjector(SimCLR):
    def step(self, views):
        a, b = (self.encoder(view) for view in views.pair())
        return Step({"nt_xent": nt_xent(a, b, temperature=self.temperature)})


class OneViewTwice(SimCLR):
    def step(self, views):
        a = self.projector(self.encoder(views.pair()[0]))
        return Step({"nt_xent": nt_xent(a, a, temperature=self.temperature)})


class EnergyOfTheEncoder(SimCLR):
    def energy(self, views):
        return -F.cosine_similarity(*(self.encoder(view) for view in views.pair()))


class EnergyUpsideDown(SimCLR):
    def energy(self, views):
        return -super().energy(views)


def test_it_is_accepted():
    assert accepts(SimCLR)


@pytest.mark.parametrize("wrong", [WithoutProjector, OneViewTwice, EnergyOfTheEncoder, EnergyUpsideDown])
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_bound_is_that_of_all_candidates():
    step = build(make).step(views(8))
    assert step.metrics["mutual_information_bound_nats"].item() == pytest.approx(math.log(15) - step.loss.item())


def test_what_is_kept_is_the_encoder_without_the_projector():
    method = build(make)
    kept = encoder_weights(method.encoder)
    assert {f"encoder.{name}" for name in kept} == {n for n in method.state_dict() if not n.startswith("projector.")}
    assert method.encoder(views().views[0]).shape == (8, 16)


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_a_temperature_that_is_not_above_zero_is_refused(temperature):
    with pytest.raises(UserError, match=f"expected a temperature above 0, got {temperature}"):
        build(lambda encoder: SimCLR(encoder, temperature=temperature))


def test_a_head_has_as_many_layers_as_asked():
    """SimCLRv2's third layer stands between the other two, as wide as the first and followed by norm and ReLU."""
    heads = [build(lambda encoder, n=n: SimCLR(encoder, hidden_width=12, head_layers=n)).projector for n in (1, 2, 3)]
    linear = [[layer for layer in head if isinstance(layer, torch.nn.Linear)] for head in heads]
    widths = [[(layer.in_features, layer.out_features) for layer in layers] for layers in linear]
    assert widths == [[(16, 128)], [(16, 12), (12, 128)], [(16, 12), (12, 12), (12, 128)]]
    assert [[type(layer).__name__ for layer in head].count("ReLU") for head in heads] == [0, 1, 2]
    with pytest.raises(UserError, match="expected a projector of 0 layers or more, got head_layers -1"):
        build(lambda encoder: SimCLR(encoder, head_layers=-1))


def test_without_a_head_the_loss_compares_what_the_encoder_gives():
    method = build(lambda encoder: SimCLR(encoder, head_layers=0))
    asked = views(seed=0)
    first, second = asked.pair()
    expected = nt_xent(method.encoder(first), method.encoder(second), temperature=0.1)
    torch.testing.assert_close(method.step(asked).loss, expected, rtol=0, atol=1e-12)
