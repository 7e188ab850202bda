"""Graphs, whose nodes are the items: what a run must know of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast, final

import numpy as np
from jaxtyping import Int
from torch import nn

from selftaught.core import Nodes, Preparation, Source, Track, silent
from selftaught.data import GraphSource, Splits, open_graph
from selftaught.encoders import GraphConvolution, GraphPreprocessing
from selftaught.extraction import RawNodes
from selftaught.runs.kinds.kind import Kind

if TYPE_CHECKING:
    from selftaught.runs.settings import Settings
    from selftaught.runs.starting import Start

__all__ = ["GraphInput", "GraphKind"]

_TRIAL_FEATURES = 8


@dataclass(frozen=True, kw_only=True)
class GraphInput:
    """What the network sees.

    Args:
        normalise_rows: divide each node's features by the sum of their absolute values, as for counts of words.
        directed: keep the direction of edges that run one way only, instead of letting them run both ways.

    Example:
        >>> from selftaught.runs.kinds.graphs import GraphInput
        >>> GraphInput().normalise_rows
        True
    """

    normalise_rows: bool = True
    directed: bool = False


@final
class GraphKind(Kind):
    """One graph, and graph convolutions.

    Example:
        >>> from selftaught.runs.kinds.graphs import GraphInput, GraphKind
        >>> GraphKind().trial(GraphInput()).normalise_rows
        True
    """

    name = "graph"
    input_settings = GraphInput
    build_encoder: ClassVar[Any] = GraphConvolution
    reading = ("directed",)
    raw_words = "the nodes' own features"
    example = "graph.npz"

    @property
    def decided(self) -> frozenset[str]:
        """How many features a node has, and what happens to them."""
        return frozenset({"features", "normalise_rows"})

    def decide(self, preparation: Preparation) -> Mapping[str, Any]:
        """As the preprocessing has them."""
        seen = cast("GraphPreprocessing", preparation)
        return {"features": seen.features, "normalise_rows": seen.normalise_rows}

    def open(
        self, data: Any, given: GraphInput, *, label: str | None, labelled: bool, track: Track = silent
    ) -> Splits[GraphSource]:
        """See `selftaught.data.open_graph`."""
        return open_graph(data, label=label, labelled=labelled, directed=given.directed, track=track)

    def as_seen(self, preparation: Preparation, *, strict: bool) -> GraphInput:
        """With the same rows."""
        return GraphInput(normalise_rows=cast("GraphPreprocessing", preparation).normalise_rows)

    def trial(self, given: GraphInput) -> GraphPreprocessing:
        """Of a few features."""
        return GraphPreprocessing(_TRIAL_FEATURES, normalise_rows=given.normalise_rows)

    def fill(self, settings: "Settings", source: Source, start: "Start") -> tuple[Mapping[str, Any], Preparation]:
        """How many features the nodes have."""
        width = cast("GraphSource", source).graph.features.shape[1]
        return {}, GraphPreprocessing(width, normalise_rows=cast("GraphInput", settings.input).normalise_rows)

    def raw_input(self, preparation: Preparation, source: Source) -> nn.Module:
        """The nodes' own features."""
        return RawNodes()

    def read(self, items: Any, preparation: Preparation) -> Nodes:
        """All nodes of a graph that `open_graph` takes."""
        source = open_graph(items, labelled=False).unlabelled
        return source.batch(np.arange(len(source)))

    def show(self, source: Source, rows: Int[np.ndarray, " n"]) -> list[np.ndarray | str]:
        """The nodes' names, and how many edges come in."""
        nodes = cast("GraphSource", source)
        targets = nodes.graph.edge_index[1].numpy()
        degrees = np.bincount(targets, minlength=len(nodes.graph.features))[nodes.rows[rows]]
        return [f"node {nodes.keys[row]}, degree {degree:,}" for row, degree in zip(rows, degrees, strict=True)]

    def links(self, source: Source) -> Int[np.ndarray, "pairs 2"]:
        """The edges between these nodes, whichever way they run."""
        nodes = cast("GraphSource", source)
        row_of = np.full(len(nodes.graph.features), -1, dtype=np.int64)
        row_of[nodes.rows] = np.arange(len(nodes))
        pairs = np.sort(row_of[nodes.graph.edge_index.numpy().T], axis=1)
        return np.unique(pairs[(pairs[:, 0] >= 0) & (pairs[:, 0] < pairs[:, 1])], axis=0)
