"""AMDIM against the paper's losses of every scale, and wrong versions that the same check rejects."""

import math

import pytest
import torch
from descent import descend
from oracles import local_information as oracle

from selftaught.core import MultiView, UserError
from selftaught.encoders import SmallResNet
from selftaught.methods import AMDIM
from selftaught.objectives import ClippedScores, clipped_info_nce, info_nce_over_parts, local_information, part_scores
from selftaught.testing import ExampleEncoder

BOUND, PENALTY, WIDTH, ITEMS = 1.5, 0.3, 6, 4
TERMS = (("global", "coarse"), ("global", "fine"), ("coarse", "coarse"))


def build(kind=AMDIM, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = SmallResNet(channels=3, image_size=12)  # maps of 3x3 and 2x2
        return kind(encoder, **{"embedding_width": WIDTH, "score_bound": BOUND, "penalty_weight": PENALTY, **options})


def views(seed=0, count=ITEMS):
    generator = torch.Generator().manual_seed(seed)
    items = torch.randn(count, 3, 12, 12, generator=generator, dtype=torch.float64)
    noisy = [items + torch.randn(items.shape, generator=generator, dtype=torch.float64) for _ in range(2)]
    return MultiView(10 * torch.arange(count) + seed, tuple(noisy))


def embedded(method, view):
    """The vectors of a view by scale: of the whole, and of each place of the last map and of the one before."""
    maps = method.encoder.stages(view)
    return {
        "global": method.embed.whole(method.encoder(view))[:, None],
        "coarse": by_place(method.embed.coarse, maps[3]),
        "fine": by_place(method.embed.fine, maps[2]),
    }


def by_place(network, found):
    places = [found[:, :, row, column] for row in range(found.shape[2]) for column in range(found.shape[3])]
    return network(torch.stack(places, 1).flatten(0, 1)).unflatten(0, (len(found), -1))


def expected_losses(method, asked, turn):
    first, second = (embedded(method, view) for view in asked.views)
    losses, squares = {}, 0.0
    for source, target in TERMS:
        values = []
        for one, other in ((first, second), (second, first)):
            places = one[source].shape[1]
            wholes = [one[source][i, (row + turn) % places] for i, row in enumerate(asked.index.tolist())]
            table = oracle.scores([each.tolist() for each in wholes], other[target].tolist())
            table = oracle.scaled(table, 1 / math.sqrt(WIDTH))
            values.append(oracle.amdim(table, BOUND))
            squares += oracle.squared(table) / 2
        losses[f"{source}_to_{target}"] = sum(values) / 2
    return {**losses, "score_penalty": PENALTY * squares}


def accepts(kind):
    """Whether three steps have the paper's losses."""
    method = build(kind).double()
    for turn in range(3):
        asked = views(turn)
        expected = expected_losses(method, asked, turn)
        step = method.step(asked)
        if step.losses.keys() != expected.keys():
            return False
        if any(abs(step.losses[name].item() - value) > 1e-10 for name, value in expected.items()):
            return False
        descend(method, step)
        method.after_step(step, progress=turn / 3)
    return True


class OneScale(AMDIM):
    def _both_ways(self, asked):
        return [
            ({**one, "fine": one["coarse"]}, {**two, "fine": two["coarse"]}) for one, two in super()._both_ways(asked)
        ]


class OneView(AMDIM):
    def _both_ways(self, asked):
        (first, _), (second, _) = super()._both_ways(asked)
        return [(first, first), (second, second)]


class OneDirection(AMDIM):
    def _both_ways(self, asked):
        return super()._both_ways(asked)[:1] * 2


class AlwaysTheFirstPlace(AMDIM):
    def step(self, asked):
        return super().step(MultiView(0 * asked.index, asked.views))

    def after_step(self, step, progress):
        pass


def swap(monkeypatch, wrong):
    monkeypatch.setattr("selftaught.methods.amdim.clipped_info_nce", wrong)


def scores_not_clipped(wholes, parts, *, bound):
    own, others = part_scores(wholes / math.sqrt(WIDTH), parts)
    return clipped_info_nce(wholes, parts, bound=bound)._replace(loss=info_nce_over_parts(own, others))


def scores_cut_off(wholes, parts, *, bound):
    own, others = part_scores(wholes / math.sqrt(WIDTH), parts)
    cut = info_nce_over_parts(own.clamp(-bound, bound), others.clamp(-bound, bound))
    return clipped_info_nce(wholes, parts, bound=bound)._replace(loss=cut)


def clipped_scores_penalised(wholes, parts, *, bound):
    own, others = (bound * (each / bound).tanh() for each in part_scores(wholes / math.sqrt(WIDTH), parts))
    both = torch.cat([own.flatten(), others.flatten()])
    return clipped_info_nce(wholes, parts, bound=bound)._replace(mean_square=both.square().mean())


def negatives_of_the_same_place(wholes, parts, *, bound):
    each = [clipped_info_nce(wholes, parts[:, place : place + 1], bound=bound) for place in range(parts.shape[1])]
    return ClippedScores(*(torch.stack(values).mean() for values in zip(*each, strict=True)))


def not_divided_by_the_root_of_the_width(wholes, parts, *, bound):
    return clipped_info_nce(wholes * math.sqrt(WIDTH), parts, bound=bound)


def test_it_is_accepted():
    assert accepts(AMDIM)


@pytest.mark.parametrize("wrong", [OneScale, OneView, OneDirection, AlwaysTheFirstPlace])
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        scores_not_clipped,
        scores_cut_off,
        clipped_scores_penalised,
        negatives_of_the_same_place,
        not_divided_by_the_root_of_the_width,
    ],
    ids=lambda wrong: wrong.__name__,
)
def test_a_wrong_loss_is_rejected(wrong, monkeypatch):
    swap(monkeypatch, wrong)
    assert not accepts(AMDIM)


