"""Small modules that methods are made of, and that are thrown away after training."""

from selftaught.parts.balanced_codes import BalancedCodes
from selftaught.parts.batch_norm import BatchNorm, regroup, synchronised
from selftaught.parts.bottleneck import bottleneck
from selftaught.parts.centred_targets import CentredTargets
from selftaught.parts.channel_split import ChannelSplit
from selftaught.parts.directions import Directions
from selftaught.parts.discriminator import Discriminator
from selftaught.parts.generator import Generator, extremes_of, image_shape
from selftaught.parts.kmeans import Clusters, kmeans, whitened
from selftaught.parts.lab import rgb_to_lab
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
    "CentredTargets",
    "ChannelSplit",
    "Clusters",
    "Directions",
    "Discriminator",
    "Generator",
    "MemoryBank",
    "NoiseContrast",
    "PatchDecoder",
    "Prototypes",
    "Queue",
    "SpectralNorm",
    "Teacher",
    "aside",
    "bottleneck",
    "extremes_of",
    "fit_palette",
    "frozen",
    "grid_positions",
    "image_shape",
    "kmeans",
    "mlp",
    "nearest_colours",
    "normalise_rows",
    "regroup",
    "rgb_to_lab",
    "synchronised",
    "whitened",
]
