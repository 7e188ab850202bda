"""DeepCluster with the small ResNet on the 60,000 images of Fashion-MNIST.

Cost     see train_seconds in results/learns.json, all on a core shared with other work
Machine  AMD EPYC, AVX512-BF16, a core shared with other work
Target   kNN 82.3 +- 1.1, linear accuracy with 100 labels 73.4 +- .7; random start 76.1 and 62.7 (results/learns.json)
Date     2026-11-22
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