def test_places_are_walked_through_by_all_items():
    method, asked = build(), views()
    seen = set()
    for _ in range(4):
        seen.add(tuple(((asked.index + method.steps_taken) % 4).tolist()))
        method.after_step(method.step(asked.to(torch.device("cpu"), torch.float32)), progress=0.5)
    assert len(seen) == 4


def test_energy_is_minus_the_clipped_scores_of_all_pairs():
    method, asked = build().double().eval(), views()
    first, second = (method.embed(*method.encoder.stages(view)[-2:]) for view in asked.views)
    found = []
    for i in range(ITEMS):
        means = []
        for one, other in ((first, second), (second, first)):
            for source, target in TERMS:
                table = oracle.scores(one[source][i].tolist(), [other[target][i].tolist()])
                flat = [oracle.clipped(s / math.sqrt(WIDTH), BOUND) for row in table for item in row for s in item]
                means.append(oracle.mean(flat))
        found.append(-oracle.mean(means))
    assert method.energy(asked).tolist() == pytest.approx(found, abs=1e-10)


def test_the_clipped_loss_has_the_gradient_of_its_value():
    generator = torch.Generator().manual_seed(0)
    wholes, parts = (
        torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)
        for shape in ((3, 2), (3, 2, 2))
    )
    assert torch.autograd.gradcheck(lambda a, b: sum(clipped_info_nce(a, b, bound=1.5)[:2]), (wholes, parts))
    assert local_information.clipped_agreement(wholes[:, None], parts, bound=1.5).shape == (3,)


def test_equal_embeddings_score_chance():
    method, asked = build().eval(), views().to(torch.device("cpu"), torch.float32)
    for norm in (method.embed.whole[1], method.embed.coarse[1], method.embed.fine[1]):
        norm.weight.data.zero_()
        norm.bias.data.zero_()
    step = method.step(asked)
    found = {name: value.item() for name, value in {**step.losses, **step.metrics}.items()}
    assert found == pytest.approx(method.chance(asked), abs=1e-6)
    assert found["global_to_fine"] == pytest.approx(math.log(1 + 3 * 9))


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(UserError, match="maps of several stages, got ExampleEncoder"):
        AMDIM(ExampleEncoder())
    for options in ({"score_bound": 0.0}, {"penalty_weight": -1.0}):
        with pytest.raises(UserError, match="expected score_bound above, penalty_weight not below 0"):
            build(**options)
    with pytest.raises(UserError, match="at least 2 items in a batch"):
        build().eval().step(views(count=1).to(torch.device("cpu"), torch.float32))
