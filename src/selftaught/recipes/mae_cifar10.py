"""MAE with the small vision transformer on the 50,000 photographs of CIFAR-10.

Cost     not measured yet
Machine  two CPU cores
Target   not measured yet
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="mae",
    data="cifar10",
    settings={
        "encoder.name": "small_vit",
        "epochs": 2,
        "batch_size": 64,
        "optimiser": "adamw",
        "learning_rate": 1.5e-3,
        "weight_decay": 0.05,
        "warmup_epochs": 0.2,
        "decoder_width": 128,
        "decoder_depth": 2,
        "decoder_heads": 4,
        "masked_share": 0.75,
    },
)
