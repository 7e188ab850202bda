"""Every method of the catalogue keeps every law."""

from functools import partial

import pytest
from local_networks import Grid, LocalNetworks
from patch_encoder import one_block_transformer
from sized_encoder import SizedEncoder
from two_networks import TwoNetworks

from selftaught.encoders import CausalSpeechEncoder, FrameResNet, GraphConvolution, TextTransformer
from selftaught.methods import METHODS, find_method
from selftaught.testing import ExampleEncoder, check_method

# small enough for a law on two cores; a method that is not listed is checked with its defaults
SMALL = {
    "future_frames": {"state_width": 8},
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
    "gan": {"generator_width": 4},
    "autoencoder": {"bottleneck_width": 8, "decoder_width": 4},
    "bigan": {"generator_width": 4, "discriminator_width": 4},
    "colorization": {"decoder_width": 8},
    "split_brain": {"decoder_width": 8},
    "inpainting": {"decoder_width": 8, "discriminator_width": 4},
}
# where the example encoder does not do
ENCODERS = {
    "cpc_speech": partial(CausalSpeechEncoder, channels=8, context_width=6),
    "bert": partial(TextTransformer, vocabulary_size=32, max_tokens=16, width=16, layers=1, heads=2, dropout=0.0),
    "dgi": partial(GraphConvolution, features=16, width=12),
    "gan": SizedEncoder,
    "bigan": SizedEncoder,
    "autoencoder": SizedEncoder,
    "mae": one_block_transformer,
    "cmc": TwoNetworks,
    "video_colorization": partial(FrameResNet, image_size=16, width=8, middle_width=8),
    "future_frames": partial(FrameResNet, image_size=16, width=8, middle_width=8, lightness_only=False),
    "colorization": partial(LocalNetworks, "L"),
    "split_brain": partial(LocalNetworks, "L,ab"),
    "inpainting": partial(Grid, 3),
}


@pytest.mark.parametrize("name", METHODS)
def test_the_method_keeps_every_law(name: str) -> None:
    check_method(
        lambda encoder: find_method(name)(encoder, **SMALL.get(name, {})), encoder=ENCODERS.get(name, ExampleEncoder)
    )
