"""MoCo as in its first paper, for photographs: He et al. 2019, https://arxiv.org/abs/1911.05722, section 3.3.

Cost     not run here; the paper: 53 hours on 8 V100 GPUs for 200 epochs of ImageNet with a ResNet-50
Machine  eight GPUs
Target   not run here; the paper: 60.6 % top-1 on ImageNet with a linear classifier
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="moco",
    settings={
        "encoder.name": "resnet50",
        "image_size": 224,
        "epochs": 200,
        "batch_size": 256,
        "optimiser": "sgd",
        "learning_rate": 0.03,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.0,
        "temperature": 0.07,
        "teacher_momentum": 0.999,
        "queue": 65_536,
        "hidden_width": None,
        "embedding_width": 128,
        "crop_scale": (0.2, 1.0),
        "colour_probability": 1.0,
        "brightness": 0.4,
        "contrast": 0.4,
        "saturation": 0.4,
        "hue": 0.4,
        "grey_probability": 0.2,
        "blur_probability": (0.0, 0.0),
    },
)
