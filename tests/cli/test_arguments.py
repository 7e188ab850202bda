"""Words of a command line become values."""

import pytest

from selftaught.cli.arguments import read_arguments
from selftaught.core import UserError
from selftaught.runs.schema import Schema


def bake(
    *,
    crop_scale: tuple[float, float] = (0.1, 1.0),
    warm_up: float = 0.0,
    gently: bool = False,
    name: str = "cake",
    noise: tuple[float, ...] = (),
) -> None:
    """Bake."""


@pytest.fixture
def schema() -> Schema:
    made = Schema("cook")
    made.add("baking", bake)
    return made


@pytest.mark.parametrize(
    ("words", "positional", "given"),
    [
        (["--warm-up", "2"], [], {"warm_up": 2.0}),
        (["--warm_up=2"], [], {"warm_up": 2.0}),
        (["--warm-up", "-2"], [], {"warm_up": -2.0}),
        (["--crop-scale", "0.2,1.0", "x"], ["x"], {"crop_scale": (0.2, 1.0)}),
        (["--crop-scale", "0.2", "1e0", "x"], ["x"], {"crop_scale": (0.2, 1.0)}),
        (["--crop-scale=0.2,1"], [], {"crop_scale": (0.2, 1.0)}),
        (["x", "--gently", "y"], ["x", "y"], {"gently": True}),
        (["--gently", "no", "--name", "no"], [], {"gently": False, "name": "no"}),
        (["--name", "a", "--name", "b"], [], {"name": "b"}),
        (["--name", "a=b c"], [], {"name": "a=b c"}),
        (["--noise", "1", "2", "3"], [], {"noise": (1.0, 2.0, 3.0)}),
    ],
)
def test_words_are_read(schema, words, positional, given):
    read = read_arguments(words, schema)
    assert list(read.positional) == positional
    assert read.given == given
    assert not read.help


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--warm"], "unknown option '--warm': did you mean '--warm-up'"),
        (["-w", "3"], "unknown option '-w'"),
        (["--warm-up"], "--warm-up: expected a number, got nothing"),
        (["--warm-up", "--gently"], "--warm-up: expected a number, got nothing"),
        (["--crop-scale", "1", "2", "3"], "--crop-scale: expected 2 numbers"),
    ],
)
def test_wrong_words_are_explained(schema, words, message):
    with pytest.raises(UserError) as error:
        read_arguments(words, schema)
    assert str(error.value).startswith(message)


def test_positional_words_are_counted(schema):
    read = read_arguments(["one", "two"], schema)
    assert read.take(["RUN", "OTHER"]) == ["one", "two"]
    with pytest.raises(UserError, match="unexpected 'two': expected only RUN"):
        read.take(["RUN"])
    with pytest.raises(UserError, match="missing C"):
        read.take(["A", "B", "C"])


def test_help_may_stand_anywhere(schema):
    assert read_arguments(["x", "--gently", "-h", "--nonsense"], schema).help
