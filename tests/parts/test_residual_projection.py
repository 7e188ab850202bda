"""The projection of encode-and-dot in its parts."""

import torch
from torch.nn import functional as F

from selftaught.parts import DotCritic, ResidualProjection


def test_it_is_two_layers_beside_one():
    torch.manual_seed(0)
    projection = ResidualProjection(3, 5).double()
    vectors = torch.randn(4, 7, 3).double()
    rows = vectors.reshape(28, 3)
    before, norm, _, after = projection.inside
    hidden = F.linear(rows, before.weight)
    hidden = (hidden - hidden.mean(0)) / (hidden.var(0, correction=0) + norm.eps).sqrt()
    expected = F.linear(hidden.relu(), after.weight, after.bias) + F.linear(rows, projection.beside.weight)
    torch.testing.assert_close(projection(vectors), expected.view(4, 7, 5), rtol=0, atol=1e-10)


def test_it_begins_near_the_vectors_themselves():
    projection = ResidualProjection(3, 5)
    torch.testing.assert_close(projection.beside.weight, torch.eye(5, 3), rtol=0, atol=0.011)
    assert not torch.allclose(ResidualProjection(5, 3).beside.weight, torch.eye(3, 5), atol=0.05)


def test_parts_have_a_layer_norm_and_wholes_have_none():
    torch.manual_seed(0)
    critic = DotCritic(4, 3, width=16)
    parts = critic.of_parts(torch.randn(6, 2, 3))
    torch.testing.assert_close(parts.mean(2), torch.zeros(6, 2), rtol=0, atol=1e-5)
    assert critic.of_wholes(torch.randn(6, 4)).mean(1).abs().max() > 0.01
