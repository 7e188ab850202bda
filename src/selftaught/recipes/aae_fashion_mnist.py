"""AAE with the small ResNet on the 60,000 images of Fashion-MNIST: codes of 16 numbers.

Cost     not measured yet with these numbers
Machine  two CPU cores
Target   not measured yet with these numbers
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="aae",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 2,
        "batch_size": 64,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "momentum": 0.5,  # as for bigan: at 0.9 the discriminator wins early
        "weight_decay": 1e-4,
        "warmup_epochs": 0.05,
        "latent_width": 16,
        "decoder_width": 8,
    },
)
