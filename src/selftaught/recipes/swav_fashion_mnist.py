"""SwAV with the small ResNet on the 60,000 images of Fashion-MNIST.

Cost     22 minutes on a third of two cores
Machine  AMD EPYC, AVX512-BF16
Target   kNN 79.5, linear accuracy with 100 labels 68.1; random start 75.8 and 62.3 (1 seed; results/learns.json)
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="swav",
    data="fashion-mnist",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 1,
        "batch_size": 128,
        "optimiser": "adamw",
        "learning_rate": 3e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.1,
        "hidden_width": 512,
        "embedding_width": 128,
        "prototypes": 100,
        "freeze_prototypes": 0.1,
        "crop_scale": (0.3, 1.0),
        "small_crops": 4,
        "small_crop_size": 12,
        "small_crop_scale": (0.1, 0.3),
        "blur_probability": (0.0, 0.0),
        "small_blur_probability": 0.0,
    },
)
