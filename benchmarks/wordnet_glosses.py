"""WordNet's glosses as text to learn from: a definition or example a line, a blank line between meanings.

The first line of a meaning begins with its words: "dwarf: a plant or animal that is atypically small". Takes them from
the Debian package wordnet-base (WordNet licence, permissive): as installed, or else fetched with `apt-get download` and
unpacked in a temporary folder, which needs no rights. Every twentieth meaning is kept out, in a file of its own:
`train.txt` and `test.txt` in the folder, so that the folder can be opened as data.
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

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
            subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            for package in Path(folder).glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
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
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "test.txt").exists():
        found = glosses()
        for name, kept_out in (("train", False), ("test", True)):
            part = [one for row, one in enumerate(found) if (row % KEPT_OUT == KEPT_OUT - 1) == kept_out]
            (folder / f"{name}.txt").write_text("\n\n".join("\n".join(one) for one in part) + "\n", encoding="utf-8")
    return folder


def main() -> None:
    """Write it and say where."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=CACHE, help=f"folder; {CACHE} if none is given")
    print(write(parser.parse_args().out))


if __name__ == "__main__":
    main()
