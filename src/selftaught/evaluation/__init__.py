"""What an encoder is worth: kNN and linear probes beside two controls, figures without labels, a verdict."""

from selftaught.evaluation.again import evaluate_again
from selftaught.evaluation.attack import AttackResult, measure_attack
from selftaught.evaluation.beyond_vectors import measure_beyond_vectors
from selftaught.evaluation.budgets import BUDGETS, DRAWS, Budget, plan_budgets
from selftaught.evaluation.choosing import (
    DEFAULT_PROTOCOLS,
    PROTOCOLS,
    choose_protocols,
    choose_tune_labels,
    suited_protocols,
)
from selftaught.evaluation.clustering import ClusterScore, cluster_agreement, cluster_vectors, silhouettes
from selftaught.evaluation.conclusions import OUTCOMES, Conclusion, conclude
from selftaught.evaluation.dense_fine_tuning import DenseFineTuning, fine_tune_dense_use
from selftaught.evaluation.dense_scores import DenseUse
from selftaught.evaluation.dense_use import measure_dense_use
from selftaught.evaluation.depths import Depth, measure_depths, single_layers
from selftaught.evaluation.drawn_tracks import drawn_points, drawn_tracks
from selftaught.evaluation.duplicates import Duplicates, find_duplicates
from selftaught.evaluation.energies import energy_areas
from selftaught.evaluation.evaluation import Evaluation
from selftaught.evaluation.exact_search import nearest
from selftaught.evaluation.fine_tuning import FineTuning, fine_tune
from selftaught.evaluation.intervals import bootstrap_interval
from selftaught.evaluation.kept_changes import KeptChanges, measure_kept_changes
from selftaught.evaluation.labels_alone import LabelsAlone, train_on_labels_alone
from selftaught.evaluation.linear import INVERSE_PENALTIES, LinearProbe, fit_linear
from selftaught.evaluation.made_items import MadeItems, compare_made
from selftaught.evaluation.measuring import evaluate_encoder
from selftaught.evaluation.neighbours import weighted_knn
from selftaught.evaluation.own_task import TaskFigure, own_task
from selftaught.evaluation.pairing import Paired, pair_dense_use, pair_encoders, paired_sentence
from selftaught.evaluation.propagation import Propagation, measure_propagation, propagate
from selftaught.evaluation.protocols import evaluate_vectors
from selftaught.evaluation.regression import LabelsScore, NumberScore, probe_labels, probe_numbers
from selftaught.evaluation.retrieval import Retrieval, retrieve
from selftaught.evaluation.robustness import Robustness, measure_corruptions
from selftaught.evaluation.same_texts import find_same_texts
from selftaught.evaluation.scores import LinearScore, Protocols
from selftaught.evaluation.several_seeds import SEEDS_RULE, OverSeeds, holm, mean_over_seeds
from selftaught.evaluation.spectra import alpha_req, lidar, rankme
from selftaught.evaluation.sphere import alignment, uniformity
from selftaught.evaluation.spurious_cue import SpuriousCue, measure_spurious_cue
from selftaught.evaluation.targets import Target, as_labels, read_target
from selftaught.evaluation.tracks import Tracks
from selftaught.evaluation.trends import Trend, loss_trend
from selftaught.evaluation.tuned_before import each_trained_once
from selftaught.evaluation.verdicts import Difference, compare, verdict
from selftaught.evaluation.viewing import view_figures
from selftaught.evaluation.without_labels import LabelFree, label_free

__all__ = [
    "BUDGETS",
    "DEFAULT_PROTOCOLS",
    "DRAWS",
    "INVERSE_PENALTIES",
    "OUTCOMES",
    "PROTOCOLS",
    "SEEDS_RULE",
    "AttackResult",
    "Budget",
    "ClusterScore",
    "Conclusion",
    "DenseFineTuning",
    "DenseUse",
    "Depth",
    "Difference",
    "Duplicates",
    "Evaluation",
    "FineTuning",
    "KeptChanges",
    "LabelFree",
    "LabelsAlone",
    "LabelsScore",
    "LinearProbe",
    "LinearScore",
    "MadeItems",
    "NumberScore",
    "OverSeeds",
    "Paired",
    "Propagation",
    "Protocols",
    "Retrieval",
    "Robustness",
    "SpuriousCue",
    "Target",
    "TaskFigure",
    "Tracks",
    "Trend",
    "alignment",
    "alpha_req",
    "as_labels",
    "bootstrap_interval",
    "choose_protocols",
    "choose_tune_labels",
    "cluster_agreement",
    "cluster_vectors",
    "compare",
    "compare_made",
    "conclude",
    "drawn_points",
    "drawn_tracks",
    "each_trained_once",
    "energy_areas",
    "evaluate_again",
    "evaluate_encoder",
    "evaluate_vectors",
    "find_duplicates",
    "find_same_texts",
    "fine_tune",
    "fine_tune_dense_use",
    "fit_linear",
    "holm",
    "label_free",
    "lidar",
    "loss_trend",
    "mean_over_seeds",
    "measure_attack",
    "measure_beyond_vectors",
    "measure_corruptions",
    "measure_dense_use",
    "measure_depths",
    "measure_kept_changes",
    "measure_propagation",
    "measure_spurious_cue",
    "nearest",
    "own_task",
    "pair_dense_use",
    "pair_encoders",
    "paired_sentence",
    "plan_budgets",
    "probe_labels",
    "probe_numbers",
    "propagate",
    "rankme",
    "read_target",
    "retrieve",
    "silhouettes",
    "single_layers",
    "suited_protocols",
    "train_on_labels_alone",
    "uniformity",
    "verdict",
    "view_figures",
    "weighted_knn",
]
