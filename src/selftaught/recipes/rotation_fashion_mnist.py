"""Rotation with the small ResNet on the 60,000 images of Fashion-MNIST.

Cost     not measured yet with these numbers
Machine  not measured yet with these numbers
Target   not measured yet with these numbers
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="rotation",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 1,
        "batch_size": 64,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.1,
        "crop_scale": (0.5, 1.0),
    },
)
