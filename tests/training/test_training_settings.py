import inspect
import math
import re
from dataclasses import fields

import pytest

from selftaught.core import UserError
from selftaught.training.settings import TrainingSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0), ("minutes", 0.0), ("minutes", -1.0), ("batch_size", 1), ("learning_rate", 0.0),
        ("learning_rate", math.nan), ("weight_decay", -0.1), ("momentum", 1.0), ("warmup_epochs", -1.0),
        ("clip_norm", 0.0), ("seed", -1), ("devices", 0), ("checkpoint_minutes", 0.0), ("log_every", 0),
    ],
)  # fmt: skip
def test_values_out_of_range_are_named(name: str, value: float) -> None:
    with pytest.raises(UserError, match=rf"^{name}: expected .*, got {value}$"):
        TrainingSettings(**{name: value})


def test_a_wrong_choice_names_the_nearest() -> None:
    settings = TrainingSettings()
    object.__setattr__(settings, "optimiser", "adam")  # the constructor's types are checked before it runs, in tests
    with pytest.raises(UserError, match=r"unknown optimiser 'adam': did you mean 'adamw'"):
        settings.__post_init__()


def test_every_value_is_explained() -> None:
    explained = re.findall(r"^ {4}(\w+):", inspect.cleandoc(TrainingSettings.__doc__ or ""), re.MULTILINE)
    assert [field.name for field in fields(TrainingSettings)] == [n for n in explained if n != "UserError"]


def test_edges_are_allowed() -> None:
    TrainingSettings(warmup_epochs=0.0, weight_decay=0.0, momentum=0.0, epochs=1, batch_size=2)
