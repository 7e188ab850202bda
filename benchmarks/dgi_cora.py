"""Does DGI reach its published accuracy on Cora?

Pre-trains with the recipe dgi_cora on all 2,708 nodes without their labels, until the loss has been no lower for 20
steps, and learns a linear layer on the frozen
vectors of the 140 training nodes of the public split, as DGI's authors do: cross-entropy, Adam with a rate of 0.01, 100
steps, no decay. Accuracy is that on the 1,000 test nodes. Whether vectors are first scaled to unit length is decided by
the 500 validation nodes. Beside it, a logistic regression of scikit-learn whose strength of regularisation is decided
by the validation nodes, and the same probes on the encoders at random start and on the words themselves. The numbers go
to results/dgi_cora.json.

Cora is read from `cora.npz` in the folder SELFTAUGHT_BENCH_DATA.
"""

import argparse
import copy
import math
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from record import RESULTS, origin, spread, write
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import Nodes
from selftaught.data import GraphSource, Splits, open_graph
from selftaught.encoders import GraphConvolution, GraphPreprocessing
from selftaught.methods import DGI
from selftaught.recipes import find_recipe
from selftaught.views import Draws, ShuffledFeatures

DOCUMENT = RESULTS / "dgi_cora.json"
QUESTION = "Does DGI reach its published accuracy on Cora, on the public split?"
PUBLISHED = {"mean": 0.823, "std": 0.006, "random_start": 0.693, "raw_features": 0.479}  # 1809.10341, table 2
PARTS = ("train", "val", "test")
STRENGTHS = (1.0, 10.0, 100.0)


def pretrain(nodes: Nodes, seed: int, settings: Mapping[str, Any]) -> tuple[DGI, int, float]:
    """The method at its lowest loss, after how many steps that was, and how long training took."""
    torch.manual_seed(seed)
    method = DGI(GraphConvolution(features=nodes.graph.features.shape[1]))
    make_views = ShuffledFeatures(normalise_rows=settings["normalise_rows"])
    optimiser = torch.optim.AdamW(
        method.parameters(), lr=settings["learning_rate"], weight_decay=settings["weight_decay"]
    )
    begin = time.perf_counter()
    lowest, best, best_step = math.inf, copy.deepcopy(method.state_dict()), 0
    for step in range(settings["epochs"]):
        views = make_views(nodes, draws=Draws.at(seed, step, batch=len(nodes)))
        optimiser.zero_grad()
        loss = method.step(views).loss
        loss.backward()
        optimiser.step()
        if loss.item() < lowest:
            lowest, best, best_step = loss.item(), copy.deepcopy(method.state_dict()), step
        if step - best_step >= settings["patience"]:
            break
    method.load_state_dict(best)
    return method, best_step + 1, time.perf_counter() - begin


def adam_probe(vectors: Tensor, labels: Tensor, parts: Mapping[str, Tensor], seed: int) -> dict[str, float]:
    """Accuracy by part of a linear layer that was trained as DGI's authors do."""
    torch.manual_seed(seed)
    layer = nn.Linear(vectors.shape[1], int(labels.max()) + 1)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimiser = torch.optim.Adam(layer.parameters(), lr=0.01)
    train = parts["train"]
    for _ in range(100):
        optimiser.zero_grad()
        F.cross_entropy(layer(vectors[train]), labels[train]).backward()
        optimiser.step()
    with torch.no_grad():
        right = (layer(vectors).argmax(1) == labels).double()
    return {part: right[rows].mean().item() for part, rows in parts.items()}


def logistic_regression(vectors: Tensor, labels: Tensor, parts: Mapping[str, Tensor]) -> dict[str, float]:
    """Accuracy by part of the logistic regression that does best on the validation nodes."""
    tried = []
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=300)
        model.fit(vectors[parts["train"]].numpy(), labels[parts["train"]].numpy())
        scores = {part: float(model.score(vectors[rows].numpy(), labels[rows].numpy())) for part, rows in parts.items()}
        tried.append({"inverse_regularisation": strength, **scores})
    return max(tried, key=lambda scores: scores["val"])


