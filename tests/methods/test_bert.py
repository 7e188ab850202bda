"""BERT against the paper's heads in plain Python, and wrong versions that the same check rejects."""

import dataclasses

import pytest
import torch
from oracles import language as oracle
from torch import nn
from torch.nn import functional as F

from selftaught.core import MaskedText, Step, UserError
from selftaught.encoders import TextTransformer
from selftaught.methods import BERT
from selftaught.objectives import masked_token_loss
from selftaught.testing import ExampleEncoder


def build(kind=BERT):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        method = kind(TextTransformer(vocabulary_size=32, max_tokens=16, width=8, layers=1, heads=2, dropout=0.0))
        with torch.no_grad():  # away from the small start, so that every part shows
            for weight in method.parameters():
                weight += 0.3 * torch.randn_like(weight)
    return method.double()


def views(count=6, seed=0):
    return MaskedText.example(count, torch.Generator().manual_seed(seed))


def dense(layer):
    return lambda row: oracle.linear(row, layer.weight.tolist(), layer.bias.tolist())


def expected(method, batch):
    """Both losses, from the encoder's vectors on, in plain Python."""
    local = method.encoder.local(batch.sequences, batch.segments).tolist()
    first, _, norm = method.transform
    table, bias = method.encoder.embedding.weight.tolist(), method.token_bias.tolist()

    def normed(row):
        return oracle.layer_norm(row, norm.weight.tolist(), norm.bias.tolist(), norm.eps)

    of_tokens = [
        [oracle.masked_logits(local[item][place], dense(first), normed, table, bias) for place in places]
        for item, places in enumerate(batch.positions.tolist())
    ]
    of_pairs = [oracle.next_logits(line[0], dense(method.pooler[0]), dense(method.next_sentence)) for line in local]
    return (
        oracle.masked_token_loss(of_tokens, batch.targets.tolist(), batch.target_counts.tolist()),
        oracle.next_sentence_loss(of_pairs, batch.is_next.tolist()),
    )


def accepts(kind):
    method = build(kind)
    for seed in range(2):
        batch = views(seed=seed)
        losses = method.step(batch).losses
        if set(losses) != {"masked_language_model", "next_sentence"}:
            return False
        of_tokens, of_pairs = expected(method, batch)
        got = (losses["masked_language_model"].item(), losses["next_sentence"].item())
        if max(abs(got[0] - of_tokens), abs(got[1] - of_pairs)) > 1e-10:
            return False
    return method.token_bias is not None and len(list(method.parameters())) == len(list(build().parameters()))


class UntiedDecoder(BERT):
    def __init__(self, encoder):
        super().__init__(encoder)
        self.decoder = nn.Linear(encoder.width, encoder.vocabulary_size, bias=False)

    def _logits(self, views):
        tied, of_pairs = super()._logits(views)
        local = self.encoder.local(views.sequences, views.segments)
        hidden = local.gather(1, views.positions[:, :, None].expand(-1, -1, local.shape[2]))
        return self.decoder(self.transform(hidden)) + self.token_bias + 0 * tied, of_pairs


class LossOverAllTokens(BERT):
    def step(self, views):
        local = self.encoder.local(views.sequences, views.segments)
        logits = F.linear(self.transform(local), self.encoder.embedding.weight, self.token_bias)
        targets = views.tokens.scatter(1, views.positions, views.targets)
        loss = masked_token_loss(logits, targets, views.lengths)
        return Step({**super().step(views).losses, "masked_language_model": loss})


class NoBiasInTheDecoder(BERT):
    def _logits(self, views):
        of_tokens, of_pairs = super()._logits(views)
        return of_tokens - self.token_bias, of_pairs


class PairFromTheMean(BERT):
    def _logits(self, views):
        of_tokens, _ = super()._logits(views)
        return of_tokens, self.next_sentence(self.pooler(self.encoder(views.sequences)))


class SegmentsNotTold(BERT):
    def _logits(self, views):
        return super()._logits(dataclasses.replace(views, first_lengths=views.lengths))


class AnswersTurnedRound(BERT):
    def step(self, views):
        return super().step(dataclasses.replace(views, is_next=~views.is_next))


class PaddedTargetsCount(BERT):
    def step(self, views):
        full = torch.full_like(views.target_counts, views.targets.shape[1])
        return super().step(dataclasses.replace(views, target_counts=full))


def test_it_is_accepted():
    assert accepts(BERT)


@pytest.mark.parametrize(
    "wrong",
    [
        UntiedDecoder,
        LossOverAllTokens,
        NoBiasInTheDecoder,
        PairFromTheMean,
        SegmentsNotTold,
        AnswersTurnedRound,
        PaddedTargetsCount,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_table_learns_from_both_its_uses():
    method, batch = build(), views()
    method.step(batch).losses["masked_language_model"].backward()
    gradient = method.encoder.embedding.weight.grad
    unseen = torch.tensor(sorted(set(range(32)) - set(batch.tokens.flatten().tolist())))
    assert (gradient[unseen].abs().sum(1) > 0).all()  # as outputs, all tokens take part
    assert "token_bias" in dict(method.named_parameters())


def test_padding_and_slots_without_target_change_nothing():
    method, batch = build(), views()
    wider = dataclasses.replace(
        batch,
        tokens=F.pad(batch.tokens, (0, 0)).masked_fill(~batch.sequences.mask, 7),
        positions=F.pad(batch.positions, (0, 2)),
        targets=F.pad(batch.targets, (0, 2), value=9),
    )
    assert method.step(wider).loss.item() == pytest.approx(method.step(batch).loss.item(), abs=1e-12)


def test_the_energy_is_both_losses_of_each_item():
    method, batch = build().eval(), views()
    of_items = [sum(expected(method, batch.take(torch.tensor([item])))) for item in range(len(batch))]
    assert method.energy(batch).tolist() == pytest.approx(of_items, abs=1e-10)


def test_metrics_count_what_is_right():
    method, batch = build(), views()
    of_tokens, of_pairs = method._logits(batch)
    right = [
        of_tokens[item, slot].argmax() == batch.targets[item, slot]
        for item, count in enumerate(batch.target_counts.tolist())
        for slot in range(count)
    ]
    metrics = method.step(batch).metrics
    assert metrics["masked_token_accuracy"].item() == pytest.approx(sum(map(bool, right)) / len(right))
    assert metrics["next_sentence_accuracy"] == (of_pairs.argmax(1) == batch.is_next).float().mean()


def test_an_untrained_method_is_at_chance():
    torch.manual_seed(0)
    method = BERT(TextTransformer(vocabulary_size=32, max_tokens=16, width=8, layers=1, heads=2)).eval()
    losses = method.step(views(64)).losses
    assert losses["masked_language_model"].item() == pytest.approx(torch.tensor(32.0).log().item(), abs=0.05)
    assert losses["next_sentence"].item() == pytest.approx(torch.tensor(2.0).log().item(), abs=0.02)


def test_an_encoder_of_images_is_refused():
    with pytest.raises(UserError, match="expected an encoder of tokens, such as text_transformer, got ExampleEncoder"):
        BERT(ExampleEncoder())


def test_every_weight_learns_and_the_output_bias_faster():
    method = build()
    others, bias = method.parameter_groups()
    assert [*bias.parameters] == [method.token_bias]
    assert bias.learning_rate_factor == 30.0
    assert {id(weight) for weight in method.parameters()} == {
        id(weight) for weight in (*others.parameters, *bias.parameters)
    }
