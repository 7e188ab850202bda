"""DGI with one graph convolution on the 2,708 papers of Cora: `pretrain dgi --recipe dgi_cora --data cora.npz`.

Cost     2.5 minutes on a core shared with other work (149 +- 38 s; results/dgi_cora.json)
Machine  AMD EPYC, two cores, AVX512-BF16
Target   linear accuracy on the public split 81.9 +- 0.4 (50 runs; results/dgi_cora.json; published 82.3 +- 0.6)
Date     2026-11-22
"""

from selftaught.recipes.recipe import Recipe

RECIPE = Recipe(
    method="dgi",
    settings={
        "epochs": 1000,  # at most: a batch is the whole graph, so that an epoch is a step
        "watch_every": 1,
        "keep_best": "loss",
        "patience": 20,
        "batch_size": 2708,
        "optimiser": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 0.0,
        "warmup_epochs": 0,
        "schedule": "constant",
        "normalise_rows": True,
    },
)
