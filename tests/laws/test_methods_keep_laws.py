"""Every method of the catalogue keeps every law."""

import copy
from functools import partial

import pytest
from local_networks import Grid, LocalNetworks
from patch_encoder import one_block_transformer
from sized_encoder import SizedEncoder
from staged_encoder import TwoStages
from torch import nn
from two_networks import TwoNetworks

from selftaught.encoders import (
    CausalSpeechEncoder,
    FrameResNet,
    GraphConvolution,
    MaskedPerceptron,
    PatchAverage,
    PixelReader,
    TextTransformer,
)
from selftaught.methods import METHODS, find_method
from selftaught.parts import FixedTeacher
from selftaught.testing import ExampleEncoder, check_method

# small enough for a law on two cores; a method that is not listed is checked with its defaults
SMALL = {
    "future_frames": {"state_width": 8},
    "svg_lp": {"state_width": 8, "latent_width": 4},
    "dpc": {"state_width": 8},
    "cpc_speech": {"steps_ahead": 3},
    "simclr": {"hidden_width": 12, "embedding_width": 8},
    "moco": {"embedding_width": 8, "queue": 48, "batch_norm_groups": 4},
    "byol": {"hidden_width": 12, "embedding_width": 8},
    "instdisc": {"items": 16, "embedding_width": 8, "negatives": 8, "proximal_weight": 2.0},
    "pirl": {"items": 16, "embedding_width": 8, "negatives": 8},
    "cmc": {"items": 16, "embedding_width": 8, "negatives": 8},
    "cpc_images": {"rows_ahead": 2, "context_width": 4},
    "amdim": {"embedding_width": 8},
    "deep_infomax": {"global_weight": 0.5, "critic_width": 8, "embedding_width": 6},
    "cluster_fit": {"items": 16, "clusters": 4},
    "local_aggregation": {
        "items": 16,
        "embedding_width": 8,
        "background": 8,
        "clusterings": 2,
        "clusters": 4,
        "instance_epochs": 0,
    },
    "simsiam": {"hidden_width": 12, "embedding_width": 8, "predictor_width": 4},
    "barlow_twins": {"hidden_width": 12, "embedding_width": 8},
    "vicreg": {"hidden_width": 12, "embedding_width": 8},
    "lejepa": {"hidden_width": 12, "embedding_width": 8, "directions": 16},
    "deepcluster": {"items": 16, "clusters": 4},
    "deepercluster": {"items": 16, "groups": 2, "clusters": 2},
    "dino": {"hidden_width": 12, "bottleneck_width": 8, "outputs": 6},
    "swav": {"hidden_width": 12, "embedding_width": 8, "prototypes": 6},
    "jigsaw": {"permutations": 8, "tile_width": 8, "hidden_width": 12},
    "relative_position": {"patch_width": 8, "hidden_width": 12},
    "mae": {"decoder_width": 16, "decoder_depth": 1, "decoder_heads": 2},
    "pixelcnn": {"head_width": 6},
    "made": {"masks": 3},
    "pixelrnn": {"head_width": 6},
    "i_jepa": {"predictor_width": 16, "predictor_depth": 1, "predictor_heads": 2},
    "gan": {"generator_width": 4},
    "autoencoder": {"bottleneck_width": 8, "decoder_width": 4},
    "vae": {"latent_width": 8, "decoder_width": 4, "pixel_deviation": 10},  # nats of 768 pixels are steep
    "vq_vae": {"codes": 8, "code_width": 6, "decoder_width": 4},
    "aae": {"latent_width": 8, "decoder_width": 4, "discriminator_width": 12},
    "bigan": {"generator_width": 4, "discriminator_width": 4},
    "colorization": {"decoder_width": 8},
    "split_brain": {"decoder_width": 8},
    "inpainting": {"decoder_width": 8, "discriminator_width": 4},
    "distillation": {"teacher": FixedTeacher(nn.Sequential(ExampleEncoder(), nn.Linear(16, 5)), 5)},
    "simreg": {"teacher": FixedTeacher(ExampleEncoder(), 16)},
}
# where the example encoder does not do
ENCODERS = {
    "cpc_speech": partial(CausalSpeechEncoder, channels=8, context_width=6),
    "bert": partial(TextTransformer, vocabulary_size=32, max_tokens=16, width=16, layers=1, heads=2, dropout=0.0),
    "dgi": partial(GraphConvolution, features=16, width=12),
    "pixelcnn": partial(PixelReader, "pixel_cnn", image_size=16, levels=4, features=6, blocks=1),
    "made": partial(MaskedPerceptron, image_size=16, levels=2, features=12, blocks=2),
    "pixelrnn": partial(PixelReader, "row_lstm", image_size=16, levels=4, features=6, blocks=1),
    "gan": SizedEncoder,
    "bigan": SizedEncoder,
    "autoencoder": SizedEncoder,
    "vae": SizedEncoder,
    "aae": SizedEncoder,
    "vq_vae": one_block_transformer,
    "mae": one_block_transformer,
    "i_jepa": one_block_transformer,
    "cmc": TwoNetworks,
    "cpc_images": lambda: PatchAverage(ExampleEncoder(), image_size=16, patch_grid=7),
    "deep_infomax": TwoStages,
    "amdim": TwoStages,
    "video_colorization": partial(FrameResNet, image_size=16, width=8, middle_width=8),
    "svg_lp": partial(FrameResNet, image_size=16, width=8, middle_width=8, lightness_only=False),
    "future_frames": partial(FrameResNet, image_size=16, width=8, middle_width=8, lightness_only=False),
    "dpc": partial(FrameResNet, image_size=16, width=8, middle_width=8, lightness_only=False),
    "colorization": partial(LocalNetworks, "L"),
    "split_brain": partial(LocalNetworks, "L,ab"),
    "inpainting": partial(Grid, 3),
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
