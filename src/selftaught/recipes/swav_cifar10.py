"""SwAV with the small ResNet on the 50,000 images of CIFAR-10.

Cost     5 minutes on one core, instead of its epochs
Machine  AMD EPYC, AVX512-BF16, one core
Target   with the small ResNet at half its width: kNN 45.5, linear accuracy with 100 labels 34.5; random start 28.9 and
         20.3 (1 seed; results/leaderboard_joint_embedding_cifar10.json). 4 tries on held-out training images
Date     2026-11-24
"""

from selftaught.recipes.recipe import Recipe

# With the numbers for Fashion-MNIST, among them a rate of 3e-3 and colours at full strength, embeddings collapse.
RECIPE = Recipe(
    method="swav",
    data="cifar10",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 1,
        "batch_size": 128,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.1,
        "hidden_width": 512,
        "embedding_width": 128,
        "prototypes": 100,
        "freeze_prototypes": 0.1,
        "crop_scale": (0.3, 1.0),
        "small_crops": 4,
        "small_crop_size": 16,
        "small_crop_scale": (0.15, 0.4),
        "colour_strength": 0.5,
        "blur_probability": (0.0, 0.0),
        "small_blur_probability": 0.0,
    },
)
