"""What recordings, texts and graphs suffer, against counts and closed forms."""

import itertools

import pytest
import torch

from selftaught.core import Graph, Nodes, Sequences, Texts
from selftaught.evaluation.corruptions import SEVERITIES
from selftaught.evaluation.corruptions.other_kinds import character_noise, edge_dropping, speed, white_noise


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_white_noise_has_its_power(severity: int):
    tone = torch.sin(torch.arange(20_000) * 0.3)
    batch = Sequences.of([tone, 0.01 * tone[:5000], torch.zeros(7)])
    batch.values[2, 7:] = 9.0  # padding holds anything
    noisy = white_noise(batch, severity, seeded())
    for row, loud in ((0, 1.0), (1, 0.01)):
        noise = (noisy.values[row] - batch.values[row])[: int(batch.lengths[row])]
        wanted = loud**2 / 2 * 10 ** (-(25, 20, 15, 10, 5)[severity - 1] / 10)
        assert float(noise.square().mean()) == pytest.approx(wanted, rel=0.06)
    assert noisy.values[2].count_nonzero() == 0, "silence stays, and nothing is in the padding"


@pytest.mark.parametrize("severity", SEVERITIES)
def test_speed_moves_a_tone_by_its_factor(severity: int):
    factor = (1.05, 1.1, 1.15, 1.25, 1.4)[severity - 1]
    tone = torch.sin(torch.arange(8000) * 0.05)
    batch = Sequences.of([tone] * 6 + [tone[:3000]])
    found = speed(batch, severity, seeded())
    for row, before in enumerate(batch.lengths.tolist()):
        length = int(found.lengths[row])
        rate = (before - 1) / (length - 1)
        assert min(abs(rate - factor), abs(rate - 1 / factor)) < 2e-3
        rate = factor if rate > 1 else 1 / factor
        expected = torch.sin(torch.arange(length) * 0.05 * rate)
        assert torch.allclose(found.values[row, :length], expected, atol=1e-2)
        assert found.values[row, length:].count_nonzero() == 0
    assert len(set(found.lengths[:6].tolist())) == 2, "some are faster, some slower"


@pytest.mark.parametrize("severity", SEVERITIES)
def test_character_noise_spoils_its_share(severity: int):
    count, first = 8000, 0x4E00
    text = "".join(map(chr, range(first, first + count)))  # every character once, so that each change shows
    spoilt = [ord(each) - first for each in character_noise(Texts((text,)), severity, seeded()).texts[0]]
    share = (0.02, 0.05, 0.10, 0.15, 0.25)[severity - 1]
    missing = count - len(set(spoilt))  # left out or replaced, less those that new characters brought back
    assert missing == pytest.approx(share / 2 * count * (1 - share / 2), rel=0.2)
    swapped = sum(after == before - 1 for before, after in itertools.pairwise(spoilt))
    assert swapped == pytest.approx(share / 4 * count * (1 - share), rel=0.3)
    more = len(spoilt) - count  # doubled, less those left out
    assert abs(more) < 4 * (share / 2 * count) ** 0.5


def test_character_noise_keeps_texts_apart():
    texts = ("été à Łódź 漢字" * 5, "", "x", "0123456789" * 9)
    for seed in range(5):
        found = character_noise(Texts(texts), 5, seeded(seed)).texts
        assert len(found) == 4
        assert [each[:1] for each in found] == [each[:1] for each in texts]
        assert found[1] == ""
        assert set(found[3]) <= set("".join(texts))
        assert abs(len(found[3]) - 90) < 30
        assert found == character_noise(Texts(texts), 5, seeded(seed)).texts


def test_swapped_characters_stay():
    """What is neither left out, doubled nor replaced is only moved: with one repeated character nothing shows."""
    found = character_noise(Texts(("a" * 2000,)), 5, seeded()).texts[0]
    assert set(found) == {"a"}
    assert abs(len(found) - 2000) < 60  # as many are left out as doubled


@pytest.mark.parametrize("severity", SEVERITIES)
def test_edges_go_in_both_directions(severity: int):
    generator = seeded(1)
    one, other = torch.randint(300, (2, 4000), generator=generator)
    pairs = torch.stack([one.minimum(other), one.maximum(other)])[:, one != other].unique(dim=1)
    graph = Graph(torch.zeros(300, 2), torch.cat([pairs, pairs.flip(0)], 1))
    nodes = Nodes(graph, torch.arange(9))
    found = edge_dropping(nodes, severity, seeded())
    left = {tuple(edge) for edge in found.graph.edge_index.T.tolist()}
    assert left == {(b, a) for a, b in left}
    assert left <= {tuple(edge) for edge in graph.edge_index.T.tolist()}
    share = (0.05, 0.10, 0.20, 0.35, 0.50)[severity - 1]
    assert 1 - len(left) / graph.edge_index.shape[1] == pytest.approx(share, abs=0.03)
    assert torch.equal(found.rows, nodes.rows)


def test_a_graph_without_edges_stays():
    nodes = Nodes(Graph(torch.zeros(3, 2), torch.zeros(2, 0, dtype=torch.int64)), torch.arange(3))
    assert edge_dropping(nodes, 5, seeded()).graph.edge_index.shape == (2, 0)
