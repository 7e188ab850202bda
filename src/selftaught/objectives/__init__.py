"""Energies and losses: pure functions of tensors, exact across processes."""

from selftaught.objectives.adversarial import (
    discriminator_accuracy,
    discriminator_energy,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    variety_of_samples,
)
from selftaught.objectives.autoregressive import bits_per_dimension, equal_chance, level_nats, mixture_nats
from selftaught.objectives.classification import answer_accuracy, answer_surprise
from selftaught.objectives.clustering import cluster_surprise, uniform_over_clusters
from selftaught.objectives.contrastive import info_nce, nt_xent, sup_con
from selftaught.objectives.copying import copied_error, copied_labels, copy_weights
from selftaught.objectives.cross_crop import cross_crop_entropy
from selftaught.objectives.dense_prediction import dense_accuracy, dense_energy, dense_info_nce
from selftaught.objectives.distillation import cosine_distance, negative_cosine, soft_cross_entropy
from selftaught.objectives.future_frames import errors_ahead, gradient_difference, squared_difference
from selftaught.objectives.gaussianity import epps_pulley, sigreg
from selftaught.objectives.inpainting import hole_error
from selftaught.objectives.language import (
    masked_token_energy,
    masked_token_loss,
    next_sentence_energy,
    next_sentence_loss,
)
from selftaught.objectives.local_information import (
    ClippedScores,
    clipped_agreement,
    clipped_info_nce,
    donsker_varadhan,
    info_nce_over_parts,
    part_scores,
    whole_accuracy,
)
from selftaught.objectives.log_sum_exp import mean_log_sum_exp
from selftaught.objectives.mutual_information import bilinear_score, binary_discrimination, sigmoid_summary
from selftaught.objectives.neighbourhood import local_aggregation, nearest_rows
from selftaught.objectives.noise_contrastive import (
    instance_softmax,
    log_normaliser,
    noise_contrastive,
    row_scores,
)
from selftaught.objectives.pixel_error import mean_image_error, squared_error
from selftaught.objectives.precision import full_precision
from selftaught.objectives.predictive_coding import FramePredictions, frame_energy, info_nce_over_frames
from selftaught.objectives.quantisation import perplexity, share_in_use, straight_through, vector_distance
from selftaught.objectives.quantised_colour import (
    annealed_mean,
    binned_cross_entropy,
    constant_cross_entropy,
    rebalancing_weights,
    smoothed_prior,
    soft_encoding,
)
from selftaught.objectives.recognition import key_accuracy, key_bound_nats, partner_accuracy
from selftaught.objectives.reconstruction import normalised_patches, patch_error, patch_statistics
from selftaught.objectives.redundancy import (
    barlow_twins,
    covariance_penalty,
    cross_correlation,
    mean_deviation,
    mean_squared_distance,
    variance_hinge,
)
from selftaught.objectives.sinkhorn import sinkhorn
from selftaught.objectives.variational import (
    active_latents,
    bernoulli_nats,
    bits_of_density,
    gaussian_divergence,
    gaussian_kl,
    gaussian_nats,
    importance_weighted,
    prior_over_posterior,
    reparameterised,
)

__all__ = [
    "ClippedScores",
    "FramePredictions",
    "active_latents",
    "annealed_mean",
    "answer_accuracy",
    "answer_surprise",
    "barlow_twins",
    "bernoulli_nats",
    "bilinear_score",
    "binary_discrimination",
    "binned_cross_entropy",
    "bits_of_density",
    "bits_per_dimension",
    "clipped_agreement",
    "clipped_info_nce",
    "cluster_surprise",
    "constant_cross_entropy",
    "copied_error",
    "copied_labels",
    "copy_weights",
    "cosine_distance",
    "covariance_penalty",
    "cross_correlation",
    "cross_crop_entropy",
    "dense_accuracy",
    "dense_energy",
    "dense_info_nce",
    "discriminator_accuracy",
    "discriminator_energy",
    "discriminator_loss",
    "donsker_varadhan",
    "epps_pulley",
    "equal_chance",
    "errors_ahead",
    "frame_energy",
    "full_precision",
    "gaussian_divergence",
    "gaussian_kl",
    "gaussian_nats",
    "generator_loss",
    "gradient_difference",
    "gradient_penalty",
    "hole_error",
    "importance_weighted",
    "info_nce",
    "info_nce_over_frames",
    "info_nce_over_parts",
    "instance_softmax",
    "key_accuracy",
    "key_bound_nats",
    "level_nats",
    "local_aggregation",
    "log_normaliser",
    "masked_token_energy",
    "masked_token_loss",
    "mean_deviation",
    "mean_image_error",
    "mean_log_sum_exp",
    "mean_squared_distance",
    "mixture_nats",
    "nearest_rows",
    "negative_cosine",
    "next_sentence_energy",
    "next_sentence_loss",
    "noise_contrastive",
    "normalised_patches",
    "nt_xent",
    "part_scores",
    "partner_accuracy",
    "patch_error",
    "patch_statistics",
    "perplexity",
    "prior_over_posterior",
    "rebalancing_weights",
    "reparameterised",
    "row_scores",
    "share_in_use",
    "sigmoid_summary",
    "sigreg",
    "sinkhorn",
    "smoothed_prior",
    "soft_cross_entropy",
    "soft_encoding",
    "squared_difference",
    "squared_error",
    "straight_through",
    "sup_con",
    "uniform_over_clusters",
    "variance_hinge",
    "variety_of_samples",
    "vector_distance",
    "whole_accuracy",
]
