"""Run folders, and what fills and reads them: what the command line and Python users call.

Importing this package imports nothing else; asking it for one of these names does.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selftaught.runs.ablating import ablate
    from selftaught.runs.comparing import compare
    from selftaught.runs.distilling import distill
    from selftaught.runs.embedding import embed
    from selftaught.runs.evaluating import evaluate
    from selftaught.runs.exploring import explore
    from selftaught.runs.finetuning import finetune
    from selftaught.runs.opening import Run, load_classifier, load_encoder, open_run
    from selftaught.runs.pretraining import pretrain
    from selftaught.runs.resuming import repeat, resume
    from selftaught.runs.sampling import Sampled, sample

__all__ = [
    "Run",
    "Sampled",
    "ablate",
    "compare",
    "distill",
    "embed",
    "evaluate",
    "explore",
    "finetune",
    "load_classifier",
    "load_encoder",
    "open_run",
    "pretrain",
    "repeat",
    "resume",
    "sample",
]

_FILES = {
    "Run": "opening",
    "Sampled": "sampling",
    "ablate": "ablating",
    "compare": "comparing",
    "distill": "distilling",
    "embed": "embedding",
    "evaluate": "evaluating",
    "explore": "exploring",
    "finetune": "finetuning",
    "load_classifier": "opening",
    "load_encoder": "opening",
    "open_run": "opening",
    "pretrain": "pretraining",
    "repeat": "resuming",
    "resume": "resuming",
    "sample": "sampling",
}


def __getattr__(name: str) -> Any:
    if name in _FILES:
        return getattr(importlib.import_module(f"selftaught.runs.{_FILES[name]}"), name)
    raise AttributeError(f"module 'selftaught.runs' has no attribute '{name}'")
