"""What an encoder is worth: kNN and linear probes beside two controls, figures without labels, a verdict."""

from selftaught.evaluation.budgets import BUDGETS, DRAWS, Budget, plan_budgets
from selftaught.evaluation.energies import energy_areas
from selftaught.evaluation.evaluation import Evaluation, evaluate_encoder
from selftaught.evaluation.exact_search import nearest
from selftaught.evaluation.linear import INVERSE_PENALTIES, LinearProbe, fit_linear
from selftaught.evaluation.neighbours import weighted_knn
from selftaught.evaluation.protocols import LinearScore, Protocols, evaluate_vectors
from selftaught.evaluation.verdicts import Difference, compare, verdict
from selftaught.evaluation.without_labels import LabelFree, label_free, rankme

__all__ = [
    "BUDGETS",
    "DRAWS",
    "INVERSE_PENALTIES",
    "Budget",
    "Difference",
    "Evaluation",
    "LabelFree",
    "LinearProbe",
    "LinearScore",
    "Protocols",
    "compare",
    "energy_areas",
    "evaluate_encoder",
    "evaluate_vectors",
    "fit_linear",
    "label_free",
    "nearest",
    "plan_budgets",
    "rankme",
    "verdict",
    "weighted_knn",
]
