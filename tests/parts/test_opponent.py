"""An opponent answers with gradients for what it is asked about, and stays as it was."""

import torch
from torch import nn

from selftaught.parts import BatchNorm, SpectralNorm, aside, frozen


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), BatchNorm(4), nn.ReLU(), SpectralNorm(nn.Linear(4, 1))).double()


def items():
    return torch.randn(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()


def state(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def gradients(ask):
    module, asked = network(), items()
    before = state(module)
    answer = ask(module, asked)
    answer.square().sum().backward()
    changed = [name for name, tensor in module.state_dict().items() if not torch.equal(tensor, before[name])]
    return answer, asked.grad, [weight.grad for weight in module.parameters()], changed


def test_a_frozen_module_answers_as_it_does_and_only_its_input_learns():
    expected, of_input, of_weights, changed = gradients(lambda module, asked: module(asked))
    answer, frozen_of_input, frozen_of_weights, unchanged = gradients(frozen)
    assert torch.equal(answer, expected)
    assert torch.equal(frozen_of_input, of_input)
    assert all(gradient is not None for gradient in of_weights)
    assert all(gradient is None for gradient in frozen_of_weights)
    assert changed == ["1.running_mean", "1.running_var", "1.num_batches_tracked"]
    assert unchanged == []


def test_aside_a_module_learns_and_counts_nothing():
    expected, of_input, of_weights, _ = gradients(lambda module, asked: module(asked))
    answer, aside_of_input, aside_of_weights, unchanged = gradients(aside)
    assert torch.equal(answer, expected)
    assert torch.equal(aside_of_input, of_input)
    assert all(torch.equal(a, b) for a, b in zip(aside_of_weights, of_weights, strict=True))
    assert unchanged == []


def test_both_keep_the_mode():
    module = network().eval()
    by_running_statistics = module(items())
    assert torch.equal(frozen(module, items()), by_running_statistics)
    assert torch.equal(aside(module, items()), by_running_statistics)
    assert not any(part.training for part in module.modules())


def test_several_inputs_reach_the_module():
    layer = nn.Bilinear(2, 3, 1)
    a, b = torch.randn(4, 2), torch.randn(4, 3)
    assert torch.equal(frozen(layer, a, b), layer(a, b))
