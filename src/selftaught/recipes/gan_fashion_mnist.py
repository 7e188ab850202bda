"""GAN with the small ResNet as the discriminator's trunk on the 60,000 images of Fashion-MNIST.

Cost     not measured yet
Machine  two CPU cores
Target   not measured yet; a GAN learns no encoder, and its discriminator's features are not expected to beat others'
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="gan",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 2,
        "batch_size": 64,
        "optimiser": "adamw",
        "learning_rate": 4e-4,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.05,
        "latent_width": 32,
        "generator_width": 16,
    },
)
