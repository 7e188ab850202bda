"""What do NT-Xent's gradients cost in pieces, beside a matrix of all similarities?

Forward and backward pass over views of width 128. Every measurement is a process of its own: extra memory is how far
the process's peak rises above what it was once the embeddings were there and a small batch had warmed everything up.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from peak_memory import peak_bytes
from record import RESULTS, origin, spread, write
from torch import Tensor
from torch.nn import functional as F

from selftaught.objectives import nt_xent

WIDTH, TEMPERATURE = 128, 0.5
COMPARED, LARGE = 8192, 65_536  # views
MEBIBYTES = 2**20


def dense(a: Tensor, b: Tensor, *, temperature: float) -> Tensor:
    """NT-Xent as its papers' authors write it: the whole matrix, left to autograd."""
    z = F.normalize(torch.cat([a, b]), dim=-1)
    rows = torch.arange(len(z))
    return F.cross_entropy((z @ z.T / temperature).scatter(1, rows[:, None], float("-inf")), rows.roll(len(a)))


FORMS: dict[str, Callable[..., Tensor]] = {"pieces": nt_xent, "dense": dense}


def once(form: str, views: int) -> None:
    """One measurement, printed as JSON."""
    torch.manual_seed(0)
    a, b = (torch.randn(views // 2, WIDTH, requires_grad=True) for _ in range(2))
    FORMS[form](a[:256], b[:256], temperature=TEMPERATURE).backward()
    before, begin, begin_cpu = peak_bytes(), time.perf_counter(), time.process_time()
    loss = FORMS[form](a, b, temperature=TEMPERATURE)
    loss.backward()
    taken = {"seconds": time.perf_counter() - begin, "cpu_seconds": time.process_time() - begin_cpu}
    print(json.dumps({**taken, "extra_mebibytes": (peak_bytes() - before) / MEBIBYTES, "loss_nats": loss.item()}))


def measure(form: str, views: int, repeats: int) -> dict[str, object]:
    """Several measurements, each in a new process."""
    found: list[dict[str, float]] = []
    for _ in range(repeats):
        command = [sys.executable, __file__, "--once", form, str(views)]
        found.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
        print(f"{views:,} views, {form}: " + ", ".join(f"{name} {value:.4g}" for name, value in found[-1].items()))
    return {"form": form, "views": views} | {name: spread([each[name] for each in found]) for name in found[0]}


def main() -> None:
    """Both forms where both fit, then the pieces alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--once", nargs=2, metavar=("FORM", "VIEWS"), help="one measurement in this process")
    options = parser.parse_args()
    if options.once:
        once(options.once[0], int(options.once[1]))
        return
    sizes = [(form, views) for views in (512, COMPARED) for form in FORMS] + [("pieces", LARGE)]
    found = [measure(form, views, options.repeats) for form, views in sizes]
    task = f"NT-Xent, forward and backward pass, width {WIDTH}, float32; the peer is the whole matrix left to autograd."
    write(RESULTS / "contrastive_chunks.json", {"task": task, "sizes": found, **origin()})


if __name__ == "__main__":
    main()
