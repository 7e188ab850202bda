"""CPCSpeech on recordings of single spoken words at 8 kHz, such as 2,000 digits of four speakers.

Cost     6 to 7 minutes of one core
Machine  AMD EPYC, AVX512-BF16, one core shared with other work
Target   linear accuracy of the digit, for two speakers never heard and all labels of four, 61.4; random start 30.0,
         mean log-mel 44.3 (3 seeds with other speakers; results/cpc_digits.json)
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
