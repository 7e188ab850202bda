"""MAE with the small vision transformer on the 50,000 photographs of CIFAR-10.

Cost     31 minutes on a core shared with other work (1874 +- 247 s; results/learns.json)
Machine  AMD EPYC, AVX512-BF16, a core shared with other work
Target   kNN 38.7 +- 1.2, linear accuracy with 100 labels 29.5 +- 0.7; random start 28.0 and 20.4 (results/learns.json)
Date     2026-11-22
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
