"""Images of any origin, in batches: built-in sets, folders, arrays, Hugging Face and map-style data sets."""

from selftaught.data.array_source import ArraySource
from selftaught.data.built_in import BUILT_IN, BuiltIn
from selftaught.data.decoded_source import DecodedSource
from selftaught.data.mapped import MapStyle
from selftaught.data.opening import open_images, read_images
from selftaught.data.public import data_root
from selftaught.data.source import ImageSource, ImageSplits, Splits, describe

__all__ = [
    "BUILT_IN",
    "ArraySource",
    "BuiltIn",
    "DecodedSource",
    "ImageSource",
    "ImageSplits",
    "MapStyle",
    "Splits",
    "data_root",
    "describe",
    "open_images",
    "read_images",
]
