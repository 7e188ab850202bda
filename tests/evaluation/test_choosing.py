import pytest

from selftaught.core import UserError
from selftaught.evaluation import DEFAULT_PROTOCOLS, PROTOCOLS, choose_protocols


def test_names_in_any_order_and_spelling():
    assert choose_protocols(None) == DEFAULT_PROTOCOLS
    assert choose_protocols("all") == tuple(PROTOCOLS)
    assert choose_protocols(["Label-Free", " knn", "knn"]) == ("knn", "label_free")
    assert choose_protocols("linear,views") == ("linear", "views")


@pytest.mark.parametrize(("given", "message"), [("knnn", "did you mean 'knn'"), ("knn,lineer", "'linear'"), ("", "''")])
def test_unknown_names_get_the_nearest(given: str, message: str):
    with pytest.raises(UserError, match=message):
        choose_protocols(given)
    with pytest.raises(UserError, match="at least one of all, knn"):
        choose_protocols([])
