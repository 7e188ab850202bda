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
        "epochs": 4,
        "batch_size": 128,
        "optimiser": "adamw",
        "learning_rate": 2e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.1,
        "clusters": 100,
        "pca_width": 64,
        "crop_scale": (0.2, 1.0),
    },
)
