"""What memory does embedding in pieces save, and what time does it cost?

A step of SimCLR without the optimiser: SmallResNet, RGB images of 32 pixels, float32. Every measurement is a process of
its own, warmed up by a small batch; extra memory is how far its peak rises above what it was then.
"""

import argparse
import json
import subprocess
import sys
import time
from contextlib import nullcontext

import torch
from peak_memory import peak_bytes
from record import RESULTS, origin, spread, write

from selftaught.core import MultiView
from selftaught.encoders import SmallResNet
from selftaught.methods import SimCLR
from selftaught.training import embedding_in_pieces


def once(batch: int, piece: int) -> None:
    """One measurement, printed as JSON; a piece of 0 is the whole batch."""
    method = SimCLR(SmallResNet(channels=3, image_size=32))
    method.step(MultiView(torch.arange(8), tuple(torch.randn(2, 8, 3, 32, 32)))).loss.backward()
    views = MultiView(torch.arange(batch), tuple(torch.randn(2, batch, 3, 32, 32)))
    before, begin = peak_bytes(), time.perf_counter()
    begin_cpu = time.process_time()
    with embedding_in_pieces(method.encoder, piece) if piece else nullcontext():
        method.step(views).loss.backward()
    taken = {"seconds": time.perf_counter() - begin, "cpu_seconds": time.process_time() - begin_cpu}
    extra = (peak_bytes() - before) / 2**20
    print(json.dumps({**taken, "extra_mebibytes": extra}))


def main() -> None:
    """The whole batch and pieces, in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--piece", type=int, default=64)
    parser.add_argument(
        "--once", action="store_true", help="one measurement in this process; a piece of 0 is the whole"
    )
    options = parser.parse_args()
    if options.once:
        once(options.batch, options.piece)
        return
    found: dict[str, list[dict[str, float]]] = {"whole": [], "in_pieces": []}
    for _ in range(options.repeats):
        for form, piece in (("whole", 0), ("in_pieces", options.piece)):
            command = [sys.executable, __file__, "--once", "--batch", str(options.batch), "--piece", str(piece)]
            found[form].append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
            print(f"{form}: " + ", ".join(f"{name} {value:.4g}" for name, value in found[form][-1].items()), flush=True)
    forms = {form: {name: spread([each[name] for each in runs]) for name in runs[0]} for form, runs in found.items()}
    task = f"A step of SimCLR, {options.batch} images of 32 px, whole and in pieces of {options.piece}."
    write(RESULTS / "pieces.json", {"task": task, **forms, **origin()})


if __name__ == "__main__":
    main()
