"""Pairs of segments, by what BERT's own program guarantees, and wrong ways to make them."""

import random
from array import array

import numpy as np
import pytest
import torch

from selftaught.core import UserError
from selftaught.parts.word_pieces import SpecialTokens
from selftaught.views import PairedSegments
from selftaught.views.segment_pairs import Pairs, pair_segments
from selftaught.views.tokenised import TokenisedDocuments

ROOM = 40


def corpus(documents=60, sentences=30, seed=0):
    """Every token is its own place, so that a segment says where it is from."""
    generator = np.random.default_rng(seed)
    counts = generator.integers(1, sentences, documents)
    lengths = generator.integers(1, 9, counts.sum())
    bounds = np.concatenate([[0], lengths.cumsum()])
    return TokenisedDocuments(np.arange(bounds[-1]), bounds, np.concatenate([[0], counts.cumsum()]))


def accepts(make, short=0.1):
    """Whether pairs are made as the paper's are."""
    found = corpus()
    pairs = make(found, max_tokens=ROOM + 3, short_fraction=short, seed=1, copies=3)
    starts_of_documents = found.sentences[found.documents]
    of_first, of_second = (
        np.searchsorted(starts_of_documents, each[:, 0], side="right") for each in (pairs.first, pairs.second)
    )
    lengths = (pairs.first[:, 1] - pairs.first[:, 0], pairs.second[:, 1] - pairs.second[:, 0])
    together = lengths[0] + lengths[1]
    gap = pairs.second[:, 0] - pairs.first[:, 1]
    checks = {
        "no segment is empty": (min(map(min, lengths)) >= 1),
        "all fit": (together <= ROOM).all(),
        "a wrong second is from another document": (of_first != of_second)[~pairs.is_next].all(),
        "a right second is from the same": (of_first == of_second)[pairs.is_next].all(),
        "a right second follows": (gap[pairs.is_next] >= 0).all() and not gap[pairs.is_next & (together < ROOM)].any(),
        "about half follow": 0.35 < pairs.is_next.mean() < 0.5,
        "short ones are few": (together < ROOM / 2).mean() < 0.35,
    }
    reached = np.zeros(len(found.tokens), dtype=np.int64)  # in their own place: what nothing was taken from is missing
    for (begin, end), (start, stop), follows in zip(pairs.first, pairs.second, pairs.is_next, strict=True):
        reached[begin:end] += 1
        reached[start:stop] += follows
    checks["unused sentences are put back"] = (reached == 0).mean() < 0.03 and np.median(reached) == 3
    return all(bool(value) for value in checks.values())


def joined(sentences):
    return [token for sentence in sentences for token in sentence]


def in_loops(documents, *, max_tokens, short_fraction, seed, copies=1, same=False, lost=False, chance=0.5):
    """The same by plain loops over single tokens, with switches for what can go wrong."""
    generator, table = random.Random(seed), array("q")
    count, room = len(documents.documents) - 1, max_tokens - 3
    sentences = [
        [list(range(*documents.sentences[s : s + 2])) for s in range(*documents.documents[d : d + 2])]
        for d in range(count)
    ]
    for document in list(range(count)) * copies:
        chunk, place = [], 0
        target = generator.randint(2, room) if generator.random() < short_fraction else room
        while place < len(sentences[document]):
            chunk.append(sentences[document][place])
            if place == len(sentences[document]) - 1 or sum(map(len, chunk)) >= target:
                cut = generator.randint(1, len(chunk) - 1) if len(chunk) > 1 else 1
                first, second = joined(chunk[:cut]), joined(chunk[cut:])
                follows = len(chunk) > 1 and generator.random() < chance
                if not follows:
                    other = document if same else generator.choice([d for d in range(count) if d != document])
                    start = generator.randrange(len(sentences[other]))
                    second = []
                    for sentence in sentences[other][start:]:
                        second += sentence
                        if len(second) >= target - len(first):
                            break
                    place -= 0 if lost else len(chunk) - cut
                while len(first) + len(second) > room:
                    longer = first if len(first) > len(second) else second
                    longer.pop(0 if generator.random() < 0.5 else -1)
                table.extend((first[0], first[-1] + 1, second[0], second[-1] + 1, follows))
                chunk, target = [], generator.randint(2, room) if generator.random() < short_fraction else room
            place += 1
    found = np.array(table).reshape(-1, 5)
    return Pairs(found[:, :2], found[:, 2:4], found[:, 4] > 0, 0)


