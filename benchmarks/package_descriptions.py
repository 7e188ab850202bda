"""The descriptions of Debian's packages as text to learn from: a sentence a line, a blank line between packages.

Asks apt for the English descriptions of the archive (`apt-get update` into a folder of its own, which needs no rights).
A sentence that stands in several packages is kept in the first one only, so that nothing of what is kept out was read
before; packages of fewer than two sentences are left out. Every twentieth package is kept out, in a file of its own:
`train.txt` and `test.txt` in the folder, so that the folder can be opened as data.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from texts_apart import tell_where, write_apart

CACHE = Path("~/.cache/selftaught/package_descriptions").expanduser()
HELPER = "/usr/lib/apt/apt-helper"
KEPT_OUT = 20  # every so manieth package
END_OF_SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z])")
LEAST_WORDS = 4  # of a sentence


def fetch() -> str:
    """The archive's file of descriptions, as apt reads it."""
    with tempfile.TemporaryDirectory() as folder:
        lists = Path(folder, "lists")
        (lists / "partial").mkdir(parents=True)
        where = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={folder}"]
        subprocess.run(["apt-get", "update", "-qq", *where, "-o", "Acquire::Languages=en"], check=True)
        files = sorted(lists.glob("*_main_i18n_Translation-en*"), key=lambda path: path.stat().st_size)
        if not files:
            raise SystemExit("expected apt to know a Debian archive with English descriptions")
        return subprocess.run([HELPER, "cat-file", files[-1]], check=True, capture_output=True, text=True).stdout


def sentences(description: str) -> list[str]:
    """One package's sentences: the short description, then those of each paragraph; lists and addresses left out."""
    short, *lines = description.split("\n")
    paragraphs = "\n".join(line[1:] for line in lines).split("\n.\n")
    running = [" ".join(part.split()) for part in paragraphs if not re.search(r"^\s+|^[*-] |://", part, re.MULTILINE)]
    found = [short.strip(), *(sentence for part in running for sentence in END_OF_SENTENCE.split(part))]
    return [sentence for sentence in found if len(sentence.split()) >= LEAST_WORDS]


def packages(text: str) -> list[list[str]]:
    """The sentences of every package that no package before it has."""
    seen: set[str] = set()
    found: list[list[str]] = []
    for description in re.findall(r"^Description-en: (.*(?:\n .*)*)", text, re.MULTILINE):
        own = [sentence for sentence in dict.fromkeys(sentences(description)) if sentence not in seen]
        seen.update(own)
        if len(own) > 1:
            found.append(own)
    return found


def write(folder: Path) -> Path:
    """Write `train.txt` and `test.txt` where they are not yet there; gives the folder."""
    return write_apart(folder, lambda: packages(fetch()), KEPT_OUT)


if __name__ == "__main__":
    tell_where(__doc__, CACHE, write)
