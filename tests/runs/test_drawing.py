"""Views of every kind of data can be looked at."""

import numpy as np
import pytest
import torch

from selftaught.core import CorruptedGraph, MaskedImages, MaskedText, MultiView, PixelsWithLatents, Recordings
from selftaught.encoders import AudioPreprocessing, GraphPreprocessing, Preprocessing, TextPreprocessing
from selftaught.parts.word_pieces import special_tokens, tokenize, train_tokenizer
from selftaught.runs.drawing import draw_views, sample_views
from selftaught.views import MaskedSentencePairs

COLOUR = Preprocessing(16, 3, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
TEXT = "the quick brown fox jumps over the lazy dog"


def generator():
    return torch.Generator().manual_seed(0)


def test_pictures_are_the_views_without_normalisation():
    images = torch.rand(2, 3, 16, 16, generator=generator())
    normalised = (images - 0.5) / 0.25
    drawn = draw_views(MultiView(torch.arange(2), (normalised, 0 * normalised)), COLOUR)
    assert list(drawn.columns) == ["view 1", "view 2"]
    expected = (images * 255).round().byte().permute(0, 2, 3, 1).numpy()
    assert np.abs(np.stack(drawn.columns["view 1"]).astype(int) - expected).max() <= 1
    assert len(drawn.examples()) == 2


def test_seen_and_hidden_patches_make_up_the_image():
    views = MaskedImages.example(2, generator())
    drawn = draw_views(views, COLOUR)
    seen, hidden = (np.stack(drawn.columns[name]).astype(int) for name in ("seen", "to be guessed"))
    whole = np.stack(draw_views(MultiView(views.index, (views.images,)), COLOUR).columns["view 1"]).astype(int)
    grey = 128
    assert np.array_equal(np.where(seen == grey, hidden, seen), whole)
    assert (seen != hidden).any(axis=(1, 2, 3)).all()


def test_values_of_a_likelihood_are_drawn_in_the_colours_of_the_image():
    columns = draw_views(PixelsWithLatents.example(2, generator()), COLOUR).columns
    seen, explained = (np.stack(columns[name]).astype(int) for name in ("seen", "to be explained"))
    assert np.abs(seen - explained).max() <= 1
    assert seen.std() > 50


def test_hidden_words_are_not_read_but_asked():
    tokenizer = train_tokenizer([TEXT] * 4, vocabulary_size=200)
    numbers = tokenize(tokenizer, [TEXT]).values.tolist()
    special = special_tokens(tokenizer)
    hidden, place = numbers[3], 1 + 3
    tokens = [special.first, *numbers[:5], special.separator, *numbers[5:], special.separator]
    tokens[place] = special.mask
    batch = MaskedText(
        torch.arange(1),
        torch.tensor([[*tokens, special.padding]]),
        torch.tensor([len(tokens)]),
        torch.tensor([7]),
        torch.tensor([[place, 0]]),
        torch.tensor([[hidden, 0]]),
        torch.tensor([1]),
        torch.tensor([True]),
    )
    (example,) = draw_views(batch, TextPreprocessing(tokenizer, 32)).examples()
    assert example.shown["read"] == "the quick brown ▢ jumps / over the lazy dog"
    assert example.shown["asked"] == "fox; the second part follows the first"


def test_pairs_of_a_text_are_drawn(tmp_path):
    from selftaught.data import open_texts
    from selftaught.runs.planning import training_items

    path = tmp_path / "corpus.txt"
    path.write_text("\n\n".join(["\n".join([TEXT] * 3)] * 4), encoding="utf-8")
    tokenizer = train_tokenizer([TEXT] * 4, vocabulary_size=200)
    make_views = MaskedSentencePairs(tokenizer=tokenizer, max_tokens=32)
    items = training_items(open_texts(path).train, make_views)
    drawn = sample_views(items, make_views, TextPreprocessing(tokenizer, 32), seed=0)
    assert all(" / " in words for words in drawn.columns["read"])


def test_recordings_are_drawn_to_their_own_end():
    loud_then_still = torch.cat([torch.ones(1440), torch.zeros(1440)])
    batch = Recordings(torch.arange(2), loud_then_still.repeat(2, 1), torch.tensor([2880, 1440]))
    whole, half = draw_views(batch, AudioPreprocessing(16_000)).columns["segment"]
    ink = [(picture < 128).any(axis=(0, 2)).mean() for picture in (whole, half)]  # the middle line is always drawn
    tall = [((picture < 128).sum(axis=(0, 2)) > 4).mean() for picture in (whole, half)]
    assert ink == [1.0, 1.0]
    assert tall == pytest.approx([0.5, 1.0], abs=0.02)


def test_nodes_are_told_with_their_features():
    graph = CorruptedGraph(
        index=torch.arange(1),
        rows=torch.tensor([1]),
        features=torch.tensor([[0.0, 1.0], [1.0, 0.0]]),
        edge_index=torch.tensor([[0], [1]]),
        permutation=torch.tensor([1, 0]),
        from_corrupted=torch.tensor([False]),
    )
    (example,) = draw_views(graph, GraphPreprocessing(2)).examples()
    assert example.shown == {"in the graph": "node 1, degree 1: features 0", "corrupted": "features 1 of node 0"}


def test_views_without_images_are_not_drawn():
    drawn = draw_views(MultiView(torch.arange(2), (torch.zeros(2, 8),)), COLOUR)
    assert drawn.examples() == []
