"""Vectors of a data set, read once, in eval mode, and controls that have learned nothing."""

from selftaught.extraction.features import RawInput, RawNodes, extract, extract_each, extract_positions, raw_vectors
from selftaught.extraction.layers import LayerVectors, find_layers, running_stages
from selftaught.extraction.log_mel import LogMel
from selftaught.extraction.modes import reading
from selftaught.extraction.raw_clips import RawClips
from selftaught.extraction.tf_idf import TfIdf

__all__ = [
    "LayerVectors",
    "LogMel",
    "RawClips",
    "RawInput",
    "RawNodes",
    "TfIdf",
    "extract",
    "extract_each",
    "extract_positions",
    "find_layers",
    "raw_vectors",
    "reading",
    "running_stages",
]
