"""CMC, lightness against colour, with two small ResNets on the 50,000 photographs of CIFAR-10.

Cost     5 minutes on one core, instead of its epochs
Machine  AMD EPYC, AVX512-BF16, one core
Target   with the small ResNet at half its width: kNN 42.9, linear accuracy with 100 labels 30.8; random start 33.6 and
         22.9 (1 seed; results/leaderboard_joint_embedding_cifar10.json). 2 tries on held-out training images
Date     2026-11-24
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="cmc",
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
        "temperature": 0.1,
        "negatives": 1_024,
        "bank_start": "encoder",
        "crop_scale": (0.2, 1.0),
    },
)
