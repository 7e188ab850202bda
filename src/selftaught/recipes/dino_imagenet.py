"""DINO as in its paper: Caron et al. 2021, https://arxiv.org/abs/2104.14294, section 3.2, with a ViT-S/16.

Cost     not run here
Machine  16 GPUs
Target   not run here; the paper: 77.0 % top-1 on ImageNet with a linear classifier, 74.5 % kNN
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="dino",
    settings={
        "encoder.name": "vit_small_patch16_224",
        "image_size": 224,
        "epochs": 800,
        "batch_size": 1024,
        "optimiser": "adamw",
        "learning_rate": 0.002,
        "weight_decay": 0.04,
        "warmup_epochs": 10.0,
        "teacher_momentum": 0.996,
        "teacher_temperature_warmup": 0.0375,
        "freeze_last_layer": 0.00125,
        "crop_scale": (0.25, 1.0),
        "small_crops": 10,
        "small_crop_scale": (0.05, 0.25),
    },
)
