"""Small modules that methods are made of, and that are thrown away after training."""

from selftaught.parts.balanced_codes import BalancedCodes
from selftaught.parts.batch_norm import BatchNorm, regroup, synchronised
from selftaught.parts.bottleneck import bottleneck
from selftaught.parts.centred_targets import CentredTargets
from selftaught.parts.channel_split import ChannelSplit, split_of
from selftaught.parts.channel_targets import BinnedTarget, ChannelTarget, RegressedTarget, quarter
from selftaught.parts.conv_lstm import ConvLSTM
from selftaught.parts.directions import Directions
from selftaught.parts.discriminator import Discriminator
from selftaught.parts.frame_predictor import FramePredictor
from selftaught.parts.gamut import gamut_bins
from selftaught.parts.generator import Generator, extremes_of, image_shape
from selftaught.parts.hole_decoder import ChannelwiseLinear, HoleDecoder
from selftaught.parts.kmeans import Clusters, kmeans, whitened
from selftaught.parts.lab import lab_to_rgb, rgb_to_lab
from selftaught.parts.map_decoder import MapDecoder
from selftaught.parts.memory_bank import MemoryBank
from selftaught.parts.mlp import mlp
from selftaught.parts.noise_contrast import NoiseContrast
from selftaught.parts.opponent import aside, frozen
from selftaught.parts.palette import fit_palette, nearest_colours
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
    "BinnedTarget",
    "CentredTargets",
    "ChannelSplit",
    "ChannelTarget",
    "ChannelwiseLinear",
    "Clusters",
    "ConvLSTM",
    "Directions",
    "Discriminator",
    "FramePredictor",
    "Generator",
    "HoleDecoder",
    "MapDecoder",
    "MemoryBank",
    "NoiseContrast",
    "PatchDecoder",
    "Prototypes",
    "Queue",
    "RegressedTarget",
    "SpectralNorm",
    "Teacher",
    "aside",
    "bottleneck",
    "extremes_of",
    "fit_palette",
    "frozen",
    "gamut_bins",
    "grid_positions",
    "image_shape",
    "kmeans",
    "lab_to_rgb",
    "mlp",
    "nearest_colours",
    "normalise_rows",
    "quarter",
    "regroup",
    "rgb_to_lab",
    "split_of",
    "synchronised",
    "whitened",
]
