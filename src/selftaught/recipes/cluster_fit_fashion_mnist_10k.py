"""ClusterFit with the small ResNet on the 10,000 images of Fashion-MNIST that come with selftaught.

Cost     not measured yet with these numbers; it needs another run, whose folder is given by --features-of
Machine  not measured yet with these numbers
Target   not measured yet with these numbers
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="cluster_fit",
    data="fashion-mnist-10k",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 3,
        "batch_size": 128,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.1,
        "crop_scale": (0.2, 1.0),
    },
)
