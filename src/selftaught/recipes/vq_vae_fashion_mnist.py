"""VQ-VAE with the small ResNet on the 60,000 images of Fashion-MNIST: 4x4 positions, each one of 256 codes.

Cost     not measured yet with these numbers
Machine  two CPU cores
Target   not measured yet with these numbers
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="vq_vae",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 2,
        "batch_size": 64,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.05,
        "codes": 256,
        "code_width": 32,
        "decoder_width": 8,
        "revive_below": 0.1,  # of 1,024 vectors a batch: dead codes are replaced, which is not the paper's
    },
)
