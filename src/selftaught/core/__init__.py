"""The contract: what an encoder, a method, its views and its step are."""

from selftaught.core.assigned import AssignedView
from selftaught.core.banked import BankedView
from selftaught.core.block_masks import BlockMaskedImages
from selftaught.core.causal_encoder import CausalEncoder
from selftaught.core.channel_views import ChannelViews
from selftaught.core.clips_with_latents import ClipsWithLatents
from selftaught.core.coloured_clips import ColouredClips
from selftaught.core.corrupted_graph import CorruptedGraph
from selftaught.core.corrupted_images import CorruptedImages
from selftaught.core.encoder import (
    Encoder,
    JoinedEncoder,
    LocalEncoder,
    PatchEncoder,
    SequenceEncoder,
    StagedEncoder,
    entries_of,
    networks_asked,
)
from selftaught.core.errors import UserError, nearest, unknown_name
from selftaught.core.future_clips import FutureClips
from selftaught.core.holed_images import HoledImages
from selftaught.core.images_with_latents import ImagesWithLatents
from selftaught.core.items import Clips, Graph, ImageBatch, Nodes, Sequences, Texts
from selftaught.core.jigsaw import JigsawView
from selftaught.core.levels import Levels
from selftaught.core.masked_images import MaskedImages
from selftaught.core.masked_text import MaskedText
from selftaught.core.method import Method, ParameterGroup
from selftaught.core.multi_crop import MultiCrop
from selftaught.core.patch_neighbourhoods import PatchNeighbourhoods
from selftaught.core.patches import patchify, unpatchify, usual_patch_pixels
from selftaught.core.pixel_encoder import PixelEncoder
from selftaught.core.pixels_with_latents import PixelsWithLatents
from selftaught.core.processes import all_sum, from_first, gather, process_count, process_rank
from selftaught.core.progress import Track, silent
from selftaught.core.recordings import Recordings
from selftaught.core.shuffled_tiles import ShuffledTiles
from selftaught.core.source import Preparation, Regrouping, Rows, Skipped, Source
from selftaught.core.step import Step
from selftaught.core.token_encoder import TokenEncoder
from selftaught.core.turned_images import TurnedImages
from selftaught.core.views import MultiView, Views

__all__ = [
    "AssignedView",
    "BankedView",
    "BlockMaskedImages",
    "CausalEncoder",
    "ChannelViews",
    "Clips",
    "ClipsWithLatents",
    "ColouredClips",
    "CorruptedGraph",
    "CorruptedImages",
    "Encoder",
    "FutureClips",
    "Graph",
    "HoledImages",
    "ImageBatch",
    "ImagesWithLatents",
    "JigsawView",
    "JoinedEncoder",
    "Levels",
    "LocalEncoder",
    "MaskedImages",
    "MaskedText",
    "Method",
    "MultiCrop",
    "MultiView",
    "Nodes",
    "ParameterGroup",
    "PatchEncoder",
    "PatchNeighbourhoods",
    "PixelEncoder",
    "PixelsWithLatents",
    "Preparation",
    "Recordings",
    "Regrouping",
    "Rows",
    "SequenceEncoder",
    "Sequences",
    "ShuffledTiles",
    "Skipped",
    "Source",
    "StagedEncoder",
    "Step",
    "Texts",
    "TokenEncoder",
    "Track",
    "TurnedImages",
    "UserError",
    "Views",
    "all_sum",
    "entries_of",
    "from_first",
    "gather",
    "nearest",
    "networks_asked",
    "patchify",
    "process_count",
    "process_rank",
    "silent",
    "unknown_name",
    "unpatchify",
    "usual_patch_pixels",
]
