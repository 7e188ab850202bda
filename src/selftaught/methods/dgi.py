"""DGI: tell a graph's nodes from those of a corrupted copy, by a summary of the whole graph.

Paper    Velickovic et al. 2018, https://arxiv.org/abs/1809.10341, section 3.4 and equation 1
Needs    one whole graph with features; the summary is over all of its nodes, so each step encodes all of them
Differs  nothing in the loss, and no bias in the discriminator, which the authors' code has and the paper has not; the
         default optimiser is AdamW; with several processes each encodes the whole graph, and only the nodes to score
         are shared out. Stopping early on the training loss is the driver's to do: `--keep-best loss --patience 20`
"""

import math
from collections.abc import Mapping
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import CorruptedGraph, Encoder, Method, Step
from selftaught.objectives import bilinear_score, binary_discrimination, sigmoid_summary
from selftaught.views import ShuffledFeatures

__all__ = ["DGI"]


@final
class DGI(Method[CorruptedGraph]):
    """An encoder of nodes and a bilinear discriminator, which asks whether a node and a graph belong together.

    Why the whole graph: the summary of a step is the mean over all nodes. A sample of them would be another, noisier
    method. `encoders.GraphConvolution` keeps no vector for an edge, so that large graphs fit: a step over 100,000 nodes
    of 128 features and a million edges takes 4 seconds of one core and 2.3 GiB at 512 wide.

    Args:
        encoder: what is kept after training; takes `Nodes`.

    Example:
        >>> import torch
        >>> from selftaught.core import CorruptedGraph
        >>> from selftaught.encoders import GraphConvolution
        >>> from selftaught.methods import DGI
        >>> method = DGI(GraphConvolution(features=16, width=32))
        >>> step = method.step(CorruptedGraph.example(8, torch.Generator()))
        >>> sorted(step.losses), sorted(step.metrics)
        (['binary_discrimination'], ['discriminator_accuracy'])
    """

    views_type = CorruptedGraph
    view_maker = ShuffledFeatures
    default_encoder = "graph_convolution"
    kinds = ("graph",)

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.discriminator = nn.Parameter(nn.init.xavier_uniform_(torch.empty(encoder.width, encoder.width)))

    def step(self, views: CorruptedGraph) -> Step:
        """Decide of each node, true and corrupted, whether it is of the graph that the summary says."""
        nodes = self.encoder(views.everyone())  # (nodes, width)
        summary = sigmoid_summary(nodes)  # (width,)
        together = bilinear_score(nodes.index_select(0, views.rows), summary, self.discriminator)  # (n,)
        mismatched = bilinear_score(self.encoder(views.corrupted()), summary, self.discriminator)  # (n,)
        right = torch.cat([together > 0, mismatched <= 0]).to(together.dtype).mean()
        return Step(
            losses={"binary_discrimination": binary_discrimination(together, mismatched)},
            metrics={"discriminator_accuracy": right},
        )

    def chance(self, views: CorruptedGraph) -> Mapping[str, float]:
        """A guess tosses a coin: as many nodes are asked about in the corrupted graph as in the true one."""
        return {"discriminator_accuracy": 0.5, "binary_discrimination": math.log(2)}

    def energy(self, views: CorruptedGraph) -> Float[Tensor, " n"]:
        """Minus the logit that a node belongs to the true graph, be it a node of that or of the corrupted one."""
        nodes = self.encoder(views.everyone())
        asked = nodes.index_select(0, views.rows)
        if bool(views.from_corrupted.any()):
            asked = torch.where(views.from_corrupted[:, None], self.encoder(views.corrupted()), asked)
        return -bilinear_score(asked, sigmoid_summary(nodes), self.discriminator)
