import pytest
import torch
from test_verdicts import START, protocols

from selftaught.core import UserError
from selftaught.evaluation import PROTOCOLS, bootstrap_interval, evaluate_vectors, pair_encoders, paired_sentence


def vectors(noise: float, n: int, *, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.arange(n) % 4
    generator = torch.Generator().manual_seed(seed)
    return torch.eye(6)[labels] + noise * torch.randn(n, 6, generator=generator), labels


def measured(noise: float):
    (train, labels), (test, test_labels) = vectors(noise, 400), vectors(noise, 200, seed=1)
    return evaluate_vectors(train, labels, test, test_labels, protocols=list(PROTOCOLS))


def test_every_figure_is_paired_and_a_better_encoder_found():
    good, poor = measured(0.4), measured(0.9)
    found = pair_encoders(good, poor)
    assert [each.figure for each in found] == [*good.answers, "clustering NMI", "clustering ARI"]
    nmi = found[-2]
    assert (nmi.first, nmi.second) == (good.clusters.mutual_information, poor.clusters.mutual_information)
    assert nmi.sign == 1
    assert all(each.sign == 1 for each in found if each.decides)
    assert [each.figure for each in found if each.decides] == ["kNN accuracy", "linear accuracy with 100 labels"]
    for each in found:
        low, high = each.interval
        assert low <= each.first - each.second <= high
    sentence = paired_sentence("good", "poor", found)
    assert sentence.startswith("good is better than poor: kNN accuracy ")
    assert paired_sentence("poor", "good", pair_encoders(poor, good)).startswith("good is better than poor: ")


def test_pairing_is_tighter_than_two_intervals_apart():
    """Both are right on nearly the same items; the wrong variant that ignores it cannot tell them apart."""
    ours, theirs = protocols([0.75] * 5, 0.75), protocols([0.73] * 5, 0.73)
    found = pair_encoders(ours, theirs)
    assert all(each.sign == 1 for each in found)
    (low, _), (_, high) = (bootstrap_interval(each.answers["kNN accuracy"]) for each in (ours, theirs))
    assert low < high


def test_what_cannot_be_told_apart_and_what_disagrees():
    assert "cannot be told apart" in paired_sentence("a", "b", pair_encoders(START, START))
    mixed = pair_encoders(protocols([0.7] * 5, 0.5), START)
    assert "a is better than b by one measure and worse by the other" in paired_sentence("a", "b", mixed)
    assert "was not asked" in paired_sentence("a", "b", [])


def test_other_items_are_refused():
    (train, labels), (test, test_labels) = vectors(0.4, 400), vectors(0.4, 200, seed=1)
    first = evaluate_vectors(train, labels, test, test_labels)
    second = evaluate_vectors(train, labels, test[:100], test_labels[:100])
    with pytest.raises(UserError, match="the same test items"):
        pair_encoders(first, second)
