import numpy as np

from selftaught.report import EmbeddingMap
from selftaught.report.colourings import colourings


def of(values, **columns):
    return colourings(EmbeddingMap(positions=np.zeros((len(values), 2)), columns={"column": values, **columns}))[0]


def test_few_numbers_are_classes_in_the_order_of_numbers():
    found = of(np.array([10, 9, 10, 2]))
    assert (list(found.values), found.codes.tolist(), found.ordered) == (["2", "9", "10"], [2, 1, 2, 0], False)


def test_many_numbers_are_ranges_of_equally_many():
    values = np.random.default_rng(0).permutation(700) ** 2 / 10.0
    found = of(values)
    assert found.ordered
    assert len(found.values) == 7
    assert np.ptp(np.bincount(found.codes)) <= 1
    lows = [values[found.codes == code].min() for code in range(7)]
    highs = [values[found.codes == code].max() for code in range(7)]
    assert all(high < low for high, low in zip(highs[:-1], lows[1:], strict=True))
    assert found.exact[3] == f"{values[3]:.4g}"
    assert found.style(6) == ("s6", 0)


def test_an_unknown_number_is_in_no_range():
    values = np.append(np.arange(70.0), [np.nan, np.inf])
    found = of(values)
    assert found.values[-1] == "not known"
    assert np.flatnonzero(found.codes == len(found.values) - 1).tolist() == [70, 71]
    assert found.style(len(found.values) - 1) == ("c0", 0)


def test_numbers_that_are_mostly_one():
    found = of(np.append(np.zeros(900), np.arange(100.0)))
    assert found.codes.max() < len(found.values) <= 7
    assert len(set(found.codes[:900].tolist())) == 1


def test_several_labels_of_an_item_are_one_word():
    labels = [["b", "a"], [], None, ["a", "b"]]
    found = of(np.fromiter(labels, dtype=object, count=len(labels)))
    assert [found.values[code] for code in found.codes.tolist()] == ["a, b", "none", "None", "a, b"]


def test_words_with_too_many_values():
    words = np.array([f"w{n % 40:02}" for n in range(75)])  # the first 35 twice
    found = of(words)
    assert len(found.values) == 29
    assert found.values[-1] == "others"
    shown = [found.values[code] for code in found.codes.tolist()]
    assert all(value in (word, "others") for value, word in zip(shown, words.tolist(), strict=True))


def test_truth_values():
    assert list(of(np.array([True, False, True])).values) == ["False", "True"]


def test_labels_come_first_and_nothing_is_one_colour():
    both = EmbeddingMap(positions=np.zeros((2, 2)), labels=np.array([1, 0]), columns={"a": np.array([1, 2])})
    assert [each.name for each in colourings(both)] == ["class", "a"]
    [alone] = colourings(EmbeddingMap(positions=np.zeros((2, 2))))
    assert (alone.name, alone.codes.tolist(), alone.style(0)) == ("", [0, 0], ("c1", 0))
