"""What an encoder is worth: kNN and linear probes beside two controls, figures without labels, a verdict."""

from selftaught.evaluation.budgets import BUDGETS, DRAWS, Budget, plan_budgets
from selftaught.evaluation.clustering import ClusterScore, cluster_agreement, cluster_vectors, silhouettes
from selftaught.evaluation.energies import energy_areas
from selftaught.evaluation.evaluation import Evaluation, evaluate_encoder
from selftaught.evaluation.linear import INVERSE_PENALTIES, LinearProbe, fit_linear
from selftaught.evaluation.neighbours import weighted_knn
from selftaught.evaluation.protocols import LinearScore, Protocols, evaluate_vectors
from selftaught.evaluation.retrieval import Retrieval, retrieve
from selftaught.evaluation.spectra import alpha_req, lidar, rankme
from selftaught.evaluation.sphere import alignment, uniformity
from selftaught.evaluation.verdicts import Difference, compare, verdict
from selftaught.evaluation.without_labels import LabelFree, label_free

__all__ = [
    "BUDGETS",
    "DRAWS",
    "INVERSE_PENALTIES",
    "Budget",
    "ClusterScore",
    "Difference",
    "Evaluation",
    "LabelFree",
    "LinearProbe",
    "LinearScore",
    "Protocols",
    "Retrieval",
    "alignment",
    "alpha_req",
    "cluster_agreement",
    "cluster_vectors",
    "compare",
    "energy_areas",
    "evaluate_encoder",
    "evaluate_vectors",
    "fit_linear",
    "label_free",
    "lidar",
    "plan_budgets",
    "rankme",
    "retrieve",
    "silhouettes",
    "uniformity",
    "verdict",
    "weighted_knn",
]
