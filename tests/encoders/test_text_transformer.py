"""The text transformer against PyTorch's own layers, and what padding may not do."""

import pytest
import torch
from torch import nn

from selftaught.core import Sequences, UserError
from selftaught.encoders import TextTransformer


def build(**changes):
    torch.manual_seed(0)
    settings = {"vocabulary_size": 40, "max_tokens": 12, "width": 16, "layers": 2, "heads": 4, "dropout": 0.0}
    encoder = TextTransformer(**{**settings, **changes}).double()
    with torch.no_grad():  # away from the small start, so that every part shows
        for weight in encoder.parameters():
            weight += 0.3 * torch.randn_like(weight)
    return encoder


def batch(*lengths, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return Sequences.of([torch.randint(5, 40, (length,), generator=generator) for length in lengths])


def theirs(encoder, items, segments):
    """The same network out of torch's layers."""
    layer = nn.TransformerEncoderLayer(
        16,
        4,
        64,
        dropout=0.0,
        activation="gelu",
        layer_norm_eps=1e-12,
        batch_first=True,
        norm_first=encoder.norm_first,
        dtype=torch.float64,
    )
    last = encoder.last_norm if encoder.norm_first else None
    layers = nn.TransformerEncoder(layer, len(encoder.blocks), norm=last, enable_nested_tensor=False)
    for mine, copy in zip(encoder.blocks, layers.layers, strict=True):
        copy.self_attn.in_proj_weight.data, copy.self_attn.in_proj_bias.data = (
            mine.attention.weight,
            mine.attention.bias,
        )
        pairs = [(mine.output, copy.self_attn.out_proj), (mine.attention_norm, copy.norm1), (mine.norm, copy.norm2)]
        for one, other in [*pairs, (mine.widen, copy.linear1), (mine.narrow, copy.linear2)]:
            other.weight.data, other.bias.data = one.weight.data, one.bias.data
    x = encoder.embedding(items.values) + encoder.positions.weight[: items.values.shape[1]]
    return layers(encoder.norm(x + encoder.segments(segments)), src_key_padding_mask=~items.mask)


def accepts(encoder):
    """Whether it is the paper's network, and padding changes nothing."""
    items = batch(5, 9, 2)
    segments = (torch.arange(9) > 2).long().expand(3, 9)
    if not torch.allclose(encoder.local(items, segments)[items.mask], theirs(encoder, items, segments)[items.mask]):
        return False
    alone = [encoder(Sequences(items.values[i : i + 1, :n], items.lengths[i : i + 1])) for i, n in enumerate((5, 9, 2))]
    return torch.allclose(encoder(items), torch.cat(alone))


class PaddingAttended(TextTransformer):
    def local(self, items, segments=None):
        return super().local(Sequences(items.values, torch.full_like(items.lengths, items.values.shape[1])), segments)


class PaddingInTheMean(TextTransformer):
    def forward(self, items):
        return self.local(items).mean(1)


class SegmentsIgnored(TextTransformer):
    def local(self, items, segments=None):
        return super().local(items)


class PreNorm(TextTransformer):
    def local(self, items, segments=None):
        x = self.embedding(items.values) + self.positions.weight[: items.values.shape[1]]
        x = x + (self.segments.weight[0] if segments is None else self.segments(segments))
        for block in self.blocks:
            x = x + block(self.norm(x), items.mask[:, None, None])
        return x


@pytest.mark.filterwarnings("ignore:.*nested tensors")
@pytest.mark.parametrize("norm_first", [False, True])
def test_it_is_accepted(norm_first):
    assert accepts(build(norm_first=norm_first))


class LastNormForgotten(TextTransformer):
    def local(self, items, segments=None):
        kept, self.last_norm = self.last_norm, nn.Identity()
        found = super().local(items, segments)
        self.last_norm = kept
        return found


def test_norms_first_need_one_more_at_the_end():
    encoder = build(norm_first=True)
    encoder.__class__ = LastNormForgotten
    assert not accepts(encoder)


@pytest.mark.parametrize("wrong", [PaddingAttended, PaddingInTheMean, SegmentsIgnored, PreNorm])
def test_a_wrong_version_is_rejected(wrong):
    encoder = build()
    encoder.__class__ = wrong
    assert not accepts(encoder)


def test_the_mean_is_over_all_real_tokens():
    encoder, items = build(), batch(3, 6)
    local = encoder.local(items)
    assert torch.allclose(encoder(items), torch.stack([local[0, :3].mean(0), local[1].mean(0)]))
    assert encoder.lengths(items).tolist() == [3, 6]


def test_dropout_is_off_in_eval_mode():
    encoder, items = build(dropout=0.5), batch(4)
    assert not torch.equal(encoder(items), encoder(items))
    encoder.eval()
    assert torch.equal(encoder(items), encoder(items))


def test_the_start_is_small_and_the_table_public():
    encoder = TextTransformer(vocabulary_size=500, width=64)
    assert encoder.embedding.weight.shape == (500, 64)
    assert encoder.embedding.weight.std().item() == pytest.approx(0.0176, rel=0.05)  # 0.02 cut off at two deviations
    assert encoder.embedding.weight.abs().max().item() <= 0.04


def test_arguments_are_kept():
    encoder = build(dropout=0.25, norm_first=True)
    names = ("vocabulary_size", "max_tokens", "width", "layers", "heads", "dropout", "norm_first")
    assert [getattr(encoder, name) for name in names] == [40, 12, 16, 2, 4, 0.25, True]


@pytest.mark.parametrize("wrong", [{"heads": 3}, {"layers": 0}, {"dropout": 1.0}, {"vocabulary_size": 0}])
def test_wrong_numbers_are_refused(wrong):
    with pytest.raises(UserError, match="expected"):
        build(**wrong)


def test_a_longer_sequence_is_refused():
    with pytest.raises(UserError, match="at most 12 tokens, got 13"):
        build()(batch(13))


def test_positions_begin_as_waves_that_shift_by_a_rotation():
    encoder = TextTransformer(vocabulary_size=20, max_tokens=12, width=8, layers=1, heads=2)
    places = encoder.positions.weight.detach().double()
    assert places.square().mean().sqrt().item() == pytest.approx(0.02)
    alike = places @ places.T  # how alike two places are depends on their distance alone
    for distance in range(12):
        assert alike.diagonal(distance).std(correction=0).item() == pytest.approx(0, abs=1e-8)
    assert (alike.diagonal(1) < alike[0, 0] - 1e-4).all()
    assert encoder.positions.weight.requires_grad
