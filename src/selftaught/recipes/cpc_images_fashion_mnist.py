"""CPC for images with the small ResNet on the 60,000 images of Fashion-MNIST.

Cost     not measured yet with these numbers
Machine  not measured yet with these numbers
Target   not measured yet with these numbers
Date     2026-11-22
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
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.05,
        "context_width": 128,
        "crop_scale": (0.6, 1.0),
        "flip_probability": 0.5,
    },
)
