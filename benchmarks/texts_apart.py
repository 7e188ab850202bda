"""Texts to learn from and texts kept out, as two files of a folder; and Debian packages that are not installed."""

import argparse
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["tell_where", "unpack", "write_apart"]


def unpack(packages: Sequence[str], folder: Path) -> None:
    """Debian packages, fetched with `apt-get download` and unpacked in a folder."""
    subprocess.run(["apt-get", "download", *packages], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)


def write_apart(folder: Path, documents: Callable[[], list[list[str]]], kept_out: int) -> Path:
    """Write `train.txt` and `test.txt` where they are not yet there: a line a sentence, a blank one between documents.

    Args:
        folder: of the two files.
        documents: gives the sentences of each document.
        kept_out: every so manieth document is kept out of `train.txt`.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "test.txt").exists():
        found = documents()
        for name, apart in (("train", False), ("test", True)):
            part = [one for row, one in enumerate(found) if (row % kept_out == kept_out - 1) == apart]
            (folder / f"{name}.txt").write_text("\n\n".join("\n".join(one) for one in part) + "\n", encoding="utf-8")
    return folder


def tell_where(description: str | None, cache: Path, write: Callable[[Path], Path]) -> None:
    """The command line of a script that writes such texts: writes them, and says where."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=cache, help=f"folder; {cache} if none is given")
    folder = write(parser.parse_args().out)
    print("\n".join(str(folder / f"{name}.txt") for name in ("train", "test")))
