"""Energies and losses: pure functions of tensors, exact across processes."""

from selftaught.objectives.contrastive import info_nce, nt_xent
from selftaught.objectives.distillation import cosine_distance
from selftaught.objectives.precision import full_precision

__all__ = ["cosine_distance", "full_precision", "info_nce", "nt_xent"]
