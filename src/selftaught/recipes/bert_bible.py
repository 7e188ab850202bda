"""BERT with a small transformer on the King James Bible, a verse a line, chapters as documents.

Cost     20 minutes on one core
Machine  AMD EPYC, one core, AVX512-BF16
Target   not measured yet with these numbers
Date     2026-11-22; the data are the folder that benchmarks/bible.py writes; no dropout, because so short a run does
         not overfit
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="bert",
    settings={
        "encoder.width": 256,
        "encoder.layers": 4,
        "encoder.heads": 4,
        "encoder.dropout": 0.0,
        "vocabulary_size": 8192,
        "max_tokens": 64,
        "duplicates": 4,
        "epochs": 1.5,
        "batch_size": 32,
        "optimiser": "adamw",
        "learning_rate": 5e-4,
        "weight_decay": 1e-2,
        "clip_norm": 1.0,
    },
)
