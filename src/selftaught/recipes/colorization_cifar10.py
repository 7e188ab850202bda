"""Colorization with a small ResNet that sees lightness, on the 50,000 photographs of CIFAR-10.

Cost     5 minutes on one core, instead of its epochs
Machine  AMD EPYC, AVX512-BF16, one core
Target   with the small ResNet at half its width: kNN 42.8, linear accuracy with 100 labels 31.6; random start 27.9 and
         17.9 (1 seed; results/leaderboard_pretext_and_generative_cifar10.json)
Date     2026-11-23
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="colorization",
    data="cifar10",
    settings={
        "encoder.name": "small_resnet",
        "encoder.channel_split": "L",
        "epochs": 3,
        "batch_size": 128,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.1,
        "crop_scale": (0.5, 1.0),
    },
)
