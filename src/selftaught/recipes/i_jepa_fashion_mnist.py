"""I-JEPA with the small vision transformer on the 60,000 images of Fashion-MNIST.

Cost     not measured yet with these numbers
Machine  two cores
Target   kNN and linear accuracy above the random start's: not measured yet with these numbers
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="i_jepa",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_vit",
        "epochs": 2,
        "batch_size": 64,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 0.05,
        "warmup_epochs": 0.2,
        "predictor_width": 96,
        "predictor_depth": 2,
        "predictor_heads": 4,
        "teacher_momentum": 0.99,
    },
)
