"""A small folder of images, a finished run on it, and a short way to give commands.

Test files name this as a plugin. PYTEST_DONT_REWRITE, because the search for doctests may have imported it before.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tiny_runs import SHORT, write_images

from selftaught.cli import main


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("data") / "images")


@pytest.fixture(scope="session")
def run_folder(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; tests must not change it."""
    out = tmp_path_factory.mktemp("runs") / "simclr"
    assert main(["pretrain", "simclr", "--data", str(images), "--out", str(out), *SHORT]) == 0
    return out


Command = Callable[[Sequence[str]], tuple[int, str, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command: its status, standard output and standard error."""

    def run(words: Sequence[str]) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return status, out, err

    return run
