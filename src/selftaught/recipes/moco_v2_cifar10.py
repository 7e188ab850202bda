"""MoCo v2 with the small ResNet on the 50,000 photographs of CIFAR-10.

Cost     not measured yet
Machine  two CPU cores
Target   not measured yet
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="moco",
    data="cifar10",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 0.5,
        "batch_size": 128,
        "optimiser": "adamw",
        "learning_rate": 2e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.05,
        "temperature": 0.2,
        "teacher_momentum": 0.99,
        "queue": 4_096,
        "hidden_width": 256,
        "embedding_width": 128,
        "crop_scale": (0.2, 1.0),
        "colour_probability": 0.8,
        "hue": 0.1,
        "blur_probability": (0.0, 0.0),
        "batch_norm_groups": 4,
    },
)
