"""Changes of recordings, texts and graphs. Severities count from 1 to 5."""

from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Int, UInt32

from selftaught.core import Graph, Nodes, Sequences, Texts

__all__ = ["character_noise", "edge_dropping", "speed", "white_noise"]


def white_noise(batch: Sequences, severity: int, generator: torch.Generator) -> Sequences:
    """Add normal noise to each recording: 25, 20, 15, 10, 5 decibels below the recording's own power.

    Example:
        >>> import torch
        >>> from selftaught.core import Sequences
        >>> from selftaught.evaluation.corruptions.other_kinds import white_noise
        >>> sound = Sequences.of([torch.ones(8000), torch.ones(5)])
        >>> noisy = white_noise(sound, 4, torch.Generator()).values
        >>> round((noisy[0] - 1).square().mean().item(), 2), noisy[1, 5:].unique()
        (0.1, tensor([0.]))
    """
    decibels = (25, 20, 15, 10, 5)[severity - 1]
    samples = batch.values.masked_fill(~batch.mask, 0)
    power = samples.square().sum(1, keepdim=True) / batch.lengths[:, None]
    noise = torch.randn(samples.shape, generator=generator, device=generator.device).to(samples)
    noisy = samples + noise * (power * 10 ** (-decibels / 10)).sqrt()
    return Sequences(noisy.masked_fill(~batch.mask, 0), batch.lengths)


def speed(batch: Sequences, severity: int, generator: torch.Generator) -> Sequences:
    """Play each recording 1.05, 1.1, 1.15, 1.25 or 1.4 times as fast or as slow, a coin says which; pitch follows.

    Samples are interpolated linearly.

    Example:
        >>> import torch
        >>> from selftaught.core import Sequences
        >>> from selftaught.evaluation.corruptions.other_kinds import speed
        >>> sound = Sequences.of([torch.linspace(0, 1, 141)] * 8)
        >>> sorted(set(speed(sound, 5, torch.Generator()).lengths.tolist()))
        [101, 197]
    """
    factor = (1.05, 1.1, 1.15, 1.25, 1.4)[severity - 1]
    faster = torch.rand(len(batch), generator=generator, device=generator.device) < 0.5
    rates = torch.where(faster, factor, 1 / factor).to(batch.values)  # read samples for each that is played
    lengths = ((batch.lengths - 1) / rates + 1e-3).floor().long() + 1
    played = torch.arange(int(lengths.max()), device=rates.device)
    last = batch.lengths[:, None] - 1
    places = (played * rates[:, None]).minimum(last)  # (n, t)
    before = places.floor().long()
    share = places - before
    samples = torch.lerp(
        batch.values.gather(1, before), batch.values.gather(1, (before + 1).minimum(last)), share.to(batch.values)
    )
    return Sequences(samples.masked_fill(played >= lengths[:, None], 0), lengths)


def character_noise(batch: Texts, severity: int, generator: torch.Generator) -> Texts:
    """Spoil 2, 5, 10, 15 or 25 % of the characters: left out, doubled by another, replaced, or swapped with the next.

    The four are equally likely; new characters are drawn from those of the batch; a text keeps its first character.

    Example:
        >>> import torch
        >>> from selftaught.core import Texts
        >>> from selftaught.evaluation.corruptions.other_kinds import character_noise
        >>> spoilt = character_noise(Texts(("the quick brown fox", "")), 5, torch.Generator()).texts
        >>> spoilt[0] != "the quick brown fox", spoilt[1]
        (True, '')
    """
    share = (0.02, 0.05, 0.10, 0.15, 0.25)[severity - 1]
    lengths = np.array([len(text) for text in batch.texts])
    letters = np.frombuffer("".join(batch.texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    if not len(letters):
        return batch
    numbers = torch.rand((2, len(letters)), generator=generator, device=generator.device)
    drawn, place = numbers.double().numpy(force=True)
    others = letters[(place * len(letters)).astype(np.int64)]
    change = np.where(drawn < share, (drawn / share * 4).astype(np.int64), -1)  # 0 out, 1 more, 2 other, 3 swap
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    change[bounds[:-1][lengths > 0]] = -1
    ends = np.isin(np.arange(len(letters)) + 1, bounds)
    change[(change == 3) & ends] = -1
    swapped = np.flatnonzero(change == 3)
    swapped = swapped[np.append(change[1:], -1)[swapped] == -1]  # the next one must not change as well
    spoilt = np.where(change == 2, others, letters)
    spoilt[swapped], spoilt[swapped + 1] = letters[swapped + 1], letters[swapped]
    counts = np.where(change == 0, 0, np.where(change == 1, 2, 1))
    return Texts(_texts(spoilt, counts, others, change == 1, bounds))


def _texts(
    letters: UInt32[np.ndarray, " n"],
    counts: Int[np.ndarray, " n"],
    others: UInt32[np.ndarray, " n"],
    doubled: Bool[np.ndarray, " n"],
    bounds: Int[np.ndarray, " bounds"],
) -> tuple[str, ...]:
    ends = np.cumsum(counts)
    written = np.repeat(letters, counts)
    written[ends[doubled] - 1] = others[doubled]
    places = np.concatenate([[0], ends])[bounds].tolist()
    return tuple(written[start:end].tobytes().decode("utf-32-le", "surrogatepass") for start, end in pairwise(places))


def edge_dropping(batch: Nodes, severity: int, generator: torch.Generator) -> Nodes:
    """Take 5, 10, 20, 35 or 50 % of the edges out of the graph, both directions of an edge together.

    Example:
        >>> import torch
        >>> from selftaught.core import Graph, Nodes
        >>> from selftaught.evaluation.corruptions.other_kinds import edge_dropping
        >>> ring = torch.arange(1000)
        >>> there = torch.stack([ring, ring.roll(1)])
        >>> nodes = Nodes(Graph(torch.zeros(1000, 2), torch.cat([there, there.flip(0)], 1)), ring)
        >>> edges = edge_dropping(nodes, 5, torch.Generator()).graph.edge_index
        >>> 900 < edges.shape[1] < 1100, edges.shape[1] % 2
        (True, 0)
    """
    share = (0.05, 0.10, 0.20, 0.35, 0.50)[severity - 1]
    edges = batch.graph.edge_index
    pairs = edges.amin(0) * len(batch.graph.features) + edges.amax(0)
    _, pair = pairs.unique(return_inverse=True)
    count = int(pair.max()) + 1 if len(pair) else 0
    kept = torch.rand(count, generator=generator, device=generator.device).to(edges.device) >= share
    return Nodes(Graph(batch.graph.features, edges[:, kept[pair]]), batch.rows)
