"""VideoColorization on 1,000 made videos: clothes of Fashion-MNIST that move over photographs.

Cost     74 seconds of one core
Machine  AMD EPYC, AVX512-BF16, one core shared with other work
Target   on held-out made videos, masks followed with J 44.3 and points with PCK at 0.2 of 59.6; random start 0.0 and
         15.6, labels that stay 30.1 and 30.5 (1 seed, inner products; `selftaught evaluate --protocols propagation`)
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="video_colorization",
    data="moving-clothes",
    settings={
        "image_size": 48,
        "clip_frames": 4,
        "colours": 16,
        "encoder.width": 64,
        "encoder.middle_width": 64,
        "epochs": 2,
        "batch_size": 16,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 0.2,
    },
)
