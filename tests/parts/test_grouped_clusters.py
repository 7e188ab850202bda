"""Two levels of clusters: groups that stay, clusters inside them, and the same in every process."""

import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from selftaught.core import UserError, process_rank
from selftaught.parts import GroupedClusters
from selftaught.testing import in_processes

GROUPS, CLUSTERS, EACH = 3, 2, 10
ITEMS = GROUPS * CLUSTERS * EACH


def points(seed=0):
    """Three groups far apart, in each two clusters that are nearer to one another, in every direction alike."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(ITEMS, generator=generator)
    group = torch.arange(GROUPS).repeat_interleave(CLUSTERS * EACH)[order]
    cluster = torch.arange(CLUSTERS).repeat(GROUPS * EACH)[order]
    rows = torch.zeros(ITEMS, GROUPS + 1, dtype=torch.float64)
    rows[torch.arange(ITEMS), group] = 1.0
    rows[:, GROUPS] = 0.5 * cluster
    return rows + 1e-3 * torch.randn(rows.shape, generator=generator, dtype=torch.float64), group, cluster


def found(seed):
    torch.manual_seed(seed)
    grouped = GroupedClusters(ITEMS, groups=GROUPS, clusters=CLUSTERS, pca_width=4)
    grouped.sort(points()[0], anew=True)
    return grouped


def test_clusters_are_found_inside_their_groups():
    _, group, cluster = points()
    best = max(
        adjusted_rand_score((group * CLUSTERS + cluster).tolist(), found(seed).number.tolist()) for seed in range(8)
    )
    assert best > 0.95  # some starts of k-means are bad
    grouped = found(0)
    assert torch.equal(grouped.number, grouped.group * CLUSTERS + grouped.cluster)
    assert grouped.number.unique().tolist() == list(range(grouped.count))
    rows = torch.tensor([3, 1])
    assert [part.tolist() for part in grouped.of(rows)] == [
        grouped.group[rows].tolist(),
        grouped.cluster[rows].tolist(),
    ]


def test_groups_stay_unless_they_are_to_be_found_anew():
    grouped = found(0)
    before = grouped.group.clone(), grouped.cluster.clone()
    other = points()[0][torch.randperm(ITEMS, generator=torch.Generator().manual_seed(5))]
    grouped.sort(other, anew=False)
    assert torch.equal(grouped.group, before[0])
    assert not torch.equal(grouped.cluster, before[1])
    grouped.sort(other, anew=True)
    assert not torch.equal(grouped.group, before[0])


def test_a_group_smaller_than_its_clusters_has_one_an_item():
    grouped = GroupedClusters(8, groups=2, clusters=4, pca_width=2)
    grouped.group.copy_(torch.tensor([0] * 6 + [1] * 2))
    grouped.sort(torch.randn(8, 3, generator=torch.Generator().manual_seed(0)), anew=False)
    assert grouped.cluster[:6].unique().tolist() == [0, 1, 2, 3]
    assert sorted(grouped.cluster[6:].tolist()) == [0, 1]


def _in_a_process(chance):
    torch.manual_seed(3)
    grouped = GroupedClusters(ITEMS, groups=GROUPS, clusters=CLUSTERS, pca_width=4)
    grouped.sort(points()[0] + chance * process_rank(), anew=True)
    return grouped.group, grouped.cluster


def test_all_processes_hold_the_first_ones():
    chance = torch.randn(ITEMS, GROUPS + 1, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    one, other = in_processes(_in_a_process, chance)
    alone = _in_a_process(chance)
    for mine, theirs, expected in zip(one, other, alone, strict=True):
        assert torch.equal(mine, theirs)
        assert torch.equal(mine, expected)


@pytest.mark.parametrize(("items", "groups", "clusters"), [(60_000, 16, 29), (100, 4, 2), (10_000_000, 16, 4882)])
def test_the_number_of_clusters_follows_the_data(items, groups, clusters):
    with torch.device("meta"):
        assert GroupedClusters(items, groups=groups).clusters == clusters


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"groups": 0}, "got 0 groups of 2 clusters"),
        ({"clusters": 1}, "got 3 groups of 1 clusters"),
        ({"clusters": 21}, "at most 60 in all, got 3 groups of 21"),
        ({"pca_width": 0}, "expected pca_width and iterations above 0, got 0 and 20"),
        ({"iterations": 0}, "got 4 and 0"),
    ],
)
def test_wrong_numbers_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        GroupedClusters(ITEMS, **{"groups": GROUPS, "clusters": CLUSTERS, "pca_width": 4, **options})


def test_an_item_that_was_never_sorted_is_refused():
    with pytest.raises(UserError, match="expected views of the 60 items that were sorted, got row 60"):
        found(0).of(torch.tensor([ITEMS]))
