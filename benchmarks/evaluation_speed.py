"""How long does it take to judge 60,000 + 10,000 vectors of 512 features, and where does the time go?

Vectors of one network, drawn: ten overlapping classes, and variances that fall as one over the rank, as those of
trained encoders about do. Each protocol is timed alone, with the load of the machine beside it: other work makes every
number larger.
"""

import argparse
import os
import time
from collections.abc import Callable

import torch
from record import RESULTS, origin, write

from selftaught.evaluation import evaluate_vectors, label_free, silhouettes

CLASSES = 10


def drawn(count: int, width: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors and their classes."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(CLASSES, (count,), generator=generator)
    axes = torch.linalg.qr(torch.randn(width, width, generator=torch.Generator().manual_seed(99))).Q
    centres = torch.randn(CLASSES, width, generator=torch.Generator().manual_seed(98))
    spread = torch.arange(1, width + 1).float() ** -0.5
    return (0.7 * centres[labels] + torch.randn(count, width, generator=generator)) * spread @ axes, labels


def seconds(work: Callable[[], object]) -> dict[str, float]:
    """Of the clock, and of the processors."""
    clock, processors = time.perf_counter(), time.process_time()
    work()
    return {
        "seconds": round(time.perf_counter() - clock, 2),
        "processor_seconds": round(time.process_time() - processors, 2),
        "load": round(os.getloadavg()[0], 2),
    }


def main() -> None:
    """Time every part, and print where the time goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=int, default=60_000)
    parser.add_argument("--test", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    (train, labels), (test, truth) = drawn(given.train, given.width, 0), drawn(given.test, given.width, 1)

    def measure(protocol: str) -> Callable[[], object]:
        return lambda: evaluate_vectors(train, labels, test, truth, protocols=[protocol])

    names = ("knn", "linear", "label_curve", "clustering", "retrieval")
    parts: dict[str, Callable[[], object]] = {name: measure(name) for name in names}
    parts["label_free"] = lambda: (label_free(train), silhouettes(train))
    found: dict[str, dict[str, float]] = {}
    for name, work in parts.items():
        found[name] = seconds(work)
        print(f"{name:12} {found[name]['seconds']:8.1f} s  {found[name]['processor_seconds']:8.1f} s of processors")
    asked = [each["seconds"] for name, each in found.items() if name != "retrieval"]
    busy = [each["processor_seconds"] for name, each in found.items() if name != "retrieval"]
    print(f"all but retrieval: {sum(asked):.1f} s, {sum(busy):.1f} s of processors on {given.threads} threads")
    document = origin() | {"train": given.train, "test": given.test, "width": given.width, "threads": given.threads}
    write(RESULTS / "evaluation_speed.json", document | {"parts": found, "all_but_retrieval_seconds": sum(asked)})


if __name__ == "__main__":
    main()
