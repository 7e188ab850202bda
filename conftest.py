"""Every example in a docstring must run as somebody would paste it: with nothing imported before."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Empty the names that an example begins with."""
    for item in items:
        if isinstance(item, pytest.DoctestItem):
            item.dtest.globs.clear()
            item.dtest.globs["__name__"] = "__main__"
