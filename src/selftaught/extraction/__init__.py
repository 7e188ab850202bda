"""Vectors of a data set, read once, in eval mode."""

from selftaught.extraction.features import RawInput, extract, extract_each, raw_vectors
from selftaught.extraction.modes import reading

__all__ = ["RawInput", "extract", "extract_each", "raw_vectors", "reading"]
