import numpy as np

from selftaught.report.matrices import confusion_matrix, similarity_matrices


def cells(matrix):
    return [[text for text, _, _ in line] for _, line in matrix.lines]


def test_shares_of_each_true_class():
    found = {"figure": "kNN accuracy", "classes": ["a", "b", "c"], "counts": [[8, 2, 0], [0, 1, 3], [0, 0, 0]]}
    matrix = confusion_matrix({"confusion": found})
    assert cells(matrix) == [["80", "20", ""], ["", "25", "75"], ["", "", ""]]  # lines add up to 100, columns need not
    assert matrix.told == "Most often a b is taken for a c: 75 % of them."
    assert [[own for _, _, own in line] for _, line in matrix.lines] == np.eye(3, dtype=bool).tolist()
    shades = [shade for _, line in matrix.lines for _, shade, _ in line]
    assert max(shades) == shades[0] == 56


def test_all_right_and_not_there():
    found = {"figure": "kNN accuracy", "classes": ["a", "b"], "counts": [[8, 0], [0, 4]]}
    assert confusion_matrix({"confusion": found}).told == "No item is put in a wrong class."
    assert confusion_matrix({"confusion": None}) is None
    assert confusion_matrix({}) is None  # of before it was kept


def test_cosines_of_own_and_other_pairs():
    cosines = np.array([[1.0, 0.2, 0.0], [0.4, 0.7, -0.3], [0.0, 0.0, 0.4]], dtype=np.float32)
    [matrix] = similarity_matrices({"This encoder": cosines})
    assert matrix.told == "Of the views of one item the mean is 0.70, of those of different ones 0.05."
    assert cells(matrix)[1] == [".40", ".70", "\N{MINUS SIGN}.30"]
    assert cells(matrix)[0][0] == "1.00"
    assert (matrix.lines[1][1][2][1], matrix.lines[0][1][0][1]) == (0, 70)


def test_two_encoders_are_shaded_on_one_scale():
    before, after = np.full((2, 2), 0.9), np.array([[1.0, 0.0], [0.0, 1.0]])
    first, second = similarity_matrices({"This encoder": after, "Random start": before})
    assert first.lines[0][1][0][1] > second.lines[0][1][0][1] > first.lines[0][1][1][1]