def test_it_is_accepted():
    assert accepts(pair_segments)


def test_plain_loops_are_accepted():
    assert accepts(in_loops)


@pytest.mark.parametrize(
    "wrong", [{"same": True}, {"lost": True}, {"chance": 1.0}, {"chance": 0.1}, {"short_fraction": 1.0}], ids=str
)
def test_wrong_ways_are_rejected(wrong):
    assert not accepts(lambda documents, **settings: in_loops(documents, **{**settings, **wrong}))


def test_they_agree_with_plain_loops_in_the_mean():
    found = corpus(200)
    settings = {"max_tokens": ROOM + 3, "short_fraction": 0.1, "seed": 3, "copies": 8}
    ours, loops = pair_segments(found, **settings), in_loops(found, **settings)
    assert len(ours.first) == pytest.approx(len(loops.first), rel=0.03)
    assert ours.is_next.mean() == pytest.approx(loops.is_next.mean(), abs=0.03)
    for mine, theirs in ((ours.first, loops.first), (ours.second, loops.second)):
        assert np.diff(mine).mean() == pytest.approx(np.diff(theirs).mean(), rel=0.04)
        assert np.diff(mine).std() == pytest.approx(np.diff(theirs).std(), rel=0.06)


def test_a_seed_fixes_them_and_copies_differ():
    found = corpus()
    one, again, other = (
        pair_segments(found, max_tokens=43, short_fraction=0.1, seed=seed, copies=2) for seed in (0, 0, 1)
    )
    assert np.array_equal(one.first, again.first)
    assert np.array_equal(one.second, again.second)
    assert not np.array_equal(one.second[:50], other.second[:50])
    half = len(one.first) // 2
    assert not np.array_equal(one.second[: half - 5], one.second[half : 2 * half - 5])


def test_half_of_all_cuts_follow_where_there_are_always_sentences_left():
    long = TokenisedDocuments(np.arange(20_000), np.arange(0, 20_001, 2), np.array([0, 5000, 10_000]))
    pairs = pair_segments(long, max_tokens=23, short_fraction=0.0, seed=0)
    assert pairs.is_next.mean() == pytest.approx(0.5, abs=0.05)
    assert (np.diff(pairs.first) + np.diff(pairs.second) == 20).mean() > 0.98


def test_tokens_go_from_the_longer_segment_at_either_end():
    long = TokenisedDocuments(np.arange(60), np.array([0, 25, 60]), np.array([0, 1, 2]))
    pairs = pair_segments(long, max_tokens=23, short_fraction=0.0, seed=0, copies=200)
    assert pairs.shortened == 400
    assert (np.diff(pairs.first) == 10).all()
    begins = pairs.first[::2, 0]
    assert begins.mean() == pytest.approx(7.5, abs=0.5)  # 15 tokens too many, half of them in front
    assert begins.std() == pytest.approx((15 / 4) ** 0.5, rel=0.2)


def test_one_document_is_refused():
    one = TokenisedDocuments(np.arange(4), np.array([0, 2, 4]), np.array([0, 2]))
    with pytest.raises(UserError, match="several documents, got 1; put a blank line between"):
        pair_segments(one, max_tokens=10, short_fraction=0.1, seed=0)


def test_a_batch_is_what_the_segments_say():
    found = corpus()
    pairs = pair_segments(found, max_tokens=ROOM + 3, short_fraction=0.1, seed=0)
    grouped = PairedSegments(found, pairs, SpecialTokens(9000, 9001, 9002, 9003, 9004))
    rows = [7, 0, 31]
    batch = grouped.batch(rows)
    for line, row in enumerate(rows):
        expected = [9002, *range(*pairs.first[row]), 9003, *range(*pairs.second[row]), 9003]
        length = int(batch.lengths[line])
        assert batch.tokens[line, :length].tolist() == expected
        assert (batch.tokens[line, length:] == 9000).all()
        assert int(batch.first_lengths[line]) == np.diff(pairs.first[row]).item() + 2
        assert bool(batch.is_next[line]) == bool(pairs.is_next[row])
    assert len(grouped) == len(pairs.is_next)
    assert torch.equal(grouped.batch(torch.tensor(rows)).tokens, batch.tokens)
    assert "60 documents" in grouped.describe()[0]
