"""Small modules that methods are made of, and that are thrown away after training."""

from selftaught.parts.ancestral_sampling import draw_level, sample_in_order, sample_levels, uniform_of
from selftaught.parts.balanced_codes import BalancedCodes
from selftaught.parts.batch_norm import (
    BatchNorm,
    is_unsettled,
    regroup,
    running_statistics_kept,
    settle_statistics,
    synchronised,
)
from selftaught.parts.bottleneck import bottleneck
from selftaught.parts.causal_blocks import CausalConvolutionBlock, DiagonalBiLSTMBlock, RowLSTMBlock
from selftaught.parts.centred_targets import CentredTargets
from selftaught.parts.channel_split import ChannelSplit, split_of
from selftaught.parts.channel_targets import BinnedTarget, ChannelTarget, RegressedTarget, quarter
from selftaught.parts.clusterings import Clusterings
from selftaught.parts.code_prior import CodePrior
from selftaught.parts.codebook import Codebook
from selftaught.parts.context_from_above import ContextFromAbove
from selftaught.parts.conv_lstm import ConvLSTM
from selftaught.parts.dense_predictor import DensePredictor
from selftaught.parts.directions import Directions
from selftaught.parts.discriminator import Discriminator
from selftaught.parts.distant_orders import distant_orders
from selftaught.parts.fixed_teacher import FixedTeacher
from selftaught.parts.frame_critic import FrameCritic
from selftaught.parts.frame_maps import frame_maps
from selftaught.parts.frame_predictor import FramePredictor
from selftaught.parts.gamut import gamut_bins
from selftaught.parts.generator import Generator, extremes_of, image_shape
from selftaught.parts.grid_decoder import GridDecoder, grid_side
from selftaught.parts.grouped_clusters import GroupedClusters
from selftaught.parts.hole_decoder import ChannelwiseLinear, HoleDecoder
from selftaught.parts.image_coder import ImageCoder
from selftaught.parts.kmeans import Clusters, kmeans, whitened
from selftaught.parts.lab import lab_to_rgb, rgb_to_lab
from selftaught.parts.latent_model import LatentModel
from selftaught.parts.latent_plane import latent_plane
from selftaught.parts.level_head import LevelHead
from selftaught.parts.level_histograms import LevelHistograms
from selftaught.parts.map_decoder import MapDecoder
from selftaught.parts.map_information import GlobalAndLocal, MapInformation
from selftaught.parts.masked_convolution import MaskedConvolution
from selftaught.parts.masked_degrees import draw_degrees, sees
from selftaught.parts.masked_logits import MaskedLogits
from selftaught.parts.memory_bank import MemoryBank, start_from_vectors
from selftaught.parts.mlp import mlp
from selftaught.parts.noise_contrast import NoiseContrast
from selftaught.parts.opponent import aside, frozen
from selftaught.parts.overlapping_patches import overlapping_patches, patch_pixels
from selftaught.parts.palette import fit_palette, nearest_colours
from selftaught.parts.part_critics import ConcatCritic, DotCritic, PartCritic, ResidualProjection
from selftaught.parts.patch_decoder import PatchDecoder
from selftaught.parts.pixel_by_pixel import PixelByPixel
from selftaught.parts.pixel_likelihood import Likelihood, PixelLikelihood
from selftaught.parts.positions import grid_positions
from selftaught.parts.prototypes import Prototypes
from selftaught.parts.queue import Queue
from selftaught.parts.row_normalisation import normalise_rows
from selftaught.parts.scale_embeddings import ScaleEmbeddings
from selftaught.parts.spectral_norm import SpectralNorm
from selftaught.parts.stochastic_predictor import Gaussians, StochasticPredictor
from selftaught.parts.teacher import Teacher
from selftaught.parts.uniform_prior import UniformPrior

__all__ = [
    "BalancedCodes",
    "BatchNorm",
    "BinnedTarget",
    "CausalConvolutionBlock",
    "CentredTargets",
    "ChannelSplit",
    "ChannelTarget",
    "ChannelwiseLinear",
    "Clusterings",
    "Clusters",
    "CodePrior",
    "Codebook",
    "ConcatCritic",
    "ContextFromAbove",
    "ConvLSTM",
    "DensePredictor",
    "DiagonalBiLSTMBlock",
    "Directions",
    "Discriminator",
    "DotCritic",
    "FixedTeacher",
    "FrameCritic",
    "FramePredictor",
    "Gaussians",
    "Generator",
    "GlobalAndLocal",
    "GridDecoder",
    "GroupedClusters",
    "HoleDecoder",
    "ImageCoder",
    "LatentModel",
    "LevelHead",
    "LevelHistograms",
    "Likelihood",
    "MapDecoder",
    "MapInformation",
    "MaskedConvolution",
    "MaskedLogits",
    "MemoryBank",
    "NoiseContrast",
    "PartCritic",
    "PatchDecoder",
    "PixelByPixel",
    "PixelLikelihood",
    "Prototypes",
    "Queue",
    "RegressedTarget",
    "ResidualProjection",
    "RowLSTMBlock",
    "ScaleEmbeddings",
    "SpectralNorm",
    "StochasticPredictor",
    "Teacher",
    "UniformPrior",
    "aside",
    "bottleneck",
    "distant_orders",
    "draw_degrees",
    "draw_level",
    "extremes_of",
    "fit_palette",
    "frame_maps",
    "frozen",
    "gamut_bins",
    "grid_positions",
    "grid_side",
    "image_shape",
    "is_unsettled",
    "kmeans",
    "lab_to_rgb",
    "latent_plane",
    "mlp",
    "nearest_colours",
    "normalise_rows",
    "overlapping_patches",
    "patch_pixels",
    "quarter",
    "regroup",
    "rgb_to_lab",
    "running_statistics_kept",
    "sample_in_order",
    "sample_levels",
    "sees",
    "settle_statistics",
    "split_of",
    "start_from_vectors",
    "synchronised",
    "uniform_of",
    "whitened",
]
