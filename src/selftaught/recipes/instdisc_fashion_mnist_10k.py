"""InstDisc with the small ResNet on the 8,000 images in the package.

Cost     3 minutes on one core, instead of its epochs
Machine  AMD EPYC, AVX512-BF16, one core
Target   not measured yet on these images; on all 60,000, with the small ResNet at half its width: kNN 80.9, linear
         accuracy with 100 labels 71.4; random start 74.5 and 59.4 (3 seeds; results/leaderboard_joint_embedding.json).
         The learning rate is the best of three on held-out training images (results/recipe_tries.json), of all 60,000
Date     2026-11-24
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="instdisc",
    data="fashion-mnist-10k",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 16,
        "batch_size": 64,
        "optimiser": "adamw",
        "learning_rate": 1.5e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.1,
        "temperature": 0.2,
        "negatives": None,
        "bank_start": "encoder",
        "crop_scale": (0.2, 1.0),
    },
)
