"""BYOL as in its paper: Grill et al. 2020, https://arxiv.org/abs/2006.07733, section 3.3.

Cost     not run here; the paper: 8 hours on 512 TPU v3 cores for 1,000 epochs
Machine  512 TPU cores
Target   not run here; the paper: 74.3 % top-1 on ImageNet with a linear classifier
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="byol",
    settings={
        "encoder.name": "resnet50",
        "image_size": 224,
        "epochs": 1000,
        "batch_size": 4096,
        "optimiser": "lars",
        "learning_rate": 3.2,
        "weight_decay": 1.5e-06,
        "warmup_epochs": 10.0,
        "teacher_momentum": 0.996,
        "synchronise_batch_norm": True,
    },
)
