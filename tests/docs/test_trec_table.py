"""What a small BERT learned, as a table: of one seed with the spread over draws, of several with that over seeds."""

import pytest
from test_pages import script
from test_results_table import ORIGIN


def scores(knn: float, linear: float) -> dict:
    return {"knn": {"accuracy": knn}, "linear": {"all": {"mean": linear, "std": 0.2}, "100": {"mean": None}}}


def run(seed: int, knn: float) -> dict:
    own = {
        "masked_token_accuracy": {"value": 0.2, "at_start": 0.0, "chance": 0.05},
        "masked_language_model": {"value": 5.0 + seed, "at_start": 9.0, "chance": 9.0},
    }
    controls = {"random_start": scores(0.6, 0.6), "raw_input": scores(0.5, 0.5)}
    of = {"protocols": scores(knn, knn), "controls": controls, "bag_of_untrained_embeddings": scores(0.7, 0.7)}
    read = {"held_out_glosses": own, "chapters_of_a_book": own}
    return {"seed": seed, "steps": 1000, "train_seconds": 600 + 60 * seed, **read, **of}


@pytest.fixture(scope="module")
def table():
    return script("benchmarks/kinds_tables.py").trec


def test_one_seed_has_the_spread_over_draws(table):
    text = table({"runs": [run(0, 0.8)], **ORIGIN})
    assert "| glosses that it has not read | trained | start | chance |" in text
    assert "| masked token accuracy | 20.0 % | 0.0 % | 5.0 % |" in text
    assert "| BERT | 80.0 | 80.0 ± 20.0 |" in text
    assert "1 seed, 1,000 steps, at most 10 minutes" in text


def test_several_seeds_have_theirs(table):
    text = table({"runs": [run(0, 0.8), run(1, 0.9)], **ORIGIN})
    assert "| BERT | 85.0 ± 7.1 | 85.0 ± 7.1 |" in text
    assert "| bag of untrained embeddings | 70.0 ± 0.0 | 70.0 ± 0.0 |" in text
    assert "| masked language model | 5.50 nats | 9.00 nats | 9.00 nats |" in text
    assert "2 seeds, 1,000 steps, at most 11 minutes" in text
