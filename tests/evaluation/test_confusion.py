import numpy as np
import torch
from sklearn.metrics import confusion_matrix

from selftaught.evaluation import LinearScore, Protocols
from selftaught.evaluation.confusion import confusion

RANDOM = np.random.default_rng(0)
TRUTH, KNN = RANDOM.integers(0, 3, 90), RANDOM.integers(0, 3, 90)
DRAWS = RANDOM.integers(0, 3, (4, 90))


def protocols(truth, knn=None, **linear):
    scores = {name: LinearScore((0.5,), (0.1,), torch.from_numpy(said)) for name, said in linear.items()}
    said = None if knn is None else torch.from_numpy(knn)
    return Protocols(None if knn is None else 0.5, said, scores, {}, torch.from_numpy(truth))


def test_agrees_with_scikit_learn():
    found = confusion(protocols(TRUTH, KNN), ["a", "b", "c"])
    wanted = confusion_matrix(TRUTH, KNN)  # lines are true classes
    assert found["counts"] == wanted.tolist()
    assert found["counts"] != wanted.T.tolist()  # the other way round is wrong, and shows
    assert found["figure"] == "kNN accuracy"


def test_the_probe_with_most_labels_over_all_draws():
    found = confusion(protocols(TRUTH, KNN, **{"100": DRAWS[:2], "all": DRAWS}), ["a", "b", "c"])
    assert found["figure"] == "linear accuracy with all labels"
    assert found["counts"] == sum(confusion_matrix(TRUTH, said) for said in DRAWS).tolist()


def test_items_of_a_class_that_was_not_learned_are_left_out():
    truth = TRUTH.copy()
    truth[:10] = -1
    found = confusion(protocols(truth, KNN), ["a", "b", "c"])
    assert found["counts"] == confusion_matrix(TRUTH[10:], KNN[10:]).tolist()


def test_nothing_said_and_too_many_classes():
    assert confusion(protocols(TRUTH), ["a", "b", "c"]) is None
    assert confusion(protocols(TRUTH, KNN), [str(n) for n in range(31)]) is None
