import torch

from selftaught.evaluation import find_duplicates
from selftaught.evaluation.neighbours import nearest_rows


def pictures(n: int, *, seed: int = 0) -> torch.Tensor:
    return torch.rand(n, 64, generator=torch.Generator().manual_seed(seed)) * torch.linspace(0.1, 5, 64)


def test_planted_copies_are_counted_and_no_others():
    train, test = pictures(400), pictures(100, seed=1)
    test[:3] = train[[7, 8, 9]]
    test[3:8] = train[20:25] * (1 + 0.005 * torch.randn(5, 64, generator=torch.Generator().manual_seed(2)))
    near = nearest_rows(train, test, k=1).rows[:, 0]
    found = find_duplicates(train, test, near)
    assert (found.near, found.identical, found.test_items) == (8, 3, 100)
    warned = found.sentence(("image", "images"))
    assert warned.startswith("8 of 100 test images are near-duplicates of a training image (3 of them the same)")
    clean = find_duplicates(train, test[8:], near[8:])
    assert (clean.near, clean.sentence(("image", "images"))) == (0, "")


def test_units_do_not_matter_and_a_loud_feature_hides_nothing():
    """By cosine alone, without standardising, one loud feature would make everybody a duplicate."""
    train, test = pictures(400), pictures(100, seed=1)
    train[:, 0] += 1e3
    test[:, 0] += 1e3
    near = nearest_rows(train, test, k=1)
    assert float(near.similarity.min()) > 0.999
    assert find_duplicates(train, test, near.rows[:, 0]).near == 0
    rescaled = find_duplicates(7 * train, 7 * test, near.rows[:, 0])
    assert rescaled == find_duplicates(train, test, near.rows[:, 0])


def test_constant_features_and_constant_items():
    train = torch.cat([pictures(50), torch.ones(50, 900)], 1)
    test = torch.cat([pictures(20, seed=1), torch.ones(20, 900)], 1)
    assert find_duplicates(train, test, nearest_rows(train, test, k=1).rows[:, 0]).near == 0
    same = find_duplicates(torch.ones(4, 3), torch.ones(2, 3), torch.tensor([0, 1]))
    assert (same.near, same.identical) == (2, 2)
