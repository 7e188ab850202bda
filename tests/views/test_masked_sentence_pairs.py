"""What is hidden of a pair and how, and wrong ways that the same check rejects."""

import dataclasses

import pytest
import torch
from oracles.language import masked_count

from selftaught.core import MaskedText, UserError
from selftaught.data import open_texts
from selftaught.parts.word_pieces import continuing_pieces, special_tokens, train_tokenizer, vocabulary_size_of
from selftaught.views import Draws, MaskedSentencePairs

WORDS = [f"{first}{second}{third}" for first in "bdgklm" for second in "aeiou" for third in ("n", "rst", "mbling")]
DOCUMENTS = [
    "\n".join(
        " ".join(WORDS[(7 * d + 5 * s + 3 * w * w) % len(WORDS)] for w in range(4 + (d + s) % 7)) for s in range(9)
    )
    for d in range(40)
]
TOKENIZER = train_tokenizer(DOCUMENTS, vocabulary_size=70)
SPECIAL = special_tokens(TOKENIZER)


def make(**changes):
    return MaskedSentencePairs(tokenizer=TOKENIZER, **{"max_tokens": 48, **changes})


def pairs(maker):
    found = maker.regroup(open_texts(DOCUMENTS).train)
    return found.batch(range(len(found)))


def accepts(mask, share=0.15):
    """Whether the right number of tokens is hidden, as the paper does it, with the right targets."""
    maker = make(masked_fraction=share)
    items = pairs(maker)
    views = mask(maker, items, Draws(3, batch=len(items)))
    changed = views.tokens != items.tokens
    hidden = torch.zeros_like(changed)
    for line, count in enumerate(views.target_counts.tolist()):
        if count != masked_count(int(items.lengths[line]), share):
            return False
        places = views.positions[line, :count]
        if len(places.unique()) != count or not torch.equal(items.tokens[line, places], views.targets[line, :count]):
            return False
        hidden[line, places] = True
    is_special = torch.isin(items.tokens, torch.tensor([SPECIAL.padding, SPECIAL.first, SPECIAL.separator]))
    now = views.tokens[hidden]
    masked, same = (now == SPECIAL.mask), (now == items.tokens[hidden])
    shares = [masked.float().mean().item(), same.float().mean().item()]
    others = now[~masked & ~same]
    return (
        not (changed & ~hidden).any()
        and not (hidden & is_special).any()
        and abs(shares[0] - 0.8) < 0.03
        and abs(shares[1] - 0.1 - 0.1 / vocabulary_size_of(TOKENIZER)) < 0.03
        and len(others.unique()) > 0.6 * vocabulary_size_of(TOKENIZER)
        and not torch.isin(others, torch.tensor([SPECIAL.padding, SPECIAL.first, SPECIAL.separator])).any()
    )


def ours(maker, items, draws):
    return maker(items, draws=draws)


def chance_for_each_token(maker, items, draws):
    views = maker(items, draws=draws)
    eligible = ~torch.isin(items.tokens, torch.tensor([0, 2, 3]))
    hidden = (torch.rand(items.tokens.shape, generator=torch.Generator().manual_seed(0)) < 0.15) & eligible
    return rebuilt(views, items, hidden, torch.where(hidden, SPECIAL.mask, items.tokens))


def rebuilt(views, items, hidden, tokens):
    counts = hidden.sum(1)
    positions = (~hidden).int().argsort(dim=1, stable=True)[:, : int(counts.max())]
    return dataclasses.replace(
        views, tokens=tokens, positions=positions, targets=items.tokens.gather(1, positions), target_counts=counts
    )


def hidden_in(views):
    slots = torch.arange(views.positions.shape[1]) < views.target_counts[:, None]
    places = torch.where(slots, views.positions, views.tokens.shape[1])
    hidden = torch.zeros(len(views), views.tokens.shape[1] + 1, dtype=torch.bool).scatter(1, places, value=True)
    return hidden[:, :-1]


def special_tokens_too(maker, items, draws):
    views = maker(items, draws=draws)
    hidden = hidden_in(views)
    hidden[:, 0] = True
    return rebuilt(views, items, hidden, torch.where(hidden, SPECIAL.mask, views.tokens))


def kept_ones_not_predicted(maker, items, draws):
    views = maker(items, draws=draws)
    return rebuilt(views, items, hidden_in(views) & (views.tokens != items.tokens), views.tokens)


