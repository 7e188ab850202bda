"""DINO with the small ResNet on the 60,000 images of Fashion-MNIST.

Cost     3 minutes on one core, instead of its epochs
Machine  AMD EPYC, AVX512-BF16, one core
Target   with the small ResNet at half its width: kNN 78.6, linear accuracy with 100 labels 67.7; random start 74.5 and
         59.4 (3 seeds; results/leaderboard_joint_embedding.json)
Date     2026-11-24
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="dino",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 1,
        "batch_size": 128,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.1,
        "hidden_width": 512,
        "bottleneck_width": 128,
        "head_norm": True,
        "outputs": 256,
        "teacher_temperature": (0.04, 0.04),
        "teacher_momentum": 0.99,
        "freeze_last_layer": 0.1,
        "crop_scale": (0.3, 1.0),
        "small_crops": 2,
        "small_crop_size": 12,
        "small_crop_scale": (0.1, 0.3),
        "blur_probability": (0.0, 0.0),
        "solarise_probability": (0.0, 0.0),
        "small_blur_probability": 0.0,
    },
)
