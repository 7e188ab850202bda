"""Small modules that methods are made of, and that are thrown away after training."""

from selftaught.parts.batch_norm import BatchNorm, regroup, synchronised
from selftaught.parts.directions import Directions
from selftaught.parts.discriminator import Discriminator
from selftaught.parts.generator import Generator, extremes_of, image_shape
from selftaught.parts.kmeans import Clusters, kmeans, whitened
from selftaught.parts.mlp import mlp
from selftaught.parts.opponent import aside, frozen
from selftaught.parts.patch_decoder import PatchDecoder
from selftaught.parts.positions import grid_positions
from selftaught.parts.queue import Queue
from selftaught.parts.row_normalisation import normalise_rows
from selftaught.parts.spectral_norm import SpectralNorm
from selftaught.parts.teacher import Teacher

__all__ = [
    "BatchNorm",
    "Clusters",
    "Directions",
    "Discriminator",
    "Generator",
    "PatchDecoder",
    "Queue",
    "SpectralNorm",
    "Teacher",
    "aside",
    "extremes_of",
    "frozen",
    "grid_positions",
    "image_shape",
    "kmeans",
    "mlp",
    "normalise_rows",
    "regroup",
    "synchronised",
    "whitened",
]
