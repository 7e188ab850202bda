"""WordNet's glosses as text to learn from: a definition or example a line, a blank line between meanings.

The first line of a meaning begins with its words: "dwarf: a plant or animal that is atypically small". Takes them from
the Debian package wordnet-base (WordNet licence, permissive): as installed, or else fetched with `apt-get download` and
unpacked in a temporary folder, which needs no rights. Every twentieth meaning is kept out, in a file of its own:
`train.txt` and `test.txt` in the folder, so that the folder can be opened as data.
"""

import re
import tempfile
from pathlib import Path

from texts_apart import tell_where, unpack, write_apart

CACHE = Path("~/.cache/selftaught/wordnet_glosses").expanduser()
PACKAGE, INSTALLED = "wordnet-base", Path("/usr/share/wordnet")
MEANINGS = 117_659
KEPT_OUT = 20  # every so manieth meaning
END_OF_SENTENCE = re.compile(r";\s+")


def glosses() -> list[list[str]]:
    """The lines of every meaning."""
    with tempfile.TemporaryDirectory() as folder:
        source = INSTALLED
        if not (source / "data.noun").exists():
            unpack([PACKAGE], Path(folder))
            source = Path(f"{folder}{INSTALLED}")
        files = [(source / f"data.{kind}").read_text(encoding="utf-8") for kind in ("noun", "verb", "adj", "adv")]
    found = [meaning(line) for file in files for line in file.splitlines() if not line.startswith(" ")]
    if len(found) != MEANINGS:
        raise SystemExit(f"expected {MEANINGS:,} meanings, got {len(found):,}")
    return found


def meaning(line: str) -> list[str]:
    """The words and the definition, then what else is said: wndb(5WN) describes the line."""
    fields, _, gloss = line.partition(" | ")
    count, *rest = fields.split()[3:]
    words = [re.sub(r"\(\w+\)$", "", word).replace("_", " ") for word in rest[: 2 * int(count, 16) : 2]]
    definition, *others = [part.strip().strip('"') for part in END_OF_SENTENCE.split(gloss.strip())]
    return [f"{', '.join(words)}: {definition}", *(other for other in others if other)]


def write(folder: Path) -> Path:
    """Write `train.txt` and `test.txt` where they are not yet there; gives the folder."""
    return write_apart(folder, glosses, KEPT_OUT)


if __name__ == "__main__":
    tell_where(__doc__, CACHE, write)
