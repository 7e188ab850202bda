"""The IDX format of MNIST and its relatives."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from selftaught.core import UserError

__all__ = ["read_idx"]


def read_idx(path: Path) -> UInt8[np.ndarray, "..."]:
    """An array of bytes in IDX format, gzipped or not: 0, 0, 8, the number of axes, each one's length, the values.

    Args:
        path: the file.

    Raises:
        UserError: another format, or truncated.

    Source:
        http://yann.lecun.com/exdb/mnist, "the IDX file format".

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.idx import read_idx
        >>> with tempfile.NamedTemporaryFile() as file:
        ...     _ = file.write(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
        ...     file.flush()
        ...     read_idx(Path(file.name))
        array([7, 8, 9], dtype=uint8)
    """
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"'{path}' cannot be read: {error}") from error
    axes = content[3] if content[:3] == b"\x00\x00\x08" and len(content) > 3 else 0
    shape = [int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(axes)]
    if not axes or len(content) != 4 + 4 * axes + math.prod(shape):
        raise UserError(f"'{path}' is no complete IDX file of bytes")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)
