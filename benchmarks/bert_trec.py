"""What does a small BERT learn from one book, and does it help to sort questions?

Pre-trains with the recipe bert_bible on nine of ten chapters of the King James Bible (benchmarks/bible.py), and asks
its own two questions of the chapters kept out, each beside its chance. Then the frozen vectors of the questions of TREC
(six kinds) beside those of the same network at random start, of a bag of the untrained embeddings, and TF-IDF. The
numbers go to results/bert_trec.json.

TREC is read from `text/` in the folder SELFTAUGHT_BENCH_DATA.
"""

import argparse
import os
import shutil
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from bible import CACHE
from bible import write as write_bible
from record import RESULTS, ROOT, origin, read, spread, write
from torch import Tensor, nn

import selftaught
from selftaught.core import Sequences
from selftaught.data import open_texts
from selftaught.evaluation import evaluate_vectors
from selftaught.extraction import extract_each, reading
from selftaught.runs.planning import training_items
from selftaught.runs.rebuilding import methods_of, views_of
from selftaught.views import Draws

DOCUMENT = RESULTS / "bert_trec.json"
QUESTION = "What does a small BERT learn from one book, and does it help to sort questions?"
RECIPE = "bert_bible"
PAIRS, BATCH = 1024, 64


@final
class Bag(nn.Module):
    """The mean of the embeddings of a text's tokens."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self.embedding = embedding

    def forward(self, items: Sequences) -> Tensor:
        """One vector a text."""
        return (self.embedding(items.values) * items.mask[:, :, None]).sum(1) / items.lengths[:, None]


def own_questions(run: selftaught.runs.Run, chapters: Path, seed: int) -> dict[str, Any]:
    """Accuracy of both heads on chapters that were kept out, before and after training, and by chance."""
    methods = methods_of(run)
    make_views: Any = views_of(run.record, run.encoder().preprocessing)
    pairs: Any = training_items(open_texts(chapters).train, make_views)
    rows = np.sort(np.random.default_rng(seed).permutation(len(pairs))[:PAIRS])
    found: dict[str, list[dict[str, float]]] = {name: [] for name in methods or {}}
    targets: list[Tensor] = []
    follows: list[Tensor] = []
    for start in range(0, len(rows), BATCH):
        taken = rows[start : start + BATCH]
        views = make_views(
            pairs.batch(taken), index=torch.from_numpy(taken), draws=Draws.at(seed, start, batch=len(taken))
        )
        meant = torch.arange(views.targets.shape[1]) < views.target_counts[:, None]
        targets.append(views.targets[meant])
        follows.append(views.is_next)
        for name, method in (methods or {}).items():
            with reading(method, torch.device("cpu")):
                found[name].append({key: float(value) for key, value in method.step(views).metrics.items()})
    commonest = torch.cat(targets).bincount().max() / len(torch.cat(targets))
    share = torch.cat(follows).double().mean().item()
    means = {
        name: {key: float(np.mean([each[key] for each in batches])) for key in batches[0]}
        for name, batches in found.items()
    }
    return {
        **means,
        "chance": {"masked_token_accuracy": float(commonest), "next_sentence_accuracy": max(share, 1 - share)},
    }


def bag_of_embeddings(run: selftaught.runs.Run, trec: Path, seed: int) -> dict[str, Any]:
    """The same protocols on a bag of the embeddings at their start."""
    start = run.start()
    embedding: Any = start.encoder.embedding
    train, test = (open_texts(trec / f"trec_{part}.jsonl").train for part in ("train", "test"))
    vectors = [extract_each([Bag(embedding)], start.preprocessing, part)[0] for part in (train, test)]
    labels = [torch.from_numpy(np.asarray(part.labels)) for part in (train, test)]
    if train.classes != test.classes:
        raise SystemExit("expected the same kinds of questions in both parts")
    return evaluate_vectors(vectors[0], labels[0], vectors[1], labels[1], seed=seed).as_json()


def measure(data: Path, seed: int, epochs: float | None) -> dict[str, Any]:
    """Pre-train on the book, ask its own questions, and sort TREC's."""
    folder = ROOT / "runs" / "evidence" / f"bert-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    book = write_bible(CACHE)
    settings = {"seed": seed} | ({} if epochs is None else {"epochs": epochs})
    run = selftaught.pretrain("bert", book / "train.txt", folder, recipe=RECIPE, settings=settings)
    found = selftaught.evaluate(run, data / "trec_train.jsonl", data / "trec_test.jsonl")
    return {
        "seed": seed,
        "steps": run.record.steps,
        "train_seconds": run.record.seconds,
        "held_out_chapters": own_questions(run, book / "test.txt", seed),
        "bag_of_untrained_embeddings": bag_of_embeddings(run, data, seed),
        **{name: found[name] for name in ("protocols", "controls", "verdict", "energy")},
    }


def main() -> None:
    """Measure each seed, and write after it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", nargs="+", type=int, default=[0])
    parser.add_argument("--epochs", type=float, help="instead of the recipe's")
    options = parser.parse_args()
    data = Path(os.environ.get("SELFTAUGHT_BENCH_DATA", "")) / "text"
    if not data.is_dir():
        raise SystemExit("expected a folder text in the folder that SELFTAUGHT_BENCH_DATA names")
    kept: Any = read(DOCUMENT).get("runs", [])
    runs: list[Any] = list(kept)
    for seed in options.seed:
        result = measure(data, seed, options.epochs)
        runs = [run for run in runs if run["seed"] != seed] + [result]
        seconds = spread([run["train_seconds"] for run in runs])
        write(DOCUMENT, {"question": QUESTION, "recipe": RECIPE, "train_seconds": seconds, "runs": runs, **origin()})
        print(f"seed {seed}: {result['verdict']} ({result['train_seconds']:.0f} s)", flush=True)
        print(result["held_out_chapters"], flush=True)


if __name__ == "__main__":
    main()
