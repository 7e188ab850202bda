"""Tell which group an item was sorted into."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.objectives.classification import answer_surprise

__all__ = ["cluster_surprise", "uniform_over_clusters"]


def cluster_surprise(scores: Float[Tensor, "n k"], clusters: Int[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Minus the log-probability of every item's own cluster.

        surprise_i = log( sum_c exp(s_ic) ) - s_ic*        c* being the cluster of item i

    Args:
        scores: a number for every item and cluster, before the softmax.
        clusters: which one each item is in.

    Returns:
        One number an item, in nats; log k when all scores are equal (collapse).

    Source:
        Caron et al. 2018, https://arxiv.org/abs/1807.05520, equation 1.

    Example:
        >>> import torch
        >>> from selftaught.objectives import cluster_surprise
        >>> cluster_surprise(torch.zeros(2, 8), torch.tensor([3, 0])) / torch.tensor(8.0).log()
        tensor([1., 1.])
    """
    return answer_surprise(scores, clusters)


def uniform_over_clusters(clusters: Int[Tensor, " n"]) -> Float[Tensor, " n"]:
    """How often to draw each item, so that every cluster is drawn equally often: one over the size of its own.

    Without it an encoder that finds one large cluster and calls everything by its name has a low loss.

    Args:
        clusters: which one each item is in.

    Source:
        Caron et al. 2018, https://arxiv.org/abs/1807.05520, section 3.3 (trivial parametrization).

    Example:
        >>> import torch
        >>> from selftaught.objectives import uniform_over_clusters
        >>> uniform_over_clusters(torch.tensor([0, 1, 1, 1, 1]))
        tensor([1.0000, 0.2500, 0.2500, 0.2500, 0.2500])
    """
    return 1 / clusters.bincount()[clusters].to(torch.float32)
