"""BERT with a small transformer on descriptions of software, two million words.

Cost     19 minutes on one core
Machine  AMD EPYC, one core, AVX512-BF16
Target   masked tokens 19.3 % (chance 4.1), next sentence 73.0 % (69.1); no better than its random start on TREC
         (results/bert_packages.json)
Date     2026-11-22; the data are those of benchmarks/package_descriptions.py. For so short a run: norms first, no
         dropout, and 40 % of the tokens hidden, more to learn from a step (Wettig et al. 2022, arXiv 2202.08005)
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="bert",
    settings={
        "encoder.width": 256,
        "encoder.layers": 4,
        "encoder.heads": 4,
        "encoder.dropout": 0.0,
        "encoder.norm_first": True,
        "vocabulary_size": 8192,
        "max_tokens": 64,
        "masked_fraction": 0.4,
        "epochs": 0.75,
        "batch_size": 32,
        "optimiser": "adamw",
        "learning_rate": 1.5e-3,
        "weight_decay": 1e-2,
        "clip_norm": 1.0,
    },
)
