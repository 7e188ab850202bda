"""Barlow Twins as in its paper: Zbontar et al. 2021, https://arxiv.org/abs/2103.03230, section 2.2.

Cost     not run here; the paper: 124 hours on 32 V100 GPUs
Machine  32 GPUs
Target   not run here; the paper: 73.2 % top-1 on ImageNet with a linear classifier
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="barlow_twins",
    settings={
        "encoder.name": "resnet50",
        "image_size": 224,
        "epochs": 1000,
        "batch_size": 2048,
        "optimiser": "lars",
        "learning_rate": 1.6,
        "weight_decay": 1.5e-06,
        "warmup_epochs": 10.0,
        "synchronise_batch_norm": True,
    },
)
