"""What the README and the pages tell a reader to type works: the code runs, commands and options are there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_pages import PAGES, ROOT

from selftaught.cli import main

README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)

# The README's numbers are for photographs and hours; these are for random pixels and seconds.
SMALLER = {
    '{"epochs": 20}': '{"epochs": 1, "batch_size": 16, "device": "cpu"}',
    "image_size=224": "image_size=24",
    "queue=4096": "queue=128",
    "(1_000, 64)": "(2, 64)",
}


def commands() -> Iterator[str]:
    """Every line of a shell block that calls selftaught."""
    for page in (ROOT / "README.md", *PAGES):
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL):
            yield from (line for line in block.splitlines() if "selftaught " in line and not line.startswith("pip"))


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`photos/` without classes and `labelled/` with two."""
    pixels = np.random.default_rng(0).integers(0, 256, (60, 24, 24, 3), dtype=np.uint8)
    for row, image in enumerate(pixels):
        for folder in ("photos", f"labelled/{'cat' if row % 2 else 'dog'}"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(tmp_path / folder / f"{row}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_python_of_the_readme_runs(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "\n".join(PYTHON)
    for theirs, ours in SMALLER.items():
        assert theirs in code
        code = code.replace(theirs, ours)
    names: dict[str, object] = {"__name__": "readme"}
    exec(code, names)
    assert names["vectors"].shape == (8, 512)
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert (folders / "runs" / "photos" / "report.html").exists()


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_commands_and_options_are_there(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(line, comments=True)
    words = words[words.index("selftaught") + 1 :]
    flags = [word for word in words if word.startswith("--") and word != "--help"]
    asked = [word for word in words[:2] if not word.startswith("-")]
    kind = [flag for flag in flags if flag in ("--resume", "--repeat")]
    assert main([*(asked if not kind else ["pretrain", *kind, "x"]), "--help"]) == 0
    shown = capsys.readouterr().out
    assert "sage:" in shown
    assert [flag for flag in flags if flag not in shown] == []
