"""The driver: a short loop on Lightning Fabric, and what it stands on."""

from selftaught.training.checkpoint import Checkpoint, checkpoint_path, load_checkpoint
from selftaught.training.devices import resolve_device, resolve_precision
from selftaught.training.driver import time_training, train
from selftaught.training.freed_memory import keep_freed_memory
from selftaught.training.job import Source, Timing, TrainingResult, ViewMaker, Watcher
from selftaught.training.looking import Collapsed, Look, Observer, Onlooker
from selftaught.training.monitor import NonFiniteLoss
from selftaught.training.optimisers import LARS
from selftaught.training.order import Order
from selftaught.training.pieces import embedding_in_pieces
from selftaught.training.prior_fitting import bits_per_code, fit_code_prior
from selftaught.training.schedules import constant, cosine
from selftaught.training.settings import TrainingSettings
from selftaught.training.signals import Interrupted

__all__ = [
    "LARS",
    "Checkpoint",
    "Collapsed",
    "Interrupted",
    "Look",
    "NonFiniteLoss",
    "Observer",
    "Onlooker",
    "Order",
    "Source",
    "Timing",
    "TrainingResult",
    "TrainingSettings",
    "ViewMaker",
    "Watcher",
    "bits_per_code",
    "checkpoint_path",
    "constant",
    "cosine",
    "embedding_in_pieces",
    "fit_code_prior",
    "keep_freed_memory",
    "load_checkpoint",
    "resolve_device",
    "resolve_precision",
    "time_training",
    "train",
]
