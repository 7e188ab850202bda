"""PixelCNN with a small network of masked convolutions on the 60,000 images of Fashion-MNIST, in 16 levels.

Cost     not measured yet with these numbers
Machine  -
Target   not measured yet with these numbers
Date     -
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
