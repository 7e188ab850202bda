"""Masked language modelling and next sentence prediction as plain loops. No torch, no numpy, no selftaught."""

import math
from collections.abc import Callable, Sequence

Logits = Sequence[Sequence[Sequence[float]]]


def log_sum_exp(values: Sequence[float]) -> float:
    """Logarithm of the sum of exponentials, shifted so that nothing overflows."""
    top = max(values)
    return top + math.log(math.fsum(math.exp(value - top) for value in values))


def masked_token_loss(logits: Logits, targets: Sequence[Sequence[int]], counts: Sequence[int]) -> float:
    """BERT (1810.04805), task 1: the mean over all hidden tokens of -log p(token), however the items share them."""
    nats = [
        log_sum_exp(logits[item][slot]) - logits[item][slot][targets[item][slot]]
        for item, count in enumerate(counts)
        for slot in range(count)
    ]
    return math.fsum(nats) / len(nats)


def next_sentence_loss(logits: Sequence[Sequence[float]], is_next: Sequence[bool]) -> float:
    """BERT (1810.04805), task 2: the mean of -log p(label), label 1 meaning that the second segment follows."""
    nats = [log_sum_exp(pair) - pair[int(label)] for pair, label in zip(logits, is_next, strict=True)]
    return math.fsum(nats) / len(nats)


def gelu(x: float) -> float:
    """x times the probability that a standard normal number is below it."""
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


def layer_norm(row: Sequence[float], scale: Sequence[float], shift: Sequence[float], epsilon: float) -> list[float]:
    """To mean 0 and deviation 1, then scaled and shifted."""
    mean = math.fsum(row) / len(row)
    variance = math.fsum((x - mean) ** 2 for x in row) / len(row)
    return [(x - mean) / math.sqrt(variance + epsilon) * a + b for x, a, b in zip(row, scale, shift, strict=True)]


def linear(row: Sequence[float], weights: Sequence[Sequence[float]], bias: Sequence[float]) -> list[float]:
    """One output for each line of the weights."""
    return [math.fsum(x * w for x, w in zip(row, line, strict=True)) + b for line, b in zip(weights, bias, strict=True)]


Layer = Callable[[Sequence[float]], list[float]]


def masked_logits(
    hidden: Sequence[float], dense: Layer, norm: Layer, table: Sequence[Sequence[float]], bias: Sequence[float]
) -> list[float]:
    """The head of task 1: dense, GELU, norm, and the input table itself as decoder, with a bias of its own."""
    return linear(norm([gelu(x) for x in dense(hidden)]), table, bias)


def next_logits(first: Sequence[float], pooler: Layer, answer: Layer) -> list[float]:
    """The head of task 2 on the vector of [CLS]: dense, tanh, dense."""
    return answer([math.tanh(x) for x in pooler(first)])


def masked_count(tokens: int, share: float) -> int:
    """How many tokens are hidden of so many: a count, not a chance for each."""
    return max(1, round(share * tokens))
