"""MAE as in its paper: He et al. 2021, https://arxiv.org/abs/2111.06377, appendix A.1, with a ViT-B/16.

Cost     not run here
Machine  64 GPUs or 128 TPU cores
Target   not run here; the paper: 68.0 % top-1 on ImageNet with a linear classifier, 83.6 % fine-tuned
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="mae",
    settings={
        "encoder.name": "vit_base_patch16_224",
        "image_size": 224,
        "epochs": 1600,
        "batch_size": 4096,
        "optimiser": "adamw",
        "learning_rate": 0.0024,
        "weight_decay": 0.05,
        "warmup_epochs": 40.0,
    },
)
