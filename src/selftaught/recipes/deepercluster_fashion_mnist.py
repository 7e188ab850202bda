"""DeeperCluster with the small ResNet on the 60,000 images of Fashion-MNIST.

Cost     not measured yet with these numbers
Machine  not measured yet with these numbers
Target   not measured yet with these numbers
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="deepercluster",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 1,
        "batch_size": 64,
        "optimiser": "sgd",
        "learning_rate": 0.05,
        "momentum": 0.9,
        "weight_decay": 1e-5,
        "schedule": "constant",
        "warmup_epochs": 0,
        "groups": 10,
        "clusters": 10,
        "pca_width": 64,
        "crop_scale": (0.2, 1.0),
        "crop_ratio": (1.0, 1.0),
    },
)
