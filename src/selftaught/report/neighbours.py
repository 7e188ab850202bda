"""Which items an encoder finds alike."""

import numpy as np
import torch
from jaxtyping import Float, Int

from selftaught.core import UserError
from selftaught.evaluation.neighbours import nearest_rows

__all__ = ["all_neighbours", "choose_queries", "nearest_neighbours"]


def nearest_neighbours(
    vectors: Float[np.ndarray, "n width"], queries: Int[np.ndarray, " q"], k: int
) -> Int[np.ndarray, "q k"]:
    """The rows whose vectors point most nearly the same way as each query's, by cosine similarity.

    Args:
        vectors: one row an item. A vector of zeros is as near to everything as a right angle.
        queries: rows of the items asked about; no item is its own neighbour.
        k: how many, in [1, n - 1].

    Returns:
        Rows of `vectors`, nearest first; of equally near ones the earlier row first.

    Raises:
        UserError: there are not `k` other items.

    Example:
        >>> import numpy as np
        >>> from selftaught.report import nearest_neighbours
        >>> vectors = np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 0.1], [-1.0, 0.0]])
        >>> nearest_neighbours(vectors, np.array([0]), k=2).tolist()
        [[2, 1]]
    """
    if not 1 <= k < len(vectors):
        raise UserError(f"expected 1 to {len(vectors) - 1} neighbours among {len(vectors)} items, got {k}")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(lengths, np.finfo(vectors.dtype).tiny)
    similarity = unit[queries] @ unit.T  # (q, n)
    similarity[np.arange(len(queries)), queries] = -np.inf
    return np.argsort(-similarity, axis=1, kind="stable")[:, :k]


def all_neighbours(vectors: Float[np.ndarray, "n width"], k: int) -> Int[np.ndarray, "n k"]:
    """What `nearest_neighbours` finds for every row, block by block, so that tens of thousands fit into memory.

    Args:
        vectors: one row an item.
        k: how many, in [1, n - 1].

    Raises:
        UserError: there are not `k` other items.

    Example:
        >>> import numpy as np
        >>> from selftaught.report import all_neighbours
        >>> all_neighbours(np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 0.1]]), k=1).tolist()
        [[2], [2], [0]]
    """
    if not 1 <= k < len(vectors):
        raise UserError(f"expected 1 to {len(vectors) - 1} neighbours among {len(vectors)} items, got {k}")
    own = torch.from_numpy(vectors)
    rows = nearest_rows(own, own, k=k + 1).rows.numpy()  # an item is among its own, unless it has many copies
    others = rows != np.arange(len(rows))[:, None]
    others[others.all(axis=1), k] = False
    return rows[others].reshape(len(rows), k)


def choose_queries(
    items: int, count: int, *, labels: Int[np.ndarray, " n"] | None = None, seed: int = 0
) -> Int[np.ndarray, " q"]:
    """Rows to ask about, drawn at random and never by their result; from different classes as long as these last.

    Args:
        items: how many items there are.
        count: how many rows; all of them if there are fewer.
        labels: the class of every item, or None.
        seed: the same seed gives the same rows.

    Example:
        >>> import numpy as np
        >>> from selftaught.report import choose_queries
        >>> labels = np.array([0, 0, 0, 1, 1, 2])
        >>> labels[choose_queries(6, 3, labels=labels)].tolist()
        [0, 1, 2]
    """
    rows = np.random.default_rng(seed).permutation(items)
    if labels is None:
        return np.sort(rows[:count])
    kinds = labels[rows]
    by_kind = np.argsort(kinds, kind="stable")
    earlier = np.empty(items, dtype=np.int64)  # how many rows of its class were drawn before each
    earlier[by_kind] = np.arange(items) - np.searchsorted(kinds[by_kind], kinds[by_kind])
    chosen = rows[np.argsort(earlier, kind="stable")[:count]]
    return chosen[np.argsort(labels[chosen], kind="stable")]
