"""Every method of the catalogue keeps every law."""

import copy
from functools import partial

import pytest
from patch_encoder import one_block_transformer
from sized_encoder import SizedEncoder
from torch import nn
from two_networks import TwoNetworks

from selftaught.encoders import CausalSpeechEncoder, GraphConvolution, TextTransformer
from selftaught.methods import METHODS, find_method
from selftaught.parts import FixedTeacher
from selftaught.testing import ExampleEncoder, check_method

# small enough for a law on two cores; a method that is not listed is checked with its defaults
SMALL = {
    "cpc_speech": {"steps_ahead": 3},
    "simclr": {"hidden_width": 12, "embedding_width": 8},
    "moco": {"embedding_width": 8, "queue": 48, "batch_norm_groups": 4},
    "byol": {"hidden_width": 12, "embedding_width": 8},
    "instdisc": {"items": 16, "embedding_width": 8, "negatives": 8, "proximal_weight": 2.0},
    "pirl": {"items": 16, "embedding_width": 8, "negatives": 8},
    "cmc": {"items": 16, "embedding_width": 8, "negatives": 8},
    "simsiam": {"hidden_width": 12, "embedding_width": 8, "predictor_width": 4},
    "barlow_twins": {"hidden_width": 12, "embedding_width": 8},
    "vicreg": {"hidden_width": 12, "embedding_width": 8},
    "lejepa": {"hidden_width": 12, "embedding_width": 8, "directions": 16},
    "deepcluster": {"items": 16, "clusters": 4},
    "dino": {"hidden_width": 12, "bottleneck_width": 8, "outputs": 6},
    "swav": {"hidden_width": 12, "embedding_width": 8, "prototypes": 6},
    "mae": {"decoder_width": 16, "decoder_depth": 1, "decoder_heads": 2},
    "i_jepa": {"predictor_width": 16, "predictor_depth": 1, "predictor_heads": 2},
    "gan": {"generator_width": 4},
    "bigan": {"generator_width": 4, "discriminator_width": 4},
    "distillation": {"teacher": FixedTeacher(nn.Sequential(ExampleEncoder(), nn.Linear(16, 5)), 5)},
    "simreg": {"teacher": FixedTeacher(ExampleEncoder(), 16)},
}
# where the example encoder does not do
ENCODERS = {
    "cpc_speech": partial(CausalSpeechEncoder, channels=8, context_width=6),
    "bert": partial(TextTransformer, vocabulary_size=32, max_tokens=16, width=16, layers=1, heads=2, dropout=0.0),
    "dgi": partial(GraphConvolution, features=16, width=12),
    "gan": SizedEncoder,
    "bigan": SizedEncoder,
    "mae": one_block_transformer,
    "i_jepa": one_block_transformer,
    "cmc": TwoNetworks,
}

# teachers that follow nobody
FIXED = {"distillation": ["teacher"], "simreg": ["teacher"]}


@pytest.mark.parametrize("name", METHODS)
def test_the_method_keeps_every_law(name: str) -> None:
    check_method(
        lambda encoder: find_method(name)(encoder, **copy.deepcopy(SMALL.get(name, {}))),
        encoder=ENCODERS.get(name, ExampleEncoder),
        exempt=FIXED.get(name, ()),
    )
