"""What large tensors leave behind is used again instead of being asked for anew."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import torch
from selftaught.training import keep_freed_memory

if sys.argv[1] == "kept":
    assert keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
large = lambda: torch.zeros(48 * 2**18)  # 48 MiB: more than the C library ever keeps by itself
large()
before = faults()
for _ in range(10):
    large()
print(faults() - before)
"""


def page_faults(way: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM, way], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_ten_tensors_of_a_size_take_the_memory_of_one() -> None:
    pages = 48 * 2**20 // 4096
    assert page_faults("as it is") > 5 * pages
    assert page_faults("kept") < 2 * pages
