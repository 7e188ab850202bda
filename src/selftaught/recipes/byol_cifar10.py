"""BYOL with the small ResNet on the 50,000 photographs of CIFAR-10.

Cost     6 minutes on one core
Machine  AMD EPYC, AVX512-BF16, the other core at other work
Target   kNN 37.0, linear accuracy with 100 labels 25.2; random start 33.3 and 22.4 (3 seeds; results/learns.json)
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="byol",
    data="cifar10",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 1,
        "batch_size": 128,
        "optimiser": "sgd",
        "learning_rate": 0.2,
        "momentum": 0.9,
        "weight_decay": 5e-4,
        "warmup_epochs": 0.1,
        "teacher_momentum": 0.97,
        "hidden_width": 512,
        "embedding_width": 128,
        "crop_scale": (0.2, 1.0),
        "blur_probability": (0.0, 0.0),
        "solarise_probability": (0.0, 0.0),
    },
)
