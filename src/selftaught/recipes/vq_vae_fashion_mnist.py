"""VQ-VAE with the small ResNet on the 60,000 images of Fashion-MNIST: 4x4 positions, each one of 256 codes.

Cost     3 minutes on one core, instead of its epochs
Machine  AMD EPYC, AVX512-BF16, one core
Target   with the small ResNet at half its width: kNN 77.9, linear accuracy with 100 labels 63.1; random start 74.5 and
         59.4 (3 seeds; results/leaderboard_pretext_and_generative.json). The raw pixels do better: 81.8 and 71.1
Date     2026-11-23
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
