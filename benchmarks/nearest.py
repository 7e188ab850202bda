"""How fast are the 20 nearest of 50,000 vectors found, beside scikit-learn's brute force, and are they the same?

10,000 queries, 512 features in float32. Random vectors, spread out and in a cone (as features after a ReLU are), and
vectors in clusters. scikit-learn's is `NearestNeighbors(algorithm="brute", metric="cosine")`.
"""

import argparse
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np
import torch
import torch.nn.functional as F
from record import RESULTS, origin, spread, write
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from selftaught.evaluation import nearest

FEATURES, NEIGHBOURS = 512, 20


def vectors(form: str, count: int, generator: torch.Generator) -> Tensor:
    """Unit vectors; those in clusters share their centres with every other draw."""
    noise = torch.randn(count, FEATURES, generator=generator)
    if form == "cone":
        noise = noise.relu()
    if form == "clusters":
        centres = torch.randn(100, FEATURES, generator=torch.Generator().manual_seed(1))
        noise = centres[torch.randint(100, (count,), generator=generator)] + 0.5 * noise
    return F.normalize(noise, dim=1)


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Seconds, and what came of it."""
    begin = time.perf_counter()
    found = work()
    return time.perf_counter() - begin, found


def measure(form: str, options: argparse.Namespace) -> dict[str, object]:
    """Both searches in turn."""
    generator = torch.Generator().manual_seed(0)
    bank, queries = (vectors(form, count, generator) for count in (options.bank, options.queries))
    peer = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute", metric="cosine").fit(bank.numpy())
    ours, theirs, same = [], [], 0.0
    for _ in range(options.repeats):
        taken, found = timed(lambda: nearest(queries, bank, NEIGHBOURS)[1].numpy())
        ours.append(taken)
        taken, expected = timed(lambda: peer.kneighbors(queries.numpy(), return_distance=False))
        theirs.append(taken)
        same = float((np.sort(found) == np.sort(expected)).mean())
        print(f"{form}: {theirs[-1] / ours[-1]:.2f} times as fast as scikit-learn, {same:.4%} the same", flush=True)
    return {
        "form": form,
        "same_neighbours": same,
        "times_as_fast": spread([their / our for our, their in zip(ours, theirs, strict=True)]),
        "seconds": {"ours": spread(ours), "peer": spread(theirs)},
    }


def main() -> None:
    """Over each form of vectors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--bank", type=int, default=50_000)
    options = parser.parse_args()
    forms = [measure(form, options) for form in ("spread out", "cone", "clusters")]
    task = f"The {NEIGHBOURS} nearest of {options.bank:,} vectors of {FEATURES} for {options.queries:,} queries."
    found = {"task": task, "faiss": version("faiss-cpu") if find_spec("faiss") else None, "forms": forms}
    write(RESULTS / "nearest.json", {**found, **origin()})


if __name__ == "__main__":
    main()