def measure(encoded: Sequence[Tensor], labels: Tensor, parts: Mapping[str, Tensor], probes: int) -> dict[str, Any]:
    """Every probe on every encoder's vectors; whether to scale them is decided by the validation nodes."""
    scalings: dict[str, Callable[[Tensor], Tensor]] = {"none": lambda rows: rows, "unit length": F.normalize}
    runs = {
        name: [
            adam_probe(scale(vectors), labels, parts, seed=100 * number + probe)
            for number, vectors in enumerate(encoded)
            for probe in range(probes)
        ]
        for name, scale in scalings.items()
    }
    chosen = max(runs, key=lambda name: statistics.fmean(run["val"] for run in runs[name]))
    regression = [logistic_regression(F.normalize(vectors), labels, parts) for vectors in encoded]
    return {
        "scaling": chosen,
        **spread([run["test"] for run in runs[chosen]]),
        "validation": spread([run["val"] for run in runs[chosen]]),
        "by_scaling": {
            name: {part: spread([run[part] for run in several]) for part in ("val", "test")}
            for name, several in runs.items()
        },
        "logistic_regression": {
            "strengths": [run["inverse_regularisation"] for run in regression],
            **spread([run["test"] for run in regression]),
        },
    }


def cora() -> Splits[GraphSource]:
    """The graph with its public split."""
    folder = os.environ.get("SELFTAUGHT_BENCH_DATA")
    path = Path(folder or ".") / "cora.npz"
    if not path.is_file():
        raise SystemExit("expected cora.npz in the folder SELFTAUGHT_BENCH_DATA")
    return open_graph(path)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoders", type=int, default=5, help="how many are pre-trained, with seeds from 0")
    parser.add_argument("--probes", type=int, default=10, help="how many linear layers each encoder is measured with")
    options = parser.parse_args()
    splits, settings = cora(), find_recipe("dgi_cora").settings
    source = splits.unlabelled
    print(splits.found, flush=True)
    nodes = source.batch(range(len(source)))
    column, labels = source.columns["split"], torch.from_numpy(np.asarray(source.labels))
    parts = {part: torch.from_numpy(np.flatnonzero(column == part)) for part in PARTS}
    prepared = GraphPreprocessing(source.facts()["features"], normalise_rows=bool(settings["normalise_rows"]))(nodes)
    trained, starts, steps, seconds = list[Tensor](), list[Tensor](), list[float](), list[float]()
    for seed in range(options.encoders):
        torch.manual_seed(seed)
        with torch.no_grad():
            starts.append(GraphConvolution(features=prepared.graph.features.shape[1])(prepared))
        method, best_step, took = pretrain(nodes, seed, settings)
        with torch.no_grad():
            trained.append(method.encoder(prepared))
        steps.append(best_step)
        seconds.append(took)
        print(f"encoder {seed + 1} of {options.encoders}: {best_step} steps, {took:.0f} s", flush=True)
    results = {
        "dgi": measure(trained, labels, parts, options.probes),
        "random_start": measure(starts, labels, parts, options.probes),
        "raw_features": measure([prepared.graph.features], labels, parts, options.probes * options.encoders),
    }
    document = {
        "question": QUESTION,
        "data": splits.found,
        "nodes": {part: len(rows) for part, rows in parts.items()},
        "settings": dict(settings),
        "encoders": options.encoders,
        "runs": options.encoders * options.probes,
        "steps_to_the_lowest_loss": spread(steps),
        "train_seconds": spread(seconds),
        "results": results,
        "published": PUBLISHED,
        "target": 0.815,
        **origin(),
    }
    for name, result in results.items():
        print(f"{name}: {100 * result['mean']:.1f} +- {100 * result['std']:.1f} % (scaling: {result['scaling']})")
    write(DOCUMENT, document)


if __name__ == "__main__":
    main()
