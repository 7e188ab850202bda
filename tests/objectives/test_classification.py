"""What a right answer costs and how often it is found, against plain loops, and wrong versions of both."""

import math

import pytest
import torch
from embeddings import normal
from oracles import answers as oracle

from selftaught.objectives import answer_accuracy, answer_surprise


def questions():
    for seed, (count, choices) in enumerate([(1, 2), (5, 4), (7, 100)]):
        right = torch.randint(choices, (count,), generator=torch.Generator().manual_seed(seed))
        yield 3 * normal(count, choices, seed=seed).detach(), right
    yield torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [2.0, 2.0, 2.0]]).double(), torch.tensor([0, 0, 1])


def accepts_surprise(objective):
    """Whether a function has the oracle's value for every question, and the gradient of it."""
    for scores, right in questions():
        expected = [oracle.surprise(row, own) for row, own in zip(scores.tolist(), right.tolist(), strict=True)]
        got = objective(scores, right)
        if got.shape != right.shape or (got - torch.tensor(expected, dtype=torch.float64)).abs().max() > 1e-10:
            return False
    return torch.autograd.gradcheck(lambda x: objective(x, right), scores.requires_grad_(True), raise_exception=False)


def accepts_accuracy(measure):
    """Whether a function counts what the oracle counts, equal scores included."""
    for scores, right in questions():
        credits = [oracle.credit(row, own) for row, own in zip(scores.tolist(), right.tolist(), strict=True)]
        if abs(measure(scores, right).item() - oracle.mean(credits)) > 1e-10:
            return False
    return True


def log_of_a_clamped_softmax(scores, right):
    return -scores.softmax(1).clamp(min=0.05).log().gather(1, right[:, None])[:, 0]


def one_against_the_rest(scores, right):
    truth = torch.nn.functional.one_hot(right, scores.shape[1]).to(scores)
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, truth, reduction="none").sum(1)


def mean_over_questions(scores, right):
    return answer_surprise(scores, right).mean().expand(len(right))


def in_bits(scores, right):
    return answer_surprise(scores, right) / math.log(2)


def first_of_equal_scores(scores, right):
    return (scores.argmax(1) == right).double().mean()


def any_of_equal_scores(scores, right):
    return (scores.gather(1, right[:, None])[:, 0] == scores.amax(1)).double().mean()


def test_both_are_accepted():
    assert accepts_surprise(answer_surprise)
    assert accepts_accuracy(answer_accuracy)


@pytest.mark.parametrize("wrong", [log_of_a_clamped_softmax, one_against_the_rest, mean_over_questions, in_bits])
def test_a_wrong_surprise_is_rejected(wrong):
    assert not accepts_surprise(wrong)


@pytest.mark.parametrize("wrong", [first_of_equal_scores, any_of_equal_scores])
def test_a_wrong_accuracy_is_rejected(wrong):
    assert not accepts_accuracy(wrong)


@pytest.mark.parametrize("choices", [4, 8, 100])
def test_equal_scores_are_a_guess(choices):
    scores, right = torch.full((3, choices), 7.0, dtype=torch.float64), torch.tensor([0, 1, 3])
    assert answer_surprise(scores, right).tolist() == pytest.approx([math.log(choices)] * 3, abs=1e-12)
    assert answer_accuracy(scores, right).item() == pytest.approx(1 / choices)


def test_half_precision_is_widened():
    scores, right = torch.zeros(1, 2, dtype=torch.bfloat16), torch.tensor([0])
    assert answer_surprise(scores, right).dtype == answer_accuracy(scores, right).dtype == torch.float32
