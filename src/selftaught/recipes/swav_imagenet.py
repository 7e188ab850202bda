"""SwAV as in its paper: Caron et al. 2020, https://arxiv.org/abs/2006.09882, section 4 and appendix A.

Cost     not run here; the paper: 50 hours on 64 V100 GPUs
Machine  64 GPUs
Target   not run here; the paper: 75.3 % top-1 on ImageNet with a linear classifier
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="swav",
    settings={
        "encoder.name": "resnet50",
        "image_size": 224,
        "epochs": 800,
        "batch_size": 4096,
        "optimiser": "lars",
        "learning_rate": 4.8,
        "weight_decay": 1e-06,
        "warmup_epochs": 10.0,
        "small_crops": 6,
        "synchronise_batch_norm": True,
    },
)
