import pytest
import torch
from torch import nn

from selftaught.extraction import reading

CPU = torch.device("cpu")


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.BatchNorm1d(4).eval(), nn.Dropout()), nn.ReLU())


def test_every_module_is_put_back():
    given = network()
    before = [module.training for module in given.modules()]
    assert set(before) == {True, False}
    with reading(given, CPU):
        assert not any(module.training for module in given.modules())
        assert not torch.is_grad_enabled()
    assert [module.training for module in given.modules()] == before
    assert torch.is_grad_enabled()


def test_put_back_after_an_error():
    given = network()
    with pytest.raises(KeyError), reading(given, CPU):
        raise KeyError
    assert given.training


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_weights_are_put_back_to_the_byte(layout: torch.memory_format):
    given = nn.Conv2d(8, 6, 3).to(memory_format=layout)
    place, strides, values = given.weight.data_ptr(), given.weight.stride(), given.weight.detach().clone()
    weight = given.weight
    with reading(given, CPU):
        assert given.weight.is_contiguous(memory_format=torch.channels_last)
    assert given.weight is weight, "an optimiser still holds it"
    assert (weight.data_ptr(), weight.stride()) == (place, strides)
    assert torch.equal(weight, values)
    assert weight.requires_grad
