"""Small modules that methods are made of, and that are thrown away after training."""

from selftaught.parts.batch_norm import BatchNorm, regroup, synchronised
from selftaught.parts.mlp import mlp
from selftaught.parts.queue import Queue
from selftaught.parts.teacher import Teacher

__all__ = ["BatchNorm", "Queue", "Teacher", "mlp", "regroup", "synchronised"]
