"""DeepCluster with the small ResNet on the 60,000 images of Fashion-MNIST.

Cost     not measured yet
Machine  two CPU cores
Target   not measured yet
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="deepcluster",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 3,
        "batch_size": 128,
        "optimiser": "sgd",
        "learning_rate": 0.05,
        "momentum": 0.9,
        "weight_decay": 1e-5,
        "schedule": "constant",
        "warmup_epochs": 0,
        "clusters": 100,
        "pca_width": 64,
        "crop_scale": (0.2, 1.0),
    },
)
