"""What does a small BERT learn from some minutes of reading, and does it help to sort questions?

`--text questions` pre-trains with the recipe bert_glosses on nineteen of twenty glosses of WordNet
(benchmarks/wordnet_glosses.py) and on the training questions of TREC without their labels, forty times each: what
somebody has who wants to sort questions. `--text packages` takes the recipe bert_packages and nineteen of twenty
descriptions of Debian's packages (benchmarks/package_descriptions.py), which have nothing to do with TREC. Both are
asked their own questions of the documents kept out, and of a text of another kind, the last of every ten chapters of
the King James Bible (benchmarks/bible.py), each beside its chance. Then the frozen vectors of TREC's questions (six
kinds) beside those of the same network at random start, of a bag of the untrained embeddings, and TF-IDF; and all
layers side by side, as Devlin et al. 2018 (section 5.3) use frozen vectors. The numbers go to results/bert_trec.json
and results/bert_packages.json.

TREC is read from `text/` in the folder SELFTAUGHT_BENCH_DATA.
"""

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import Any, final

import bible
import numpy as np
import package_descriptions
import torch
import wordnet_glosses
from record import RESULTS, ROOT, origin, read, spread, write
from torch import Tensor, nn

import selftaught
from selftaught.core import Sequences
from selftaught.data import open_texts
from selftaught.evaluation import evaluate_vectors, own_task
from selftaught.extraction import extract_each
from selftaught.runs.planning import training_items
from selftaught.runs.rebuilding import methods_of, views_of

QUESTION = "What does a small BERT learn from some minutes of reading, and does it help to sort questions?"
DOCUMENTS = {"questions": RESULTS / "bert_trec.json", "packages": RESULTS / "bert_packages.json"}
RECIPES = {"questions": "bert_glosses", "packages": "bert_packages"}
REPEATED = 40  # each question, so that two of three documents are questions
LAYERS = "blocks.0+blocks.1+blocks.2+blocks.3"


@final
class Bag(nn.Module):
    """The mean of the embeddings of a text's tokens."""

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self.embedding = embedding

    def forward(self, items: Sequences) -> Tensor:
        """One vector a text."""
        return (self.embedding(items.values) * items.mask[:, :, None]).sum(1) / items.lengths[:, None]


def corpus(glosses: Path, questions: Path, folder: Path) -> Path:
    """Glosses to learn from, and each question so many times, as one file of documents."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = [json.loads(line)["text"] for line in questions.read_text(encoding="utf-8").splitlines()]
    text = (glosses / "train.txt").read_text(encoding="utf-8") + "\n" + "\n\n".join(asked * REPEATED) + "\n"
    (folder / "glosses_and_questions.txt").write_text(text, encoding="utf-8")
    return folder / "glosses_and_questions.txt"


def own_questions(run: selftaught.runs.Run, texts: Path, seed: int) -> dict[str, Any]:
    """Both questions asked of texts that were kept out, before and after training, and by chance."""
    methods, make_views = methods_of(run), views_of(run.record, run.encoder().preprocessing)
    pairs = training_items(open_texts(texts).train, make_views)
    found = own_task(methods["trained"], make_views, pairs, start=methods["start"], seed=seed)
    return {name: figure.as_json() for name, figure in found.items()}


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


def reading(text: str, questions: Path, folder: Path) -> tuple[Path, str, Path]:
    """What is learned from, written in the folder where it is made of two; and what is kept out: its name, its file."""
    if text == "packages":
        packages = package_descriptions.write(package_descriptions.CACHE)
        return packages / "train.txt", "packages", packages / "test.txt"
    glosses = wordnet_glosses.write(wordnet_glosses.CACHE)
    return corpus(glosses, questions, folder), "glosses", glosses / "test.txt"


def measure(text: str, data: Path, seed: int, epochs: float | None) -> dict[str, Any]:
    """Pre-train, ask the method's own questions, and sort TREC's."""
    folder = ROOT / "runs" / "evidence" / f"bert-{text}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    chapters = bible.write(bible.CACHE)
    learned, name, kept_out = reading(text, data / "trec_train.jsonl", folder.with_name(f"{folder.name}-text"))
    settings = {"seed": seed} | ({} if epochs is None else {"epochs": epochs})
    run = selftaught.pretrain("bert", learned, folder, recipe=RECIPES[text], settings=settings)
    found = selftaught.evaluate(run, data / "trec_train.jsonl", data / "trec_test.jsonl", at=LAYERS)
    return {
        "seed": seed,
        "steps": run.record.steps,
        "train_seconds": run.record.seconds,
        f"held_out_{name}": own_questions(run, kept_out, seed),
        "chapters_of_a_book": own_questions(run, chapters / "test.txt", seed),
        "bag_of_untrained_embeddings": bag_of_embeddings(run, data, seed),
        **{name: found[name] for name in ("protocols", "controls", "depths", "verdict", "energy")},
    }


def main() -> None:
    """Measure each seed, and write after it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", choices=RECIPES, default="questions", help="what it reads")
    parser.add_argument("--seed", nargs="+", type=int, default=[0])
    parser.add_argument("--epochs", type=float, help="instead of the recipe's")
    options = parser.parse_args()
    data = Path(os.environ.get("SELFTAUGHT_BENCH_DATA", "")) / "text"
    if not data.is_dir():
        raise SystemExit("expected a folder text in the folder that SELFTAUGHT_BENCH_DATA names")
    document, recipe = DOCUMENTS[options.text], RECIPES[options.text]
    for seed in options.seed:
        result = measure(options.text, data, seed, options.epochs)
        kept: Any = read(document).get("runs", [])  # now, for another process may have measured another seed
        runs: list[Any] = sorted([*(run for run in kept if run["seed"] != seed), result], key=lambda run: run["seed"])
        seconds = spread([run["train_seconds"] for run in runs])
        write(document, {"question": QUESTION, "recipe": recipe, "train_seconds": seconds, "runs": runs, **origin()})
        print(f"seed {seed}: {result['verdict']} ({result['train_seconds']:.0f} s)", flush=True)
        print(*(found for name, found in result.items() if name.startswith("held_out")), sep="\n", flush=True)


if __name__ == "__main__":
    main()
