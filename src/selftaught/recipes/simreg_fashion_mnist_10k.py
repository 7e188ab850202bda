"""SimReg into the small ResNet on the 8,000 training images of fashion-mnist-10k; the teacher is your own.

Cost     not measured yet with these numbers
Machine  two cores
Target   kNN and linear accuracy above the random start's: not measured yet with these numbers
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="simreg",
    data="fashion-mnist-10k",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 15,
        "batch_size": 128,
        "optimiser": "adamw",
        "learning_rate": 2e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.2,
        "crop_scale": (0.5, 1.0),
    },
)
