"""What every document in results/ carries: the command, the commit, the machine and the date it was measured with."""

import json
import shlex
import statistics
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

from selftaught.runs.environment import commit, machine, versions

__all__ = ["RESULTS", "ROOT", "origin", "read", "spread", "write"]

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"


def origin(device: str = "cpu") -> dict[str, object]:
    """Where a number comes from; each document holds these fields beside its own."""
    script = Path(sys.argv[0]).resolve()
    return {
        "command": shlex.join(["python", str(script.relative_to(ROOT)), *sys.argv[1:]]),
        "commit": _commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine(torch.device(device)),
        "versions": versions() | {"lightly": version("lightly")},
    }


def spread(values: Sequence[float]) -> dict[str, object]:
    """Mean, sample standard deviation (null for one value) and the values themselves."""
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "std": deviation, "values": list(values)}


def read(path: Path) -> dict[str, object]:
    """A document of results, or an empty one if nothing was measured yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write(path: Path, document: dict[str, object]) -> None:
    """Write aside, then rename: a measurement that is stopped never spoils the last one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(path)


def _commit() -> str | None:
    """The commit of the source, `-dirty` where files differ from it that are not themselves results."""
    found = commit()
    if found is None or not found.endswith("-dirty"):
        return found
    others = ["--", ".", ":!results", ":!docs/results.md", ":!docs/images", ":!README.md"]
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=no", *others], cwd=ROOT, capture_output=True, check=True
    )
    return found if changed.stdout else found.removesuffix("-dirty")
