"""How long a file may be and what it may be called."""

from collections import Counter
from pathlib import Path

from rules import FILE_LINES, METHOD_LINES, ROOT, SOURCE, badly_named, too_long, tracked


def test_files_are_short() -> None:
    assert too_long(tracked(SOURCE, "*.py")) == []


def test_tests_and_scripts_are_short() -> None:
    for folder in ("tests", "benchmarks", "docs"):
        files = {f"{folder}: {path}": text for path, text in tracked(ROOT / folder, "*.py").items()}
        assert too_long(files) == []


def test_long_files_are_seen() -> None:
    line = "x = 1\n"
    files = {"methods/simclr.py": line * (METHOD_LINES + 1), "methods/__init__.py": line * (METHOD_LINES + 1)}
    assert too_long(files) == ["methods/simclr.py: 121 lines, at most 120"]
    assert too_long({"views/a.py": line * FILE_LINES}) == []
    assert too_long({"views/a.py": line * (FILE_LINES + 1)}) == ["views/a.py: 301 lines, at most 300"]


def test_names_say_what_is_inside() -> None:
    for folder in ("src", "tests", "benchmarks", "docs"):
        assert badly_named(tracked(ROOT / folder, "*.py")) == []


def test_drawers_are_seen() -> None:
    paths = [
        "views/utils.py",
        "views/_common.py",
        "helpers/crop.py",
        "base/x.py",
        "views/basement.py",
        "core/errors.py",
    ]
    assert badly_named(paths) == paths[:4]


def test_every_test_file_has_a_name_of_its_own() -> None:
    names = Counter(Path(path).name for path in tracked(ROOT / "tests", "test_*.py"))
    assert [name for name, times in names.items() if times > 1] == []  # pytest imports them side by side
