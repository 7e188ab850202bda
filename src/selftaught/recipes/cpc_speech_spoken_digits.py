"""CPCSpeech on recordings of single spoken words at 8 kHz, such as 2,000 digits of four speakers.

Cost     0.22 seconds of one core a step, 85 steps a pass over 2,000 recordings; all 20 not measured yet
Machine  AMD EPYC, one core, AVX512-BF16
Target   after 6 passes (529 steps, 120 seconds of one core): linear accuracy of the digit for two speakers never heard
         74.8; random start 35.5, mean log-mel 68.3; the best penalty of each, seed 0. Not measured after 20 passes yet
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="cpc_speech",
    settings={
        "encoder.channels": 128,
        "encoder.context_width": 256,
        "encoder.norm": "channels",
        "steps_ahead": 12,
        "segment_seconds": 0.5,  # the words last 0.4
        "root_mean_square": 0.1,
        "epochs": 20,
        "batch_size": 32,
        "optimiser": "adamw",
        "learning_rate": 4e-3,
        "weight_decay": 1e-4,
        "warmup_epochs": 2,
        "clip_norm": 1.0,
    },
)
