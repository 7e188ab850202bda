"""SimCLR as in its paper: Chen et al. 2020, https://arxiv.org/abs/2002.05709, section 2.3 and appendix B.6.

Cost     not run here; the paper: 1.5 hours on 128 TPU v3 cores for 100 epochs
Machine  128 TPU cores
Target   not run here; the paper: 69.3 % top-1 on ImageNet with a linear classifier after 1,000 epochs
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="simclr",
    settings={
        "encoder.name": "resnet50",
        "image_size": 224,
        "epochs": 1000,
        "batch_size": 4096,
        "optimiser": "lars",
        "learning_rate": 4.8,
        "weight_decay": 1e-06,
        "warmup_epochs": 10.0,
        "synchronise_batch_norm": True,
    },
)
