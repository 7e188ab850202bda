"""The heads of the papers."""

import torch
from torch import nn
from torch.nn import functional as F

from selftaught.parts import BatchNorm, mlp


def kinds(network):
    return [type(layer) for layer in network]


def test_two_widths_are_one_linear_layer_with_a_bias():
    network = mlp(5, 3, norm=False)
    assert kinds(network) == [nn.Linear]
    assert network[0].bias is not None


def test_norms_stand_before_every_relu_and_take_the_biases_place():
    network = mlp(5, 7, 6, 3)
    assert kinds(network) == [nn.Linear, BatchNorm, nn.ReLU, nn.Linear, BatchNorm, nn.ReLU, nn.Linear]
    assert [network[i].bias is None for i in (0, 3, 6)] == [True, True, True]


def test_the_output_is_normalised_where_asked():
    network = mlp(5, 7, 3, final_norm=True)
    assert kinds(network) == [nn.Linear, BatchNorm, nn.ReLU, nn.Linear, BatchNorm]
    assert network[3].bias is None
    output = network(torch.randn(64, 5, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(output.mean(0), torch.zeros(3), rtol=0, atol=1e-5)
    torch.testing.assert_close(output.std(0, correction=0), torch.ones(3), rtol=0, atol=1e-2)


def test_without_norms_it_is_two_matrix_products_and_a_relu():
    network = mlp(5, 7, 3, norm=False)
    rows = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    hidden = F.relu(rows @ network[0].weight.T + network[0].bias)
    torch.testing.assert_close(network(rows), hidden @ network[2].weight.T + network[2].bias)
