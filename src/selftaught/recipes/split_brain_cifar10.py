"""SplitBrain with two small ResNets, one for lightness and one for colour, on the 50,000 photographs of CIFAR-10.

Cost     5 minutes on one core, instead of its epochs
Machine  AMD EPYC, AVX512-BF16, one core
Target   with the small ResNet at half its width: kNN 45.4, linear accuracy with 100 labels 31.4; random start 33.6 and
         22.9 (1 seed; results/leaderboard_pretext_and_generative_cifar10.json)
Date     2026-11-23
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="split_brain",
    data="cifar10",
    settings={
        "encoder.name": "small_resnet",
        "encoder.channel_split": "L,ab",
        "epochs": 3,
        "batch_size": 128,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.1,
        "crop_scale": (0.5, 1.0),
    },
)
