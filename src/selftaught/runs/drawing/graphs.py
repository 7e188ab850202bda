"""Nodes of a graph and of the corrupted one."""

import numpy as np

from selftaught.core import CorruptedGraph
from selftaught.encoders import GraphPreprocessing
from selftaught.runs.drawing.drawn_views import DrawnViews
from selftaught.runs.drawing.images import draw_views

__all__: list[str] = []

_NODES = 6
_MOST_FEATURES = 12  # of a node, by name


@draw_views.register(CorruptedGraph)
def _graph(views: CorruptedGraph, seen: GraphPreprocessing) -> DrawnViews:
    def features(node: int) -> str:
        present = views.features[node].nonzero()[:, 0].tolist()
        more = ", …" if len(present) > _MOST_FEATURES else ""
        return "features " + ", ".join(map(str, present[:_MOST_FEATURES])) + more

    edges_in = np.bincount(views.edge_index[1].cpu().numpy(), minlength=len(views.features))
    nodes = views.rows[:_NODES].tolist()
    lead = (
        "Nodes of the graph, beside the same places of the corrupted graph: the edges stay, and each node gets the "
        f"features of another. Features by number, of {seen.features:,}."
    )
    columns = {
        "in the graph": [f"node {node}, degree {edges_in[node]:,}: {features(node)}" for node in nodes],
        "corrupted": [f"{features(other)} of node {other}" for other in views.permutation[nodes].tolist()],
    }
    return DrawnViews(lead, columns)
