"""CPC for images with the small ResNet on the 60,000 images of Fashion-MNIST.

Cost     3 minutes on one core, instead of its epochs
Machine  AMD EPYC, AVX512-BF16, one core
Target   with the small ResNet at half its width: kNN 76.2, linear accuracy with 100 labels 67.1; random start 68.1 and
         53.8 (3 seeds; results/leaderboard_joint_embedding.json). The learning rate is the best of three on held-out
         training images (results/recipe_tries.json)
Date     2026-11-24
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="cpc_images",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 0.5,
        "batch_size": 32,
        "optimiser": "adamw",
        "learning_rate": 3e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.05,
        "context_width": 128,
        "crop_scale": (0.6, 1.0),
        "flip_probability": 0.5,
    },
)
