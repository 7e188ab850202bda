"""The glosses of WordNet as text to learn from: a gloss a line, a blank line between documents.

A document holds what stands under one entry: the kinds of one thing, the ways of doing one thing, the shades of one
adjective; of what stands alone there is no document. Examples of use are left out. Takes the glosses from the Debian
package wordnet-base, fetched with `apt-get download` and unpacked in a temporary folder, which needs no rights. Every
tenth document is kept out, in a file of its own: `train.txt` and `test.txt` in the folder.
"""

import argparse
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

CACHE = Path("~/.cache/selftaught/wordnet").expanduser()
PACKAGE = "wordnet-base"
ABOVE = {"noun": ("@", "@i"), "verb": ("@",), "adj": ("&",)}  # the signs of what an entry stands under
GLOSSES, DOCUMENTS = 97_722, 14_425
KEPT_OUT = 10  # every so manieth document


def glosses(lines: list[str], signs: tuple[str, ...]) -> list[list[str]]:
    """The glosses under each entry of one file of the data base, in its order."""
    under: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if line.startswith("  "):  # the licence
            continue
        entry, gloss = line.split(" | ", 1)
        fields = entry.split()
        first = 4 + 2 * int(fields[3], 16)  # behind the words, which come with a number each
        pointers = fields[first + 1 : first + 1 + 4 * int(fields[first])]
        above = [pointers[at + 1] for at in range(0, len(pointers), 4) if pointers[at] in signs]
        meaning = gloss.split('"')[0].strip().rstrip(" ;:")
        if above and meaning:
            under[above[0]].append(meaning)
    return [found for found in under.values() if len(found) > 1]


def documents() -> list[list[str]]:
    """The glosses of every document."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (package,) = Path(folder).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        data = Path(folder) / "usr" / "share" / "wordnet"
        files = {name: (data / f"data.{name}").read_text(encoding="utf-8").splitlines() for name in ABOVE}
    found = [document for name, signs in ABOVE.items() for document in glosses(files[name], signs)]
    count = sum(len(document) for document in found)
    if (count, len(found)) != (GLOSSES, DOCUMENTS):
        raise SystemExit(f"expected {GLOSSES} glosses in {DOCUMENTS} documents, got {count} in {len(found)}")
    return found


def write(folder: Path) -> Path:
    """Write `train.txt` and `test.txt` where they are not yet there; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "test.txt").exists():
        found = documents()
        for name, kept_out in (("train", False), ("test", True)):
            part = [document for row, document in enumerate(found) if (row % KEPT_OUT == KEPT_OUT - 1) == kept_out]
            text = "\n\n".join("\n".join(document) for document in part)
            (folder / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    return folder


def main() -> None:
    """Write it and say where."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=CACHE, help=f"folder; {CACHE} if none is given")
    folder = write(parser.parse_args().out)
    print("\n".join(str(folder / f"{name}.txt") for name in ("train", "test")))


if __name__ == "__main__":
    main()
