"""PixelRNN: what Row LSTM and Diagonal BiLSTM see, exact likelihoods, and wrong versions that the checks reject."""

import pytest
import torch
from descent import descend
from oracles import autoregressive as oracle
from pixel_order import accepts, asked, build, sums_to_one
from torch.nn import functional as F

from selftaught.core import UserError
from selftaught.encoders import SmallResNet
from selftaught.methods import PixelRNN
from selftaught.parts import DiagonalBiLSTMBlock, RowLSTMBlock, causal_blocks

READERS = ("row_lstm", "diagonal_bilstm")


def block(kind, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return kind(8, groups=1).double()


def seen_from(layer, row, column, height=6, width=7):
    """Whether what a layer adds at one pixel depends on each pixel of its input: (height, width)."""
    states = torch.randn(1, 8, height, width, generator=torch.Generator().manual_seed(1)).double().requires_grad_()
    (slopes,) = torch.autograd.grad(layer(states)[0, :, row, column].square().sum(), states)
    return slopes[0].abs().sum(0) > 0


def triangle(row, column, height=6, width=7):
    """What a Row LSTM sees: one pixel more to both sides a row upwards; its masked convolution, one to the left."""
    return torch.tensor(
        [[y <= row and column - (row - y) - 1 <= x <= column + (row - y) for x in range(width)] for y in range(height)]
    )


def everything_before(row, column, height=6, width=7):
    """What a Diagonal BiLSTM sees: all rows above, and its own up to the pixel."""
    return torch.tensor([[y < row or (y == row and x <= column) for x in range(width)] for y in range(height)])


def sees_exactly(kind, region):
    layer = block(kind)
    places = [(y, x) for y in range(6) for x in range(7)]
    return all(torch.equal(seen_from(layer, *place), region(*place)) for place in places)


class RowThatLooksAhead(RowLSTMBlock):
    def __init__(self, features, *, groups):
        super().__init__(features, groups=groups)
        self.input_to_state.mask[:] = True


class RowWithoutMemory(RowLSTMBlock):
    def __init__(self, features, *, groups):
        super().__init__(features, groups=groups)
        self.state_to_state.weight.data.zero_()


class RowOfOneColumn(RowLSTMBlock):
    def __init__(self, features, *, groups):
        super().__init__(features, groups=groups, size=1)


class DiagonalNotMovedDown(DiagonalBiLSTMBlock):
    def forward(self, states):
        from_left, from_right = (convolution(states) for convolution in self.input_to_state)
        left, right = self._read(torch.stack([from_left, from_right.flip(3)]))
        return states + self.widen(left + right.flip(3))


class DiagonalFromTheLeftOnly(DiagonalBiLSTMBlock):
    def forward(self, states):
        given = self.input_to_state[0](states)
        return states + self.widen(self._read(torch.stack([given, given]))[0])


class DiagonalNotFlippedBack(DiagonalBiLSTMBlock):
    def forward(self, states):
        from_left, from_right = (convolution(states) for convolution in self.input_to_state)
        left, right = self._read(torch.stack([from_left, from_right.flip(3)]))
        return states + self.widen(left + F.pad(right, (0, 0, 1, 0))[:, :, :-1])


class DiagonalOfItsOwnRow(DiagonalBiLSTMBlock):
    def __init__(self, features, *, groups):
        super().__init__(features, groups=groups)
        self.state_to_state.data[:, features // 2 :] = 0


def test_a_row_lstm_sees_a_triangle():
    assert sees_exactly(RowLSTMBlock, triangle)
    assert not sees_exactly(RowLSTMBlock, everything_before)


@pytest.mark.parametrize("wrong", [RowThatLooksAhead, RowWithoutMemory, RowOfOneColumn])
def test_a_wrong_row_lstm_is_rejected(wrong):
    assert not sees_exactly(wrong, triangle)


def test_a_diagonal_bilstm_sees_all_that_stands_before():
    assert sees_exactly(DiagonalBiLSTMBlock, everything_before)
    assert not sees_exactly(DiagonalBiLSTMBlock, triangle)


@pytest.mark.parametrize(
    "wrong", [DiagonalNotMovedDown, DiagonalFromTheLeftOnly, DiagonalNotFlippedBack, DiagonalOfItsOwnRow]
)
def test_a_wrong_diagonal_bilstm_is_rejected(wrong):
    assert not sees_exactly(wrong, everything_before)


def test_skewed_rows_come_back():
    given = torch.arange(2 * 3 * 2 * 4 * 5.0).view(2, 3, 2, 4, 5)
    skewed = causal_blocks._skew(given)
    assert skewed.shape == (2, 3, 2, 4, 8)
    assert torch.equal(skewed[..., 2, 2:7], given[..., 2, :])
    assert skewed[..., 2, :2].abs().sum() == skewed[..., 2, 7:].abs().sum() == 0
    assert torch.equal(causal_blocks._unskew(skewed.transpose(2, 3), 5), given.transpose(2, 3))


def test_one_step_of_the_memory_is_an_lstm_cell():
    """Against torch's own, whose gates stand in the order input, forget, content, output."""
    cell = torch.nn.LSTMCell(3, 4).double()
    items, hidden, memory = (torch.randn(5, width).double() for width in (3, 4, 4))
    gates = F.linear(items, cell.weight_ih, cell.bias_ih) + F.linear(hidden, cell.weight_hh, cell.bias_hh)
    take, keep, content, give = gates.chunk(4, 1)
    found = causal_blocks._remember(torch.cat([give, keep, take, content], 1), memory, dim=1)
    for one, other in zip(found, cell(items, (hidden, memory)), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("channels", [1, 3])
def test_guesses_are_causal_and_likelihoods_exact(name, channels):
    assert accepts(PixelRNN, name, channels=channels)


def gates_in_one_group(method):
    for layer in method.encoder.residual:
        convolutions = layer.input_to_state
        for each in convolutions if isinstance(convolutions, torch.nn.ModuleList) else [convolutions]:
            each.mask[:, :, -1, each.mask.shape[3] // 2] = True


def mask_b_in_the_first_layer(method):
    mask = method.encoder.first.mask[:, :, -1, 3]
    mask |= (torch.arange(len(mask)) * mask.shape[1] // len(mask))[:, None] == torch.arange(mask.shape[1])


def unmasked_output_of_the_memory(method):
    for layer in method.encoder.residual:
        layer.widen.mask[:] = True


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("wrong", [gates_in_one_group, mask_b_in_the_first_layer, unmasked_output_of_the_memory])
def test_a_wrong_mask_is_rejected(name, wrong):
    assert not accepts(PixelRNN, name, wrong)


@pytest.mark.parametrize("name", READERS)
def test_all_images_together_have_probability_one(name):
    assert sums_to_one(build(PixelRNN, name, channels=1, levels=3), 1, 2, 2)
    assert sums_to_one(build(PixelRNN, name, channels=3, levels=2), 3, 2, 1)


@pytest.mark.parametrize("name", READERS)
def test_losses_and_energies_are_the_exact_likelihood(name):
    method = build(PixelRNN, name, image_size=3)
    for turn in range(2):
        views = asked(method, seed=turn)
        numbers = (views.images * 2).round().long()
        pairs = zip(method.levels.logits(method.encoder, numbers).tolist(), numbers.tolist(), strict=True)
        nats = [oracle.level_nats(*each) for each in pairs]
        step = method.step(views)
        assert step.losses["nats_per_dimension"].item() == pytest.approx(sum(nats) / len(nats) / 27, abs=1e-10)
        bits = oracle.bits_per_dimension(nats, 27)
        assert step.metrics["bits_per_dimension"].item() == pytest.approx(bits, abs=1e-10)
        assert method.energy(views).tolist() == pytest.approx(nats, abs=1e-9)
        descend(method, step)
        method.after_step(step, 0.0)


def test_an_encoder_that_sees_all_at_once_is_refused():
    with pytest.raises(UserError, match="reads pixel by pixel, such as pixel_cnn or row_lstm, got SmallResNet"):
        PixelRNN(SmallResNet(image_size=16))
