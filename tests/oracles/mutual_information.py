"""DGI as plain loops, written from the paper. No torch, no numpy, no selftaught."""

import math
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def softplus(value: float) -> float:
    """log(1 + exp(value)) without overflow; -log of a sigmoid is softplus of minus its argument."""
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def binary_discrimination(together: Sequence[float], mismatched: Sequence[float]) -> float:
    """DGI (1809.10341), eq. 1, as a loss: -(sum log D(pos) + sum log(1 - D(neg))) / (N + M), D a sigmoid."""
    total = math.fsum(softplus(-logit) for logit in together) + math.fsum(softplus(logit) for logit in mismatched)
    return total / (len(together) + len(mismatched))


def sigmoid_summary(nodes: Rows) -> list[float]:
    """DGI, eq. 5: the sigmoid of the mean over all nodes."""
    means = [math.fsum(node[k] for node in nodes) / len(nodes) for k in range(len(nodes[0]))]
    return [1 / (1 + math.exp(-mean)) for mean in means]


def bilinear_score(nodes: Rows, summary: Sequence[float], weight: Rows) -> list[float]:
    """DGI, eq. 6 before the sigmoid: h^T W s."""
    return [
        math.fsum(node[i] * weight[i][j] * summary[j] for i in range(len(node)) for j in range(len(summary)))
        for node in nodes
    ]


def graph_convolution(features: Rows, edges: Sequence[tuple[int, int]], weight: Rows, bias: Rows, slope: float) -> Rows:
    """DGI, eq. 3: PReLU(D^-1/2 (A + I) D^-1/2 X W + b), entry by entry, with dense matrices.

    `weight` has a row for each output, `bias` is one row, and edges run from source to target.
    """
    count = len(features)
    adjacency = [[float(i == j) for j in range(count)] for i in range(count)]
    for source, target in edges:
        adjacency[target][source] = 1.0
    degrees = [math.fsum(row) for row in adjacency]
    result = []
    for i in range(count):
        row = []
        for k, weights in enumerate(weight):
            value = bias[0][k]
            for j in range(count):
                share = adjacency[i][j] / math.sqrt(degrees[i] * degrees[j])
                value += share * math.fsum(features[j][d] * weights[d] for d in range(len(weights)))
            row.append(value if value > 0 else slope * value)
        result.append(row)
    return result


def dgi(
    features: Rows,
    edges: Sequence[tuple[int, int]],
    permutation: Sequence[int],
    rows: Sequence[int],
    weight: Rows,
    bias: Rows,
    slope: float,
    discriminator: Rows,
) -> float:
    """DGI, section 3.4: encode, corrupt by shuffling features on the same edges, encode, summarise, discriminate."""
    true = graph_convolution(features, edges, weight, bias, slope)
    corrupted = graph_convolution([features[place] for place in permutation], edges, weight, bias, slope)
    summary = sigmoid_summary(true)
    together = bilinear_score([true[row] for row in rows], summary, discriminator)
    mismatched = bilinear_score([corrupted[row] for row in rows], summary, discriminator)
    return binary_discrimination(together, mismatched)
