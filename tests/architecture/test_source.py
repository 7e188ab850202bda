"""What no file of the package may do."""

import pytest
from rules import SOURCE, broad_excepts, silenced, tracked

FILES = tracked(SOURCE, "*.py")

# file -> how many comments silence a checker there, and why it cannot be otherwise. May only shrink.
SILENCED: dict[str, int] = {}


@pytest.mark.parametrize("path", FILES)
def test_nothing_catches_everything(path: str) -> None:
    assert broad_excepts(FILES[path]) == []


@pytest.mark.parametrize("path", FILES)
def test_no_checker_is_silenced(path: str) -> None:
    assert len(silenced(FILES[path])) == SILENCED.get(path, 0)


def test_broad_excepts_are_seen() -> None:
    body = "try:\n    f()\nexcept {}:\n    {}\n"
    for kind in ("Exception", "BaseException as error", "(ValueError, Exception)"):
        assert broad_excepts(body.format(kind, "pass")) == [3]
    assert broad_excepts("try:\n    f()\nexcept:\n    pass\n") == [3]
    assert broad_excepts(body.format("BaseException", "close()\n    raise")) == []
    assert broad_excepts(body.format("(OSError, ValueError)", "pass")) == []


def test_silencing_comments_are_seen() -> None:
    assert silenced("a = 1  # type: ignore\nb = '# noqa'\nc = 2  # pyright: basic\nd = 3  # noqa: E501\n") == [1, 3, 4]
