"""The same graph with the features on the wrong nodes, as DGI corrupts it."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int
from torch import Tensor

from selftaught.core import CorruptedGraph, Nodes, UserError
from selftaught.parts import normalise_rows
from selftaught.views.draws import Draws

__all__ = ["ShuffledFeatures"]


@final
@dataclass(frozen=True, kw_only=True)
class ShuffledFeatures:
    """Nodes of a graph, beside the same nodes when all features are dealt out anew.

    One permutation for the whole graph, the same in every process. The edges stay as they are.

    Args:
        normalise_rows: divide each node's features by the sum of their absolute values, as for counts of words. What
            is done here must be done to the nodes in evaluation, too: see `encoders.GraphPreprocessing`.

    Raises:
        UserError: the draws are for another number of nodes.

    Source:
        Velickovic et al. 2018, https://arxiv.org/abs/1809.10341, section 4.2: the corruption of a single graph.

    Example:
        >>> import torch
        >>> from selftaught.core import Graph, Nodes
        >>> from selftaught.views import Draws, ShuffledFeatures
        >>> graph = Graph(torch.eye(3), torch.tensor([[0, 1], [1, 0]]))
        >>> views = ShuffledFeatures()(Nodes(graph, torch.tensor([2, 0])), draws=Draws.at(0, 17, batch=2))
        >>> sorted(views.permutation.tolist()), views.rows.tolist()
        ([0, 1, 2], [2, 0])
    """

    normalise_rows: bool = True

    def __call__(
        self, items: Nodes, *, index: Int[Tensor, " n"] | None = None, draws: Draws | None = None
    ) -> CorruptedGraph:
        """Make the views of one batch of nodes.

        Args:
            items: the nodes that are asked about, and the graph around them.
            index: each node's row in the data set; None for its number in the graph.
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the draws are for another number of nodes.
        """
        draws = Draws.fresh(len(items)) if draws is None else draws
        if len(draws) != len(items):
            raise UserError(f"expected as many nodes as the draws are for, {len(draws)}, got {len(items)}")
        features, device = items.graph.features, items.rows.device
        # One thing is drawn for the graph, not one an item: only the position in the run enters, no process's rows.
        graphwide = Draws.at(draws.seed, "shuffled features", batch=1)
        return CorruptedGraph(
            index=items.rows if index is None else index,
            rows=items.rows,
            features=normalise_rows(features) if self.normalise_rows else features,
            edge_index=items.graph.edge_index,
            permutation=graphwide.permutations(len(features))[0].to(device),
            from_corrupted=torch.zeros(len(items), dtype=torch.bool, device=device),
        )

    def describe(self) -> list[str]:
        """What is left out: nothing."""
        return []
