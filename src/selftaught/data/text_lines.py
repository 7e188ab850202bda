"""What files of text say, and where they say it."""

from collections.abc import Iterator
from pathlib import Path

from selftaught.core import UserError
from selftaught.data.text_columns import TextsWanted

__all__ = ["decoded_lines", "decoded_whole", "has_byte_lines"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def has_byte_lines(encoding: str, path: Path) -> bool:
    """Whether lines end in the byte 10 in this encoding, as they do not in UTF-16.

    Raises:
        UserError: there is no such encoding.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.data.text_lines import has_byte_lines
        >>> has_byte_lines("utf-8", Path("a.txt")), has_byte_lines("utf-16", Path("a.txt"))
        (True, False)
    """
    try:
        return "\n".encode(encoding) == b"\n"
    except LookupError as error:
        raise UserError(f"'{path}': unknown encoding '{encoding}': expected one such as utf-8 or latin-1") from error


def decoded_lines(path: Path, wanted: TextsWanted) -> Iterator[tuple[int, int, str]]:
    r"""Where each line begins, where it ends without its line ending, and what it says.

    Raises:
        UserError: a line is not in the encoding; says where.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.text_columns import TextsWanted
        >>> from selftaught.data.text_lines import decoded_lines
        >>> path = Path(tempfile.mkdtemp()) / "two.txt"
        >>> _ = path.write_text("One.\nTwo.\n")
        >>> list(decoded_lines(path, TextsWanted()))
        [(0, 4, 'One.\n'), (5, 9, 'Two.\n')]
    """

    def each() -> Iterator[tuple[int, int, str]]:
        with path.open("rb") as file:
            start = 0
            for number, line in enumerate(file, 1):
                mark = len(_BYTE_ORDER_MARK) if number == 1 and line.startswith(_BYTE_ORDER_MARK) else 0
                text = _decoded(line, wanted.encoding, path, start, number)
                yield start + mark, start + len(line.rstrip(b"\r\n")), text.removeprefix("\ufeff")
                start += len(line)

    return iter(wanted.track(each(), f"checking {path.name}"))


def decoded_whole(path: Path, wanted: TextsWanted) -> str:
    r"""All that a file says.

    Raises:
        UserError: it is not in the encoding; says where.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from selftaught.data.text_columns import TextsWanted
        >>> from selftaught.data.text_lines import decoded_whole
        >>> path = Path(tempfile.mkdtemp()) / "bad.txt"
        >>> _ = path.write_bytes(b"caf\xe9")
        >>> decoded_whole(path, TextsWanted())
        Traceback (most recent call last):
        selftaught.core.errors.UserError: '...bad.txt' is not utf-8: byte 3 (line 1) is 0xe9; name its encoding ...
    """
    stored = path.read_bytes()
    has_byte_lines(wanted.encoding, path)
    return _decoded(stored, wanted.encoding, path, 0, 1).removeprefix("\ufeff")


def _decoded(stored: bytes, encoding: str, path: Path, start: int, number: int) -> str:
    try:
        return stored.decode(encoding)
    except UnicodeDecodeError as error:
        line = number + stored[: error.start].count(b"\n")
        raise UserError(
            f"'{path}' is not {encoding}: byte {start + error.start:,} (line {line:,}) is "
            f"0x{stored[error.start]:02x}; name its encoding (encoding), such as latin-1"
        ) from error
