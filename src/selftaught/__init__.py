"""Self-supervised learning: unlabelled data in, an encoder and the evidence for it out.

    import selftaught

    run = selftaught.pretrain("simclr", "photos/", "runs/simclr")
    selftaught.evaluate(run, "labelled/")
    encoder = selftaught.load_encoder("runs/simclr")

Importing this package imports nothing else; asking it for one of these names does.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selftaught.runs import (
        ablate,
        compare,
        distill,
        embed,
        evaluate,
        explore,
        finetune,
        load_classifier,
        load_encoder,
        pretrain,
        resume,
        sample,
    )

    __version__: str

__all__ = [
    "__version__",
    "ablate",
    "compare",
    "distill",
    "embed",
    "evaluate",
    "explore",
    "finetune",
    "load_classifier",
    "load_encoder",
    "pretrain",
    "resume",
    "sample",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("selftaught")
    if name in __all__:
        return getattr(importlib.import_module("selftaught.runs"), name)
    raise AttributeError(f"module 'selftaught' has no attribute '{name}'")
