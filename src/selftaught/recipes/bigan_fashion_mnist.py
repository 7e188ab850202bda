"""BiGAN with the small ResNet on the 60,000 images of Fashion-MNIST.

Cost     5.3 minutes on one core that it had almost for itself (seed 2); up to 20 on one that was shared
Machine  AMD EPYC, two shared cores, AVX512-BF16
Target   kNN 78.4, linear accuracy with 100 labels 66.8; random start 76.1 and 62.7 (3 seeds; results/learns.json). The
         raw pixels do better: 81.8 and 71.1
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="bigan",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 1.6,
        "batch_size": 64,
        "optimiser": "adamw",
        "learning_rate": 5e-4,
        "momentum": 0.5,  # at 0.9 the discriminator wins in a few hundred steps, and codes say nothing of their images
        "weight_decay": 1e-4,
        "warmup_epochs": 0.05,
        "latent_width": 32,
        "generator_width": 8,
        "discriminator_width": 16,
    },
)
