"""SimSiam as in its paper: Chen and He 2020, https://arxiv.org/abs/2011.10566, section 3.

Cost     not run here
Machine  eight GPUs
Target   not run here; the paper: 68.1 % top-1 on ImageNet with a linear classifier, batches of 256
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="simsiam",
    settings={
        "encoder.name": "resnet50",
        "image_size": 224,
        "epochs": 100,
        "batch_size": 512,
        "optimiser": "sgd",
        "learning_rate": 0.1,
        "momentum": 0.9,
        "weight_decay": 0.0001,
        "warmup_epochs": 0.0,
        "synchronise_batch_norm": True,
    },
)
