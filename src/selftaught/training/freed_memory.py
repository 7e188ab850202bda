"""Memory that a process keeps between the tensors that it holds."""

import ctypes
import platform

__all__ = ["keep_freed_memory"]

# As <malloc.h> names and numbers them.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_LARGEST_KEPT, _GROW_BY, _NEVER_TRIM = 2**30, 2**28, 2**31 - 1


def keep_freed_memory() -> bool:
    """Let this process keep what large tensors leave behind, for the next ones of their size. True where it is heeded.

    The C library of Linux gives every block of some megabytes back to the system when it is freed, and takes the next
    one from there: page by page, each zeroed. A step on a CPU frees and takes gigabytes. What is kept cannot be
    used by other processes until this one ends. Nothing happens where the C library is another, nor on GPUs, whose
    memory PyTorch keeps itself. It holds for the whole process and needs to be said once.

    Source:
        mallopt(3), https://man7.org/linux/man-pages/man3/mallopt.3.html

    Example:
        >>> from selftaught.training import keep_freed_memory
        >>> keep_freed_memory() in (True, False)
        True
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    wanted = {_MMAP_THRESHOLD: _LARGEST_KEPT, _TRIM_THRESHOLD: _NEVER_TRIM, _TOP_PAD: _GROW_BY}
    return all([mallopt(what, size) == 1 for what, size in wanted.items()])
