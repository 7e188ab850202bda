"""PixelRNN with two Row LSTMs on the 60,000 images of Fashion-MNIST, in 16 levels.

Cost     half a minute on one core
Machine  AMD EPYC, AVX512-BF16, one core
Target   kNN 61.9, linear accuracy with 100 labels 53.5; random start 68.6 and 58.3 (3 seeds; results/learns.json). Its
         paper claims likelihoods, not features
Date     2026-11-24
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="pixelrnn",
    data="fashion-mnist",
    settings={
        "encoder.name": "row_lstm",
        "encoder.levels": 16,
        "encoder.features": 32,
        "encoder.blocks": 2,
        "head_width": 64,
        "epochs": 0.15,
        "batch_size": 32,
        "optimiser": "adamw",
        "learning_rate": 2e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.02,
    },
)
