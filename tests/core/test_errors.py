"""What a user reads after a mistake."""

import pytest

from selftaught.core import UserError, nearest, unknown_name


def test_a_user_error_is_a_value_error():
    with pytest.raises(ValueError, match="expected a, got b"):
        raise UserError("expected a, got b")


@pytest.mark.parametrize(
    ("given", "expected"), [("simclear", "SimCLR"), ("SIMCLR", "SimCLR"), ("moko", "MoCo"), ("qqq", None)]
)
def test_the_nearest_name_ignores_case_and_keeps_the_spelling(given, expected):
    assert nearest(given, ["SimCLR", "MoCo", "BYOL"]) == expected


def test_long_lists_are_cut_and_counted():
    message = str(unknown_name("encoder", "qqq", [f"net{i:02}" for i in range(40)]))
    assert message.startswith("unknown encoder 'qqq': (valid: net00, ")
    assert message.endswith("net11, ... 40 in all)")
    assert "did you mean" not in message


def test_one_line():
    assert "\n" not in str(unknown_name("method", "simclear", ["simclr", "moco"]))
