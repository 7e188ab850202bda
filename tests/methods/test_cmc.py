"""CMC against the paper's losses with banks kept in plain lists, and wrong versions that the check rejects."""

from dataclasses import replace

import pytest
import torch
from descent import descend
from oracles import noise_contrastive as oracle
from torch.nn import functional as F

from selftaught.core import ChannelViews, UserError
from selftaught.encoders import SmallResNet, SplitChannels
from selftaught.methods import CMC

ITEMS, DRAWN, TEMPERATURE, MOMENTUM, FIRST, WIDTH = 20, 8, 0.2, 0.5, 1, 6


def build(kind=CMC, groups="L,ab", **options):
    numbers = {"embedding_width": WIDTH, "negatives": DRAWN, "temperature": TEMPERATURE, "bank_momentum": MOMENTUM}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = SplitChannels("small_resnet", channels=3, image_size=8, channel_split=groups)
        method = kind(encoder, items=ITEMS, **{**numbers, **options}).double()
    for bank in method.banks:
        bank.rows.copy_(F.normalize(bank.rows, dim=1))  # of unit length in float64, too
    return method


def views(widths=(1, 2), seed=0, count=6):
    generator = torch.Generator().manual_seed(seed)
    shared = torch.randn(count, 1, 8, 8, generator=generator, dtype=torch.float64)
    parts = tuple(
        shared + torch.randn(count, width, 8, 8, generator=generator, dtype=torch.float64) for width in widths
    )
    rows = torch.randperm(ITEMS, generator=generator)[:count]
    return ChannelViews(rows, parts, torch.randint(ITEMS, (count, DRAWN), generator=generator))


def embeddings_of(method, asked):
    """Each part through its own network and its own linear layer."""
    found = []
    for network, project, part in zip(method.encoder.networks, method.projectors, asked.parts, strict=True):
        found.append(F.linear(network(part), project[0].weight, project[0].bias))
    return found


def accepts(kind, groups="L,ab", graph="full", turns=2, first=FIRST):
    """Whether steps have the paper's sum over ordered pairs, each against the bank of the other part."""
    method = build(kind, groups, graph=graph)
    for contrast in method.contrasts:
        contrast.first_batches = first
    count = len(method.encoder.widths)
    pairs = [(i, j) for i in range(count) for j in range(count) if i != j and (graph == "full" or 0 in (i, j))]
    banks = [bank.rows.tolist() for bank in method.banks]
    found = {pair: [] for pair in pairs}
    for turn in range(turns):
        asked = views((1, 2) if groups == "L,ab" else (1, 1, 1), seed=turn)
        own, drawn = asked.index.tolist(), asked.drawn.tolist()
        vectors = [rows.tolist() for rows in embeddings_of(method, asked)]
        expected = 0.0
        for i, j in pairs:
            if turn < first:
                found[i, j].append(oracle.normaliser(vectors[i], banks[j], drawn, TEMPERATURE))
            z = oracle.mean(found[i, j])
            expected += oracle.nce(vectors[i], banks[j], own, drawn, TEMPERATURE, z)
        step = method.step(asked)
        if abs(step.loss.item() - expected) > 1e-10 * expected:
            return False
        descend(method, step)
        method.after_step(step, progress=turn / turns)
        for place, bank in enumerate(banks):
            banks[place] = oracle.moved(bank, own, vectors[place], MOMENTUM)
            rows = torch.tensor(banks[place], dtype=torch.float64)
            if not torch.allclose(method.banks[place].rows, rows, rtol=0, atol=1e-12):
                return False
    return True


class OneSharedEncoder(CMC):
    def _embeddings(self, asked):
        shared = self.encoder.networks[1]
        wide = [part.expand(-1, 2, -1, -1) if part.shape[1] == 1 else part for part in asked.parts]
        return [project(shared(part)) for project, part in zip(self.projectors, wide, strict=True)]


class CropsOfAllChannels(CMC):
    """Each network sees the whole image instead of its channels."""

    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.wide = torch.nn.ModuleList(SmallResNet(channels=3, image_size=8) for _ in encoder.widths)

    def _embeddings(self, asked):
        whole = torch.cat(asked.parts, 1)
        return [project(network(whole)) for project, network in zip(self.projectors, self.wide, strict=True)]


