"""MADE with two layers of 500 units on the 60,000 images of Fashion-MNIST in black and white.

Cost     not measured yet with these numbers
Machine  -
Target   not measured yet with these numbers
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="made",
    data="fashion-mnist",
    settings={
        "encoder.name": "masked_perceptron",
        "encoder.levels": 2,
        "encoder.features": 500,
        "encoder.blocks": 2,
        "masks": 8,
        "epochs": 10,
        "batch_size": 128,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.5,
    },
)
