"""SimCLR on the 8,000 images that ship with selftaught: what `selftaught demo` runs.

Cost     not measured yet; the demo is allowed three minutes in all
Machine  two CPU cores
Target   10 points over the random start in linear accuracy with 100 labels, 3 points in kNN; not measured yet
Date     -
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="simclr",
    data="fashion-mnist-10k",
    settings={
        "encoder.name": "small_resnet",
        "epochs": 5.5,
        "batch_size": 128,
        "optimiser": "adamw",
        "learning_rate": 3e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.5,
        "temperature": 0.1,
        "hidden_width": 512,
        "embedding_width": 128,
        "crop_scale": (0.2, 1.0),
        "blur_probability": (0.0, 0.0),
    },
)
