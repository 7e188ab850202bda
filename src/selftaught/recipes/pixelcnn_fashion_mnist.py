"""PixelCNN with a small network of masked convolutions on the 60,000 images of Fashion-MNIST, in 16 levels.

Cost     3 minutes on one core, instead of its epochs
Machine  AMD EPYC, AVX512-BF16, one core
Target   kNN 63.4, linear accuracy with 100 labels 57.6; random start 68.6 and 57.5 (3 seeds;
         results/leaderboard_pretext_and_generative.json). The raw pixels do better: 81.8 and 71.1
Date     2026-11-23
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="pixelcnn",
    data="fashion-mnist",
    settings={
        "encoder.name": "pixel_cnn",
        "encoder.levels": 16,
        "encoder.features": 32,
        "encoder.blocks": 4,
        "head_width": 64,
        "epochs": 0.5,
        "batch_size": 32,
        "optimiser": "adamw",
        "learning_rate": 2e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.02,
    },
)
