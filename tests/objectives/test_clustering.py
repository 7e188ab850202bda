"""The classifier's loss and the sampling against loops written from the paper, and wrong versions of both."""

import math

import pytest
import torch
from embeddings import normal
from oracles import clustering as oracle

from selftaught.objectives import cluster_surprise, uniform_over_clusters


def accepts_surprise(objective):
    """Whether a function has the oracle's value for every item, and the gradient of it."""
    for seed, (count, clusters) in enumerate([(1, 2), (4, 3), (7, 10)]):
        scores = 3 * normal(count, clusters, seed=seed).detach()
        own = torch.randint(clusters, (count,), generator=torch.Generator().manual_seed(seed))
        expected = [oracle.surprise(row, k) for row, k in zip(scores.tolist(), own.tolist(), strict=True)]
        got = objective(scores, own)
        if got.shape != (count,) or (got - torch.tensor(expected, dtype=torch.float64)).abs().max() > 1e-10:
            return False
    return torch.autograd.gradcheck(lambda x: objective(x, own), scores.requires_grad_(True), raise_exception=False)


def accepts_weights(weigh):
    """Whether every cluster is drawn equally often, and every item of it."""
    for clusters in ([0, 1, 1, 1, 4], [2, 2, 0], [5]):
        expected = torch.tensor(oracle.sampling_weights(clusters))
        got = weigh(torch.tensor(clusters))
        if not torch.allclose(got.double() / got.sum(), expected.double() / expected.sum(), atol=1e-6):
            return False
    return True


def probability(scores, own):
    return 1 - scores.softmax(1).gather(1, own[:, None])[:, 0]


def mean_over_items(scores, own):
    return cluster_surprise(scores, own).mean().expand(len(own))


def another_cluster(scores, own):
    return cluster_surprise(scores, (own + 1) % scores.shape[1])


def squared_error(scores, own):
    return (scores - torch.nn.functional.one_hot(own, scores.shape[1])).square().mean(1)


def own_left_out_of_the_denominator(scores, own):
    rest = scores.scatter(1, own[:, None], float("-inf"))
    return rest.logsumexp(1) - scores.gather(1, own[:, None])[:, 0]


def unbalanced_sampling(clusters):
    return torch.ones(len(clusters))


def twice_inverted(clusters):
    return clusters.bincount()[clusters].float()


def root_of_the_size(clusters):
    return uniform_over_clusters(clusters).sqrt()


def test_both_are_accepted():
    assert accepts_surprise(cluster_surprise)
    assert accepts_weights(uniform_over_clusters)


@pytest.mark.parametrize(
    "wrong",
    [probability, mean_over_items, another_cluster, squared_error, own_left_out_of_the_denominator],
    ids=lambda wrong: wrong.__name__,
)
def test_a_wrong_surprise_is_rejected(wrong):
    assert not accepts_surprise(wrong)


@pytest.mark.parametrize(
    "wrong", [unbalanced_sampling, twice_inverted, root_of_the_size], ids=lambda wrong: wrong.__name__
)
def test_wrong_weights_are_rejected(wrong):
    assert not accepts_weights(wrong)


@pytest.mark.parametrize("clusters", [2, 100])
def test_equal_scores_have_a_closed_form(clusters):
    surprise = cluster_surprise(torch.full((3, clusters), 7.0, dtype=torch.float64), torch.tensor([0, 1, 1]))
    assert surprise.tolist() == pytest.approx([math.log(clusters)] * 3, abs=1e-12)


def test_half_precision_is_widened():
    assert cluster_surprise(torch.zeros(1, 2, dtype=torch.bfloat16), torch.tensor([0])).dtype == torch.float32
