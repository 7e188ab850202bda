"""The map of a run's embeddings: where items lie, what is known of them, what they are near to."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import nn

from selftaught.core import Source
from selftaught.evaluation.clustering import cluster_vectors
from selftaught.extraction import reading
from selftaught.report import EmbeddingMap, all_neighbours, project
from selftaught.runs.kinds import Kind

__all__ = ["cluster_column", "map_of"]

_NEAR = 8
_CLUSTERS = 10  # where no labels say how many


def map_of(
    kind: Kind, source: Source, vectors: Float[np.ndarray, "n width"], *, head: nn.Module | None = None, seed: int = 0
) -> EmbeddingMap:
    """The map of some items, with everything that the page shows when one of them is asked about.

    Args:
        kind: of the data.
        source: the items.
        vectors: the encoder's, one an item.
        head: the method's projection head, which takes such vectors, for a second map; None for none.
        seed: of the projection and of the clusters.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_texts
        >>> from selftaught.runs.kinds import kind_named
        >>> from selftaught.runs.mapping import map_of
        >>> texts = open_texts(["rain", "snow"]).train
        >>> found = map_of(kind_named("text"), texts, np.eye(2, dtype=np.float32))
        >>> found.words, found.near.tolist()
        (['rain', 'snow'], [[1], [0]])
    """
    rows = np.arange(len(source))
    shown, links = kind.show(source, rows), kind.links(source)
    positions = project(vectors, seed).astype(np.float64)
    projected = None
    if head is not None:
        projected = project(_projected(head, vectors), seed, beside=positions).astype(np.float64)
    return EmbeddingMap(
        positions=positions,
        projected=projected,
        labels=source.labels,
        classes=source.classes or (),
        columns=cluster_column(source, vectors, seed) | dict(source.columns),
        names=[str(key) for key in source.keys],
        pictures=[each for each in shown if not isinstance(each, str)],
        words=[each for each in shown if isinstance(each, str)],
        near=all_neighbours(vectors, min(_NEAR, len(source) - 1)) if len(source) > 1 else None,
        sounds=kind.sounds(source, rows),
        links=links if len(links) else None,
    )


def cluster_column(
    source: Source, vectors: Float[np.ndarray, "n width"], seed: int
) -> dict[str, Int[np.ndarray, " n"]]:
    """The k-means cluster of every item, numbered from 1: as many as there are classes, or ten.

    Args:
        source: the items, of which the number of classes is taken and nothing else.
        vectors: one an item; clusters are found among them at unit length.
        seed: of the starts.

    Example:
        >>> import numpy as np
        >>> from selftaught.data import open_texts
        >>> from selftaught.runs.mapping import cluster_column
        >>> source = open_texts(["rain", "snow"]).train
        >>> sorted(cluster_column(source, np.eye(2, dtype=np.float32), 0)["k-means cluster"].tolist())
        [1, 2]
    """
    count = _CLUSTERS if source.labels is None else len(np.unique(source.labels))
    own = torch.from_numpy(vectors)
    return {"k-means cluster": cluster_vectors(own, own, min(count, len(vectors)), seed=seed).numpy() + 1}


def _projected(head: nn.Module, vectors: Float[np.ndarray, "n width"]) -> Float[np.ndarray, "n projected"]:
    with reading(head, torch.device("cpu")):
        return head(torch.from_numpy(vectors)).float().numpy()