class OneDirectionOnly(CMC):
    def step(self, asked):
        step = super().step(asked)
        return type(step)(dict(list(step.losses.items())[: len(self.pairs)]), step.remember)


class AgainstItsOwnBank(CMC):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.directions = [(one, one) for one, _ in self.directions]


class OneBankForAll(CMC):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.banks = torch.nn.ModuleList([self.banks[0]] * len(self.banks))


class OneNormaliserForAll(CMC):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.contrasts = torch.nn.ModuleList([self.contrasts[0]] * len(self.directions))


def test_it_is_accepted():
    assert accepts(CMC)
    assert accepts(CMC, turns=4, first=2)


@pytest.mark.parametrize("graph", ["core", "full"])
def test_three_groups_of_channels(graph):
    assert accepts(CMC, "L,a,b", graph)
    assert len(build(groups="L,a,b", graph=graph).directions) == (4 if graph == "core" else 6)


@pytest.mark.parametrize(
    "wrong",
    [OneSharedEncoder, CropsOfAllChannels, OneDirectionOnly, AgainstItsOwnBank, OneBankForAll, OneNormaliserForAll],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_energy_is_between_the_parts_and_asks_no_bank():
    method, asked = build(groups="L,a,b").eval(), views((1, 1, 1))
    one, two, three = embeddings_of(method, asked)
    pairs = [(one, two), (one, three), (two, three)]
    expected = torch.stack([2 - 2 * F.cosine_similarity(a, b) for a, b in pairs]).mean(0)
    torch.testing.assert_close(method.energy(asked), expected, rtol=0, atol=1e-7)
    assert torch.equal(method.energy(replace(asked, index=asked.index + 10 * ITEMS)), method.energy(asked))


def test_equal_rows_and_embeddings_score_chance():
    method, asked = build().eval(), views()
    for bank, project in zip(method.banks, method.projectors, strict=True):
        bank.rows.fill_(WIDTH**-0.5)
        project.forward = lambda vectors: torch.ones(len(vectors), WIDTH, dtype=torch.float64)
    step = method.step(asked)
    assert {name: value.item() for name, value in {**step.losses, **step.metrics}.items()} == pytest.approx(
        method.chance(asked)
    )


def test_what_is_kept_are_all_networks():
    method = build()
    assert method.encoder.width == 512
    assert {name.split(".")[2] for name in method.state_dict() if name.startswith("encoder.")} == {"0", "1"}


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match=r"a network for each group of channels: --encoder\.channel-split"):
        CMC(SmallResNet(), items=ITEMS)
    with pytest.raises(UserError, match="a network for each group of channels"):
        build(groups="L")
    with pytest.raises(UserError, match="expected 2 groups of channels, got 3"):
        build().step(views((1, 1, 1)))
    with pytest.raises(UserError, match="the 20 items that are remembered, got row 20"):
        build().step(replace(views(), index=torch.full((6,), ITEMS)))


class BanksOfTheOtherGroup(CMC):
    def before_epoch(self, features):
        super().before_epoch(lambda: features().roll(self.encoder.widths[0], 1))


def starts_from_the_encoder(kind):
    """Whether the banks hold what each projector makes of its own network's vectors, and are filled only once."""
    method = build(kind, bank_start="encoder")
    vectors = torch.randn(ITEMS, method.encoder.width, generator=torch.Generator().manual_seed(3)).double()
    method.before_epoch(lambda: vectors)
    for bank, project, part in zip(method.banks, method.projectors, vectors.split([256, 256], 1), strict=True):
        expected = F.normalize(F.linear(part, project[0].weight, project[0].bias), dim=1)
        if not torch.allclose(bank.rows, expected, rtol=0, atol=1e-12) or bank.rows.requires_grad:
            return False
    method.after_step(method.step(views()), progress=0.5)
    moved = [bank.rows.clone() for bank in method.banks]
    method.before_epoch(lambda: vectors)
    return all(torch.equal(bank.rows, rows) for bank, rows in zip(method.banks, moved, strict=True))


def test_the_banks_start_from_the_encoder_where_it_is_asked_to_and_only_once():
    assert starts_from_the_encoder(CMC)
    assert not starts_from_the_encoder(BanksOfTheOtherGroup)
    method = build()
    before = method.banks[0].rows.clone()
    method.before_epoch(lambda: torch.zeros(ITEMS, 512))
    assert torch.equal(method.banks[0].rows, before)
