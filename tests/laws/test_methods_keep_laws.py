"""Every method of the catalogue keeps every law."""

import pytest

from selftaught.methods import METHODS, find_method
from selftaught.testing import check_method

# small enough for a law on two cores; a method that is not listed is checked with its defaults
SMALL = {
    "simclr": {"hidden_width": 12, "embedding_width": 8},
    "moco": {"embedding_width": 8, "queue": 48, "batch_norm_groups": 4},
    "byol": {"hidden_width": 12, "embedding_width": 8},
}


@pytest.mark.parametrize("name", METHODS)
def test_the_method_keeps_every_law(name: str) -> None:
    check_method(lambda encoder: find_method(name)(encoder, **SMALL.get(name, {})))
