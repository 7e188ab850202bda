"""VAE with the small ResNet on the 60,000 images of Fashion-MNIST: 32 latents, a normal likelihood of one deviation.

Cost     not measured yet with these numbers
Machine  two CPU cores
Target   not measured yet with these numbers
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="vae",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 2,
        "batch_size": 64,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.05,
        "latent_width": 32,
        "decoder_width": 8,
    },
)
