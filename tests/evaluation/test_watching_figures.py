"""The figures that are taken while a run goes on, and the rules that read them."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from oracles.directions import spread_of_directions as spread_written_out
from sklearn.decomposition import PCA
from torch import Tensor
from torch.nn import functional as F

from selftaught.evaluation.collapse import find_symptom
from selftaught.evaluation.watching import effective_rank, spread_of_directions, take_figures
from selftaught.evaluation.without_labels import label_free

VECTORS = torch.randn(40, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * torch.arange(1, 7) + 2
START = {"spread": 0.2, "dead_features": 0.1, "embedding_spread": 0.2, "embedding_rank": 8.0}


def rank_by_scikit_learn(vectors: Tensor) -> float:
    units = vectors.numpy() / np.linalg.norm(vectors.numpy(), axis=1, keepdims=True)
    shares = PCA(svd_solver="full").fit(units).explained_variance_ratio_
    return math.exp(-sum(share * math.log(share) for share in shares if share > 0))


def agrees(rank: Callable[[Tensor], float]) -> bool:
    return abs(rank(VECTORS) - rank_by_scikit_learn(VECTORS)) < 1e-10


def entropy_rank(values: Tensor) -> float:
    return math.exp(float(torch.special.entr(values / values.sum()).sum()))


def test_the_effective_rank_is_that_of_scikit_learns_variances() -> None:
    assert agrees(effective_rank)


WRONG: dict[str, Callable[[Tensor], float]] = {
    "not centred": lambda x: entropy_rank(torch.linalg.svdvals(F.normalize(x)).square()),
    "of lengths, too": lambda x: entropy_rank(torch.linalg.svdvals(x - x.mean(0)).square()),
    "of deviations instead of variances": lambda x: entropy_rank(
        torch.linalg.svdvals(F.normalize(x) - F.normalize(x).mean(0))
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_ranks_are_seen(name: str) -> None:
    assert not agrees(WRONG[name])


def test_the_spread_is_that_of_the_oracle_and_at_its_ends_known() -> None:
    assert abs(spread_of_directions(VECTORS) - spread_written_out(VECTORS.tolist())) < 1e-10
    assert spread_of_directions(torch.ones(5, 3) * torch.arange(1, 6)[:, None]) == pytest.approx(0, abs=1e-7)
    assert spread_of_directions(torch.cat([torch.eye(3), -torch.eye(3)])) == pytest.approx(1)


def test_one_line_is_one_direction_and_none_is_none() -> None:
    line = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [3.0, 0.0]])
    assert effective_rank(line) == pytest.approx(1)
    assert effective_rank(torch.ones(4, 2)) == 0


def test_figures_of_vectors_embeddings_and_labels() -> None:
    labels = torch.tensor([0, 0, 1, 1] * 10)
    found = take_figures(F.one_hot(labels).double(), VECTORS, labels)
    assert found["knn_accuracy"] == 1
    assert found["embedding_rank"] == effective_rank(VECTORS)
    assert {"rankme", "spread", "dead_features", "uniformity", "flat"} < set(found)
    some = torch.where(torch.arange(40) < 20, labels, -1)  # the others are nobody's neighbours
    assert take_figures(F.one_hot(labels).double(), None, some)["knn_accuracy"] == 1


def test_vectors_that_are_not_finite_have_no_figures_but_a_symptom() -> None:
    broken = VECTORS.clone()
    broken[3, 2] = math.inf
    found = take_figures(broken, VECTORS)
    assert all(map(math.isnan, found.values()))
    assert find_symptom(START, found).name == "not finite"
    assert find_symptom(START, take_figures(VECTORS, broken)).name == "not finite"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, None),
        ({"embedding_spread": 0.9, "embedding_rank": 30.0, "spread": 0.5}, None),
        ({"embedding_spread": 0.099}, "complete collapse"),
        ({"embedding_spread": 0.101}, None),
        ({"spread": 5e-4}, "complete collapse"),
        ({"spread": 2e-3}, None),
        ({"embedding_rank": 1.9}, "dimensional collapse"),
        ({"embedding_rank": 2.1}, None),
        ({"embedding_spread": 0.01, "embedding_rank": 1.0, "dead_features": 1.0}, "complete collapse"),
        ({"dead_features": 0.5}, "dead features"),
        ({"dead_features": 0.49}, None),
        ({"active_latents": 0.9}, "posterior collapse"),
        ({"active_latents": 1.0}, None),
        ({"kl_nats": 0.009}, "posterior collapse"),
        ({"kl_nats": 0.01}, None),
        ({"codes_in_use": 0.049}, "unused codes"),
        ({"codes_in_use": 0.05}, None),
        ({"clusters_in_use": 0.099}, "empty clusters"),
        ({"clusters_in_use": 0.1}, None),
        ({"variety_of_samples": 0.099, "dead_features": 1.0}, "mode collapse"),
        ({"variety_of_samples": 0.1}, None),
        ({"embedding_deviation": 0.149, "embedding_spread": 0.01}, "shrinking embeddings"),
        ({"embedding_deviation": 0.15}, None),
    ],
)
def test_rules(changes: dict[str, float], name: str | None) -> None:
    found = find_symptom(START, START | changes)
    assert (found and found.name) == name


def test_what_was_narrow_or_dead_from_the_start_is_no_symptom() -> None:
    narrow = START | {"embedding_spread": 0.03, "spread": 5e-4, "dead_features": 0.6}
    assert find_symptom(narrow, narrow) is None
    assert find_symptom(narrow, narrow | {"embedding_spread": 0.01}).name == "complete collapse"


def test_a_method_that_compares_no_embeddings_has_the_encoders_symptoms() -> None:
    start = {"spread": 0.2, "dead_features": 0.0}
    assert find_symptom(start, {"spread": 1e-4, "dead_features": 0.0}).sentence.startswith("the vectors of the encoder")
    assert find_symptom(start, {"spread": 0.1, "dead_features": 0.0}) is None


def test_what_every_look_tells_is_what_an_evaluation_tells() -> None:
    found, free = take_figures(VECTORS), label_free(VECTORS)
    assert found["alpha_req"] == free.alpha_req
    assert (found["rankme"], found["uniformity"], found["flat"]) == (free.rankme, free.uniformity, free.flat)
    assert "alpha_req" not in take_figures(VECTORS[:, :3])  # three directions have no slope, which is no nan
