import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score

from selftaught.core import UserError
from selftaught.evaluation import cluster_agreement, cluster_vectors, silhouettes
from selftaught.evaluation.clustering import _best, agreement_of_counts
from selftaught.evaluation.intervals import resamples


def blobs(n: int, *, classes: int = 4, spread: float = 0.3, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % classes
    centres = 2 * torch.eye(8)[:classes]
    return centres[labels] + spread * torch.randn(n, 8, generator=generator), labels


def test_agreement_equals_sklearn_and_every_matching_tried():
    generator = torch.Generator().manual_seed(0)
    for groups_count, classes_count in ((4, 4), (3, 5), (5, 3)):
        labels = torch.randint(classes_count, (200,), generator=generator)
        noisy = torch.randint(groups_count, (200,), generator=generator)
        groups = torch.where(torch.rand(200, generator=generator) < 0.6, labels.clamp_max(groups_count - 1), noisy)
        found = cluster_agreement(groups, labels)
        assert found.mutual_information == pytest.approx(normalized_mutual_info_score(labels, groups), rel=1e-10)
        assert found.adjusted_rand == pytest.approx(adjusted_rand_score(labels, groups), rel=1e-10)
        most = max(groups_count, classes_count)
        best = max(
            np.mean([order[g] == c for g, c in zip(groups.tolist(), labels.tolist(), strict=True)])
            for order in itertools.permutations(range(most))
        )
        assert found.accuracy == pytest.approx(best, abs=1e-12)


def test_on_resamples_it_is_what_sklearn_says_of_the_items_drawn():
    generator = torch.Generator().manual_seed(1)
    labels = torch.randint(4, (40,), generator=generator)
    groups = torch.where(torch.rand(40, generator=generator) < 0.6, labels, 7)
    drawn = cluster_agreement(groups, labels).resampled(seed=5)
    counts = torch.cat(list(resamples(40, seed=5))).long()
    for row in range(0, 2000, 100):
        which = torch.arange(40).repeat_interleave(counts[row])
        expected = normalized_mutual_info_score(labels[which], groups[which])
        assert drawn["NMI"][row] == pytest.approx(expected, abs=1e-10)
        assert drawn["ARI"][row] == pytest.approx(adjusted_rand_score(labels[which], groups[which]), abs=1e-10)


@pytest.mark.parametrize(
    ("groups", "labels"),
    [([0, 0, 0], [0, 0, 0]), ([0, 0, 0], [0, 1, 1]), ([0, 1, 2], [0, 1, 2]), ([0, 1, 1], [0, 0, 0]), ([0], [0])],
)
def test_tables_with_one_class_or_one_group_are_as_in_sklearn(groups: list[int], labels: list[int]):
    places = torch.tensor([groups, labels])
    cells, counts = places.unique(dim=1, return_counts=True)
    nmi, ari = agreement_of_counts(counts[None].double(), cells[0], cells[1])
    assert nmi.item() == pytest.approx(normalized_mutual_info_score(labels, groups))
    assert ari.item() == pytest.approx(adjusted_rand_score(labels, groups))


def test_a_class_is_matched_with_one_group_only():
    """The wrong variant that gives every group its commonest class (purity) reaches 1 with a group for each item."""
    labels, groups = torch.arange(20) % 2, torch.arange(20)
    found = cluster_agreement(groups, labels)
    purity = sum(int(labels[groups == group].bincount().max()) for group in range(20)) / 20
    assert purity == 1
    assert found.accuracy == pytest.approx(0.1)
    assert found.adjusted_rand == pytest.approx(0, abs=1e-12)


def test_names_of_groups_do_not_matter():
    labels = torch.tensor([3, 3, 9, 9])
    assert cluster_agreement(torch.tensor([7, 7, 1, 1]), labels).as_json() == {
        "clusters": 2,
        "nmi": 1.0,
        "ari": 1.0,
        "accuracy": 1.0,
    }
    with pytest.raises(UserError, match="got 3 and 4"):
        cluster_agreement(torch.tensor([0, 1, 0]), labels)


def test_clear_groups_are_found_whatever_their_lengths():
    (train, _), (test, labels) = blobs(400), blobs(80, seed=1)
    lengths = torch.rand(80, 1, generator=torch.Generator().manual_seed(2)) * 9 + 1
    groups = cluster_vectors(train, test * lengths, 4)
    assert cluster_agreement(groups, labels).accuracy == 1
    assert (groups == cluster_vectors(train, test, 4)).all()


def test_a_collapsed_encoder_finds_nothing():
    labels = torch.arange(60) % 3
    found = cluster_agreement(cluster_vectors(torch.ones(60, 4), torch.ones(60, 4), 3), labels)
    assert found.accuracy < 0.4
    assert found.mutual_information < 0.01


def test_silhouettes_equal_sklearn():
    vectors, _ = blobs(300)
    found = silhouettes(vectors)
    assert list(found) == [2, 5, 10, 20, 50]
    points = F.normalize(vectors.double())
    order = torch.randperm(300, generator=torch.Generator().manual_seed(0))
    for clusters, score in found.items():
        groups = _best(points[order].float(), clusters, 0, starts=1).assignments.numpy()
        expected = silhouette_score(points[order].numpy(), groups, metric="euclidean")
        assert score == pytest.approx(expected, rel=1e-9)
    assert max(found, key=lambda clusters: found[clusters]) == 5  # of those tried the nearest to 4
    assert found[5] > 0.4


def test_silhouettes_of_nothing_to_see():
    assert silhouettes(torch.zeros(4, 3)) == {}
    assert silhouettes(torch.ones(40, 3)) == {2: 0.0, 5: 0.0}
