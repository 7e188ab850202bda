"""A denoising autoencoder with the small ResNet on 10,000 images of Fashion-MNIST, half of whose pixels are blackened.

Cost     not measured yet with these numbers
Machine  two CPU cores
Target   not measured yet with these numbers
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="autoencoder",
    data="fashion-mnist-10k",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 8,
        "batch_size": 64,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.3,
        "decoder_width": 8,
        "noise": "masking",
        "noise_share": 0.5,
    },
)
