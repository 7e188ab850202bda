"""VideoColorization on 1,000 made videos: clothes of Fashion-MNIST that move over photographs.

Cost     4 to 6 minutes on one core, instead of its epochs
Machine  AMD EPYC, AVX512-BF16, one core
Target   masks followed by cosine: J 61.0, random start 0.4, staying where they are 30.1 (3 seeds; results/video.json):
         `selftaught evaluate RUN --data moving-clothes --protocols propagation`
Date     2026-11-24
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