def always_the_mask(maker, items, draws):
    views = maker(items, draws=draws)
    return dataclasses.replace(views, tokens=torch.where(hidden_in(views), SPECIAL.mask, items.tokens))


def targets_are_what_is_seen(maker, items, draws):
    views = maker(items, draws=draws)
    return dataclasses.replace(views, targets=views.tokens.gather(1, views.positions))


def one_count_for_all(maker, items, draws):
    views = maker(items, draws=draws)
    return dataclasses.replace(views, target_counts=views.target_counts.clamp(max=4))


def test_it_is_accepted():
    assert accepts(ours)
    assert accepts(ours, share=0.4)


@pytest.mark.parametrize(
    "wrong",
    [
        chance_for_each_token,
        special_tokens_too,
        kept_ones_not_predicted,
        always_the_mask,
        targets_are_what_is_seen,
        one_count_for_all,
    ],
)
def test_a_wrong_way_is_rejected(wrong):
    assert not accepts(wrong)


def test_two_processes_hide_what_one_does_whatever_their_longest_pair():
    maker = make()
    items = pairs(maker)
    order = items.lengths.argsort(descending=True)
    order = torch.cat([order[:20], order[-20:]])
    whole = maker.regroup(open_texts(DOCUMENTS).train)
    together = maker(whole.batch(order), draws=Draws(5, batch=40))
    second = maker(whole.batch(order[20:]), draws=Draws(5, batch=40, rows=slice(20, 40)))
    width = second.tokens.shape[1]
    assert width < together.tokens.shape[1]
    assert torch.equal(second.tokens, together.tokens[20:, :width])
    assert torch.equal(hidden_in(second), hidden_in(together)[20:, :width])


def test_every_step_hides_others():
    maker = make()
    items = pairs(maker)
    one, again, other = (maker(items, draws=Draws(seed, batch=len(items))) for seed in (0, 0, 1))
    assert torch.equal(one.tokens, again.tokens)
    assert not torch.equal(one.tokens, other.tokens)


def test_whole_words_are_hidden_whole_and_the_count_is_kept_as_nearly_as_they_allow():
    maker = make(whole_words=True)
    items = pairs(maker)
    views = maker(items, draws=Draws(0, batch=len(items)))
    hidden, goes_on = hidden_in(views), torch.from_numpy(continuing_pieces(TOKENIZER))[items.tokens]
    assert (hidden[:, 1:] == hidden[:, :-1])[goes_on[:, 1:]].float().mean() > 0.99  # segments may begin inside a word
    wanted = torch.tensor([masked_count(length, 0.15) for length in items.lengths.tolist()])
    assert (views.target_counts >= 1).all()
    assert (views.target_counts <= wanted).float().mean() > 0.9
    assert views.target_counts.sum() > 0.7 * wanted.sum()
    apart = make()(items, draws=Draws(0, batch=len(items)))
    assert (hidden_in(apart)[:, 1:] == hidden_in(apart)[:, :-1])[goes_on[:, 1:]].float().mean() < 0.95


def test_a_text_that_spells_a_special_token_does_not_become_one():
    documents = ["say [SEP] and [MASK] aloud\nand more", "another text\nof two lines"]
    maker = MaskedSentencePairs(tokenizer=train_tokenizer(documents, vocabulary_size=90), max_tokens=40)
    batch = maker.regroup(open_texts(documents).train).batch([0, 1])
    assert ((batch.tokens == 3).sum(1) == 2).all()
    assert not (batch.tokens == 4).any()


def test_the_index_and_the_question_are_kept():
    maker = make()
    items = pairs(maker)
    views = maker(items, index=torch.arange(len(items)) + 9, draws=Draws(0, batch=len(items)))
    assert views.index[0] == 9
    assert torch.equal(views.is_next, items.is_next)
    assert isinstance(views, MaskedText)
    assert maker.describe() == []


def test_wrong_values_are_refused():
    for wrong in ({"max_tokens": 4}, {"masked_fraction": 0.0}, {"short_fraction": 1.5}, {"duplicates": 0}):
        with pytest.raises(UserError, match=next(iter(wrong))):
            make(**wrong)
    maker = make()
    items = pairs(maker)
    with pytest.raises(UserError, match="as many pairs as the draws are for, 3"):
        maker(items, draws=Draws(0, batch=3))
    with pytest.raises(UserError, match="at most 5 tokens"):
        make(max_tokens=5)(items)
    with pytest.raises(UserError, match="put a blank line"):
        maker.regroup(open_texts(["Only one. Of two sentences."]).train)
