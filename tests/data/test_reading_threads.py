"""Reading a batch ahead starts no threads of OpenMP: they would slow down the thread that trains."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys, threading
import numpy as np
import torch
from selftaught.data.decoded_source import DecodedSource, KeptImages

def large():
    if sys.argv[1] == "torch":
        torch.zeros(2**24)
    images = KeptImages([np.zeros((3, 512, 512 + row), dtype=np.uint8) for row in range(16)])
    keys = [str(row) for row in range(16)]
    DecodedSource(name="a", channels=3, size=None, keys=keys, rows=np.arange(16), reader=images).batch(range(16))

torch.set_num_threads(4)
before = len(os.listdir("/proc/self/task"))
done, go_on = threading.Event(), threading.Event()
reader = threading.Thread(target=lambda: (large(), done.set(), go_on.wait()))
reader.start()
done.wait()
print(len(os.listdir("/proc/self/task")) - before)
go_on.set()
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the system does not list a process's threads")
@pytest.mark.parametrize(("work", "threads"), [("source", 1), ("torch", 4)])
def test_threads_after_a_batch_was_read(work: str, threads: int) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, work], capture_output=True, text=True, check=True)
    assert int(done.stdout) == threads
