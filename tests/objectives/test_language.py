"""The losses of BERT against loops written from the paper, and wrong versions that the same checks reject."""

import math

import pytest
import torch
from oracles import language as oracle
from torch.nn import functional as F

from selftaught.objectives import masked_token_energy, masked_token_loss, next_sentence_energy, next_sentence_loss

SHAPES = [(1, 1, 3), (3, 4, 5), (5, 2, 7)]


def case(items, slots, vocabulary, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(items, slots, vocabulary, generator=generator, dtype=torch.float64)
    targets = torch.randint(vocabulary, (items, slots), generator=generator)
    counts = torch.arange(items) % slots + 1
    return logits.requires_grad_(), targets, counts


def accepts_tokens(loss):
    for seed, shape in enumerate(SHAPES):
        logits, targets, counts = case(*shape, seed)
        expected = oracle.masked_token_loss(logits.tolist(), targets.tolist(), counts.tolist())
        if abs(loss(logits, targets, counts).item() - expected) > 1e-10:
            return False
    logits, targets, counts = case(3, 4, 5)
    return torch.autograd.gradcheck(lambda each: loss(each, targets, counts), (logits,), raise_exception=False)


def over_all_slots(logits, targets, counts):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def mean_of_item_means(logits, targets, counts):
    return masked_token_energy(logits, targets, counts).mean()


def sum_over_items(logits, targets, counts):
    return masked_token_loss(logits, targets, counts) * counts.sum()


def first_slot_only(logits, targets, counts):
    return masked_token_loss(logits, targets, counts.clamp(max=1))


def test_the_token_loss_is_accepted():
    assert accepts_tokens(masked_token_loss)


@pytest.mark.parametrize("wrong", [over_all_slots, mean_of_item_means, sum_over_items, first_slot_only])
def test_a_wrong_token_loss_is_rejected(wrong):
    assert not accepts_tokens(wrong)


def test_the_sentence_loss_is_the_oracles():
    for seed in range(3):
        logits = torch.randn(5, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        answers = torch.tensor([True, False, False, True, True])
        expected = oracle.next_sentence_loss(logits.tolist(), answers.tolist())
        assert next_sentence_loss(logits, answers).item() == pytest.approx(expected, abs=1e-10)
        assert next_sentence_energy(logits, answers).mean().item() == pytest.approx(expected, abs=1e-10)
        assert next_sentence_loss(logits, ~answers).item() != pytest.approx(expected, abs=1e-3)


def test_closed_forms():
    logits, targets = torch.zeros(3, 4, 11, dtype=torch.float64), torch.zeros(3, 4, dtype=torch.long)
    counts = torch.tensor([1, 4, 2])
    assert masked_token_loss(logits, targets, counts).item() == pytest.approx(math.log(11), abs=1e-12)
    assert masked_token_energy(logits, targets, counts).tolist() == pytest.approx([math.log(11)] * 3, abs=1e-12)
    pair = torch.zeros(4, 2, dtype=torch.float64)
    assert next_sentence_loss(pair, torch.tensor([True] * 4)).item() == pytest.approx(math.log(2), abs=1e-12)


def test_what_stands_behind_the_counts_does_not_matter():
    logits, targets, counts = case(3, 4, 5)
    changed, others = logits.detach().clone(), targets.clone()
    for item, count in enumerate(counts.tolist()):
        changed[item, count:], others[item, count:] = 100.0, 0
    assert masked_token_loss(changed, others, counts) == masked_token_loss(logits, targets, counts)
    assert torch.equal(masked_token_energy(changed, others, counts), masked_token_energy(logits, targets, counts))


def test_an_item_without_targets_has_no_energy():
    logits, targets, _ = case(2, 2, 5)
    assert masked_token_energy(logits, targets, torch.tensor([0, 2]))[0] == 0


def test_half_precision_is_widened():
    logits, targets, counts = case(3, 4, 5)
    assert masked_token_loss(logits.bfloat16(), targets, counts).dtype == torch.float32
