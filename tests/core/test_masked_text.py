"""The wrong pairings of masked text, place by place."""

import torch

from selftaught.core import MaskedText


def example():
    # [CLS]=2, [SEP]=3, [MASK]=4; the first item hides 11 and 21, the second hides 31
    return MaskedText(
        index=torch.tensor([5, 6]),
        tokens=torch.tensor([[2, 10, 4, 3, 20, 4, 3], [2, 4, 3, 40, 41, 3, 0]]),
        lengths=torch.tensor([7, 6]),
        first_lengths=torch.tensor([4, 3]),
        positions=torch.tensor([[2, 5], [1, 0]]),
        targets=torch.tensor([[11, 21], [31, 0]]),
        target_counts=torch.tensor([2, 1]),
        is_next=torch.tensor([True, False]),
    )


def predicted(views, item):
    count = int(views.target_counts[item])
    return dict(zip(views.positions[item, :count].tolist(), views.targets[item, :count].tolist(), strict=True))


def test_segments_begin_after_the_first_separator():
    assert example().segments[0].tolist() == [0, 0, 0, 0, 1, 1, 1]


def test_another_items_second_segment_comes_with_what_it_hides():
    wrong = example().mismatched()["another item"]
    assert wrong.tokens.tolist() == [[2, 10, 4, 3, 40, 41, 3], [2, 4, 3, 20, 4, 3, 0]]
    assert wrong.lengths.tolist() == [7, 6]
    assert wrong.first_lengths.tolist() == [4, 3]
    assert [predicted(wrong, item) for item in range(2)] == [{2: 11}, {1: 31, 4: 21}]
    assert wrong.is_next.tolist() == [True, True]


def test_a_second_segment_that_is_too_long_loses_its_beginning():
    views = example()
    long = torch.tensor([[2, 10, 11, 12, 13, 3, 3], [2, 4, 3, 40, 41, 42, 3]])
    views = MaskedText(
        views.index,
        long,
        torch.tensor([7, 7]),
        torch.tensor([6, 3]),
        torch.tensor([[1], [1]]),
        torch.tensor([[10], [31]]),
        torch.tensor([1, 1]),
        views.is_next,
    )
    assert views.mismatched()["another item"].tokens.tolist() == [[2, 10, 11, 12, 13, 3, 3], [2, 4, 3, 3, 0, 0, 0]]


def test_the_wrong_order_has_both_segments_and_all_they_hide():
    wrong = example().mismatched()["wrong order"]
    assert wrong.tokens.tolist() == [[2, 20, 4, 3, 10, 4, 3], [2, 40, 41, 3, 4, 3, 0]]
    assert wrong.first_lengths.tolist() == [4, 4]
    assert [predicted(wrong, item) for item in range(2)] == [{2: 21, 5: 11}, {4: 31}]
    assert wrong.is_next.tolist() == [True, False]


def test_corrupted_words_are_another_items():
    wrong = example().mismatched()["corrupted"]
    assert [predicted(wrong, item) for item in range(2)] == [{2: 31, 5: 31}, {1: 11}]
    assert torch.equal(wrong.tokens, example().tokens)


def test_the_example_is_sound():
    views = MaskedText.example(50, torch.Generator().manual_seed(0))
    mask = views.sequences.mask
    assert (views.tokens[~mask] == 0).all()
    assert (views.tokens.gather(1, views.first_lengths[:, None] - 1) == 3).all()
    assert (views.tokens.gather(1, views.lengths[:, None] - 1) == 3).all()
    assert set(views.target_counts.tolist()) == {1, 2}
    taken = views.take(torch.tensor([3, 1]))
    assert taken.is_next.tolist() == views.is_next[[3, 1]].tolist()
