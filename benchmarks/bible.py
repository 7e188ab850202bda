"""The King James Bible as text to learn from: a verse a line, a blank line between chapters.

Takes it from the Debian packages bible-kjv and bible-kjv-text (public domain): as installed, or else fetched with
`apt-get download` and unpacked in a temporary folder, which needs no rights. Every tenth chapter is kept out, in a file
of its own: `train.txt` and `test.txt` in the folder, so that the folder can be opened as data.
"""

import re
import shutil
import subprocess
import tempfile
from itertools import groupby
from pathlib import Path

from texts_apart import tell_where, unpack, write_apart

CACHE = Path("~/.cache/selftaught/bible").expanduser()
PACKAGES = ("bible-kjv", "bible-kjv-text")
VERSES, CHAPTERS = 31_102, 1_189
KEPT_OUT = 10  # every so manieth chapter


def chapters() -> list[list[str]]:
    """The verses of every chapter."""
    with tempfile.TemporaryDirectory() as folder:
        installed = shutil.which("bible")
        if installed is None:
            unpack(PACKAGES, Path(folder))
        program, data = (installed, "/usr/lib") if installed else (f"{folder}/usr/bin/bible", f"{folder}/usr/lib")
        command = [program, "-f", "-l0", "-p", data, "ge1:1-rev22:21"]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    verses = [match.groups() for line in lines if (match := re.match(r"(\w+):\d+ (.+)", line))]
    found = [[verse for _, verse in chapter] for _, chapter in groupby(verses, key=lambda verse: verse[0])]
    if (len(verses), len(found)) != (VERSES, CHAPTERS):
        raise SystemExit(f"expected {VERSES} verses in {CHAPTERS} chapters, got {len(verses)} in {len(found)}")
    return found


def write(folder: Path) -> Path:
    """Write `train.txt` and `test.txt` where they are not yet there; gives the folder."""
    return write_apart(folder, chapters, KEPT_OUT)


if __name__ == "__main__":
    tell_where(__doc__, CACHE, write)
