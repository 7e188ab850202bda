"""Options from signatures: types, texts, defaults, and what is said of a wrong name or value."""

from collections.abc import Sequence
from typing import Literal

import pytest

from selftaught.core import UserError
from selftaught.runs.schema import Schema


class Oven:
    """An oven.

    Args:
        rack: where it stands, 100 % sure.
        heat: degrees from and to.
        shades: of each layer.
        minutes: how long; none is until it smells.
        layers: how many.
        fan: turn the air.
        mode: which way.
    """

    def __init__(
        self,
        rack: str,
        *,
        heat: tuple[float, float] = (0.08, 1.0),
        shades: Sequence[float] | None = None,
        minutes: float | None = None,
        layers: int = 2,
        fan: bool = False,
        mode: Literal["above", "below"] = "above",
    ) -> None: ...


def lamp(name: str = "small", *, stem: Literal["auto", "long"] = "auto") -> None:
    """A lamp.

    Args:
        name: which lamp.
        stem: how long it is.
    """


@pytest.fixture
def schema() -> Schema:
    made = Schema("cook [options]")
    made.add("oven", Oven, skip=["rack"])
    made.add("lamp", lamp, prefix="encoder")
    return made


@pytest.mark.parametrize(
    ("given", "value", "read"),
    [
        ("heat", "0.2,1.0", (0.2, 1.0)),
        ("heat", "0.2 1.0", (0.2, 1.0)),
        ("--heat", "[0.2, 1]", (0.2, 1.0)),
        ("heat", (0.2, 1), (0.2, 1.0)),
        ("shades", "0.5", [0.5]),
        ("shades", "none", None),
        ("minutes", "2", 2.0),
        ("minutes", "none", None),
        ("minutes", None, None),
        ("layers", "4", 4),
        ("fan", "yes", True),
        ("mode", "below", "below"),
        ("encoder", "8", "8"),
        ("encoder.stem", "long", "long"),
    ],
)
def test_values_are_read_in_their_own_type(schema, given, value, read):
    found = schema.check(given, value)
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("given", "value", "message"),
    [
        ("heat", "0.2", "--heat: expected 2 numbers, as in 0.5,0.5, got 0.2"),
        ("layers", "4.5", "--layers: expected a whole number, got 4.5"),
        ("minutes", "soon", "--minutes: expected a number or none, got soon"),
        ("fan", "maybe", "--fan: expected true or false, got maybe"),
        ("mode", "belwo", "--mode: expected one of above, below, got belwo (did you mean 'below'?)"),
        ("layer", "4", "unknown option 'layer': did you mean '--layers'?"),
        ("--min", "4", "unknown option '--min': did you mean"),
        ("encoder.name.first", "4", "unknown option"),
        ("rack", "4", "unknown option 'rack'"),
    ],
)
def test_a_wrong_name_or_value_is_explained_in_one_line(schema, given, value, message):
    with pytest.raises(UserError) as error:
        schema.check(given, value)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_defaults_are_replaced_and_checked(schema):
    schema.set_defaults({"heat": (0.5, 0.6), "encoder": "large"})
    assert schema.defaults()["heat"] == (0.5, 0.6)
    assert schema.defaults()["encoder.name"] == "large"
    assert schema.part("lamp", schema.defaults()) == {"name": "large", "stem": "auto"}
    with pytest.raises(UserError, match="--layers: expected a whole number"):
        schema.set_defaults({"layers": "many"})


def test_help_shows_each_option_with_hyphens_text_and_default(schema):
    text = " ".join(schema.help().split())
    assert "usage: cook [options]" in text
    assert "where it stands" not in text
    for said in (
        "--heat",
        "degrees from and to (default: 0.08,1)",
        "how many (default: 2)",
        "turn the air (default: false)",
    ):
        assert said in text
    assert "--encoder.stem" in text
    assert "configuration file" not in text


def test_two_parts_may_not_share_a_name(schema):
    def other(*, layers: int = 1) -> None: ...

    with pytest.raises(ValueError, match="layers"):
        schema.add("other", other)
