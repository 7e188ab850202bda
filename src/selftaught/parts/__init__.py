"""Small modules that methods are made of, and that are thrown away after training."""

from selftaught.parts.ancestral_sampling import draw_level, sample_in_order, sample_levels, uniform_of
from selftaught.parts.balanced_codes import BalancedCodes
from selftaught.parts.batch_norm import BatchNorm, regroup, synchronised
from selftaught.parts.bottleneck import bottleneck
from selftaught.parts.causal_blocks import CausalConvolutionBlock, DiagonalBiLSTMBlock, RowLSTMBlock
from selftaught.parts.centred_targets import CentredTargets
from selftaught.parts.channel_split import ChannelSplit
from selftaught.parts.code_prior import CodePrior
from selftaught.parts.directions import Directions
from selftaught.parts.discriminator import Discriminator
from selftaught.parts.generator import Generator, extremes_of, image_shape
from selftaught.parts.kmeans import Clusters, kmeans, whitened
from selftaught.parts.lab import rgb_to_lab
from selftaught.parts.level_head import LevelHead
from selftaught.parts.level_histograms import LevelHistograms
from selftaught.parts.masked_convolution import MaskedConvolution
from selftaught.parts.masked_degrees import draw_degrees, sees
from selftaught.parts.masked_logits import MaskedLogits
from selftaught.parts.memory_bank import MemoryBank
from selftaught.parts.mlp import mlp
from selftaught.parts.noise_contrast import NoiseContrast
from selftaught.parts.opponent import aside, frozen
from selftaught.parts.patch_decoder import PatchDecoder
from selftaught.parts.positions import grid_positions
from selftaught.parts.prototypes import Prototypes
from selftaught.parts.queue import Queue
from selftaught.parts.row_normalisation import normalise_rows
from selftaught.parts.spectral_norm import SpectralNorm
from selftaught.parts.teacher import Teacher

__all__ = [
    "BalancedCodes",
    "BatchNorm",
    "CausalConvolutionBlock",
    "CentredTargets",
    "ChannelSplit",
    "Clusters",
    "CodePrior",
    "DiagonalBiLSTMBlock",
    "Directions",
    "Discriminator",
    "Generator",
    "LevelHead",
    "LevelHistograms",
    "MaskedConvolution",
    "MaskedLogits",
    "MemoryBank",
    "NoiseContrast",
    "PatchDecoder",
    "Prototypes",
    "Queue",
    "RowLSTMBlock",
    "SpectralNorm",
    "Teacher",
    "aside",
    "bottleneck",
    "draw_degrees",
    "draw_level",
    "extremes_of",
    "frozen",
    "grid_positions",
    "image_shape",
    "kmeans",
    "mlp",
    "normalise_rows",
    "regroup",
    "rgb_to_lab",
    "sample_in_order",
    "sample_levels",
    "sees",
    "synchronised",
    "uniform_of",
    "whitened",
]
