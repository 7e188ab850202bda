"""Made items among true ones against the papers as loops, wrong versions, and what mode collapse does to figures."""

from dataclasses import replace

import pytest
import torch
from oracles import made_items as oracle

from selftaught.core import UserError
from selftaught.evaluation import compare_made


def clouds(made=23, true=31, width=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 0.7 * torch.randn(made, width, generator=generator) + 0.3, torch.randn(true, width, generator=generator)


def accepts(compare):
    """Whether the four figures are the papers', for more made than true ones and for fewer, and three k."""
    for seed, (counts, k) in enumerate((((23, 31), 5), ((40, 12), 3), ((9, 9), 1))):
        made, true = clouds(*counts, seed=seed)
        found, lists = compare(made, true, neighbours=k), (made.tolist(), true.tolist(), k)
        expected = {
            "precision": oracle.improved_precision(*lists),
            "recall": oracle.improved_recall(*lists),
            "density": oracle.density(*lists),
            "coverage": oracle.coverage(*lists),
        }
        if any(abs(getattr(found, name) - value) > 1e-9 for name, value in expected.items()):
            return False
    return True


def exchanged(made, true, *, neighbours):
    return compare_made(true, made, neighbours=neighbours)


def an_item_counts_as_its_own_neighbour(made, true, *, neighbours):
    return compare_made(made, true, neighbours=max(1, neighbours - 1))


def coverage_by_the_balls_of_made_items(made, true, *, neighbours):
    found = compare_made(made, true, neighbours=neighbours)
    return replace(found, coverage=found.recall)


def density_without_k(made, true, *, neighbours):
    found = compare_made(made, true, neighbours=neighbours)
    return replace(found, density=found.density * neighbours)


WRONG = (
    exchanged,
    an_item_counts_as_its_own_neighbour,
    coverage_by_the_balls_of_made_items,
    density_without_k,
)


def test_the_figures_are_the_papers():
    assert accepts(compare_made)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_wrong_versions_are_rejected(wrong):
    assert not accepts(wrong)


def modes(count, kinds, seed):
    """Items of ten kinds, which lie about ten places in a space of three dimensions more; only of so many kinds."""
    labels, spread = torch.arange(count) % kinds, torch.zeros(count, 13)
    spread[:, 10:] = torch.randn(count, 3, generator=torch.Generator().manual_seed(seed))
    return 10 * torch.eye(10, 13)[labels] + spread, labels


def test_a_generator_that_forgets_kinds_is_told_from_one_that_does_not():
    true, labels = modes(1000, 10, seed=0)
    found = {kinds: compare_made(modes(1000, kinds, seed=1)[0], true, labels) for kinds in (10, 3)}
    assert found[10].coverage == pytest.approx(1 - 2**-5, abs=0.03)  # what as many true ones would reach
    assert found[10].density == pytest.approx(1.0, abs=0.1)
    assert (found[10].classes, found[10].classes_hit) == (10, 10)
    assert found[10].class_divergence_nats == pytest.approx(0.0, abs=1e-3)
    assert found[3].precision > 0.9  # what is made looks true
    assert found[3].coverage == pytest.approx(0.3, abs=0.02)
    assert found[3].recall < 0.35
    assert found[3].classes_hit == 3
    assert found[3].class_divergence_nats == pytest.approx(torch.tensor(10 / 3).log().item(), abs=1e-3)


def test_a_class_of_which_there_is_next_to_nothing_is_not_hit():
    true, labels = modes(1000, 10, seed=0)
    made = modes(1000, 10, seed=1)[0]
    rare = torch.cat([made[::10][:9].repeat(110, 1)[:985], made[1::10][:15]])  # 1.5 %, of the true 10 %
    assert compare_made(rare, true, labels).classes_hit == 2
    rarer = torch.cat([made[::10][:9].repeat(111, 1)[:995], made[1::10][:5]])  # 0.5 %
    assert compare_made(rarer, true, labels).classes_hit == 1


def test_the_same_item_over_and_over_covers_little():
    true, labels = modes(500, 10, seed=0)
    noise = torch.randn(500, 13, generator=torch.Generator().manual_seed(1))
    found = compare_made(true[:1].expand(500, -1) + 1e-3 * noise, true, labels)
    assert found.coverage < 0.05
    assert found.classes_hit == 1


def test_items_far_out_raise_recall_and_not_coverage():
    made, true = clouds(40, 40, seed=3)
    made = made / 100  # a heap in the middle
    before = compare_made(made, true)
    far = 50 * torch.randn(6, 3, generator=torch.Generator().manual_seed(4))  # their balls are as large as the whole
    after = compare_made(torch.cat([made[:-6], far]), true)
    assert after.recall > before.recall + 0.5
    assert after.coverage <= before.coverage + 0.05


def test_without_labels_there_are_no_classes():
    found = compare_made(*clouds())
    assert (found.classes, found.classes_hit, found.class_divergence_nats) == (None, None, None)
    assert set(found.as_json()) >= {"precision", "recall", "density", "coverage"}


def test_in_small_pieces_it_is_the_same(monkeypatch):
    whole = compare_made(*clouds(60, 50))
    monkeypatch.setattr("selftaught.evaluation.made_items._DISTANCES", 100)
    assert compare_made(*clouds(60, 50)) == whole


def test_what_does_not_fit_is_refused():
    made, true = clouds()
    with pytest.raises(UserError, match="expected more than neighbours = 23 >= 1 items of either kind, got 23 made"):
        compare_made(made, true, neighbours=23)
    with pytest.raises(UserError, match="neighbours = 0"):
        compare_made(made, true, neighbours=0)
    with pytest.raises(UserError, match="expected finite vectors of made items"):
        compare_made(made / 0, true)
    with pytest.raises(UserError, match="expected one label a true item, got 3 for 31"):
        compare_made(made, true, torch.arange(3))
