"""GAN with the small ResNet as the discriminator's trunk on the 60,000 images of Fashion-MNIST.

Cost     12 minutes on one core
Machine  AMD EPYC, AVX512-BF16, one core
Target   kNN 75.8, linear accuracy with 100 labels 59.4; random start 76.1 and 62.7 (3 seeds; results/learns.json). A
         GAN learns no encoder: its discriminator's features are not expected to beat others'
Date     2026-11-24
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
