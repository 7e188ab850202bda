"""Images, texts and video of any origin, in batches: built-in sets, folders, arrays, Hugging Face, map-style sets."""

from selftaught.data.array_source import ArraySource
from selftaught.data.audio import open_audio, read_recordings
from selftaught.data.audio_source import AudioSource
from selftaught.data.built_in import BUILT_IN, BuiltIn
from selftaught.data.decoded_source import DecodedSource
from selftaught.data.graph_source import GraphSource
from selftaught.data.graphs import open_graph
from selftaught.data.hugging_face_loading import without_retries
from selftaught.data.kinds import check_kind, find_kind
from selftaught.data.mapped import MapStyle
from selftaught.data.moving_clothes import MovingClothes, make_moving_clothes
from selftaught.data.opening import open_images, read_images
from selftaught.data.public import data_root
from selftaught.data.source import ImageSource, ImageSplits, Splits, describe
from selftaught.data.text_opening import open_texts
from selftaught.data.texts import TextSource
from selftaught.data.video import open_video, read_clips
from selftaught.data.video_source import ClipSource

__all__ = [
    "BUILT_IN",
    "ArraySource",
    "AudioSource",
    "BuiltIn",
    "ClipSource",
    "DecodedSource",
    "GraphSource",
    "ImageSource",
    "ImageSplits",
    "MapStyle",
    "MovingClothes",
    "Splits",
    "TextSource",
    "check_kind",
    "data_root",
    "describe",
    "find_kind",
    "make_moving_clothes",
    "open_audio",
    "open_graph",
    "open_images",
    "open_texts",
    "open_video",
    "read_clips",
    "read_images",
    "read_recordings",
    "without_retries",
]
