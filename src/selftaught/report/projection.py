"""Vectors of any width as points in the plane."""

import numpy as np
import torch
from jaxtyping import Float

from selftaught.evaluation.neighbours import nearest_rows

__all__ = ["project", "project_many"]

_PRINCIPAL_WIDTH = 50
_ITERATIONS = 500  # 2,000 points: 4 s on one core, against 8 s for scikit-learn's 1,000, which place no cluster better


def project(
    vectors: Float[np.ndarray, "n width"], seed: int, *, beside: Float[np.ndarray, "n 2"] | None = None
) -> Float[np.ndarray, "n 2"]:
    """Places in the plane that keep each vector's neighbours: t-SNE of the first 50 principal components.

    Runs on one core: at this size more cores win little, lose much on a busy machine, and make the last bits depend
    on their number. Fewer than 10 vectors are placed by their first two principal components.

    Args:
        vectors: one row an item; 2,000 rows take about four seconds.
        seed: the same seed and vectors give the same places.
        beside: places of the same items by other vectors; the map is turned and mirrored to lie as near them as it can.

    Returns:
        Places in no unit; only who lies near whom has a meaning.

    Source:
        van der Maaten and Hinton 2008, https://jmlr.org/papers/v9/vandermaaten08a.html.

    Example:
        >>> import numpy as np
        >>> from selftaught.report import project
        >>> vectors = np.random.default_rng(0).normal(size=(20, 8))
        >>> project(vectors, seed=0).shape
        (20, 2)
    """
    from scipy.linalg import orthogonal_procrustes
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    principal = _principal_components(vectors)
    if len(vectors) < 10:
        return np.pad(principal[:, :2], ((0, 0), (0, max(0, 2 - principal.shape[1]))))
    perplexity = min(30.0, (len(vectors) - 1) / 3)
    start = np.pad(principal[:, :2], ((0, 0), (0, max(0, 2 - principal.shape[1])))).astype(np.float32)
    start = start / max(start[:, 0].std(), 1e-12) * 1e-4  # the scale that scikit-learn gives its own start
    with threadpool_limits(1):
        tsne = TSNE(init=start, perplexity=perplexity, max_iter=_ITERATIONS, random_state=seed)
        places = tsne.fit_transform(principal)
    if beside is None:
        return places
    centred = places - places.mean(0)
    turn, _ = orthogonal_procrustes(centred, beside - beside.mean(0))
    return (centred @ turn).astype(places.dtype)


def project_many(
    vectors: Float[np.ndarray, "n width"], seed: int, *, landmarks: int = 5000
) -> Float[np.ndarray, "n 2"]:
    """Places for any number of vectors: `project` places a random sample, and the others stand among it.

    Each further vector stands at the median, by coordinate, of the places of the three landmarks that are nearest to
    it by cosine. What the landmarks lack, such as a small group of which none was drawn, the map lacks, too.

    Args:
        vectors: one row an item.
        seed: of the sample and of its places.
        landmarks: how many are placed by t-SNE, at least 3; 5,000 take about a quarter of a minute.

    Example:
        >>> import numpy as np
        >>> from selftaught.report.projection import project_many
        >>> project_many(np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32), 0, landmarks=20).shape
        (40, 2)
    """
    if len(vectors) <= landmarks:
        return project(vectors, seed)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(vectors))[:landmarks])
    others = np.setdiff1d(np.arange(len(vectors)), chosen)
    places = np.empty((len(vectors), 2))
    places[chosen] = project(vectors[chosen], seed)
    near = nearest_rows(torch.from_numpy(vectors[chosen]), torch.from_numpy(vectors[others]), k=3).rows.numpy()
    places[others] = np.median(places[chosen][near], axis=1)
    return places


def _principal_components(vectors: Float[np.ndarray, "n width"]) -> Float[np.ndarray, "n kept"]:
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, scales, right = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(right[np.arange(len(right)), np.abs(right).argmax(axis=1)])  # or the sign would be LAPACK's whim
    return ((left * scales) * signs)[:, :_PRINCIPAL_WIDTH].astype(np.float32)
