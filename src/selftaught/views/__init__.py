"""How one batch becomes related parts: batched, on the device, random choices from explicit draws."""

from selftaught.views.assigned_crops import AssignedCrops
from selftaught.views.audio_segments import AudioSegments, Segmented, SegmentedSource
from selftaught.views.banked_crops import BankedCrops
from selftaught.views.block_masks import BlockMasks
from selftaught.views.changes import Change, DrawnView
from selftaught.views.channel_crops import ChannelCrops
from selftaught.views.clip_colours import ClipColours
from selftaught.views.corrupted_copies import CorruptedCopies
from selftaught.views.draws import Draws
from selftaught.views.future_with_latents import FutureWithLatents
from selftaught.views.holed_crops import HoledCrops
from selftaught.views.jigsaw_crops import JigsawCrops
from selftaught.views.masked_patches import MaskedPatches
from selftaught.views.masked_sentence_pairs import MaskedSentencePairs
from selftaught.views.multi_crops import MultiCrops
from selftaught.views.neighbouring_patches import NeighbouringPatches
from selftaught.views.past_and_future import PastAndFuture
from selftaught.views.quarter_turns import QuarterTurns
from selftaught.views.same_crop import SameCrop
from selftaught.views.segment_pairs import PairedSegments, SegmentPairs
from selftaught.views.shuffled_features import ShuffledFeatures
from selftaught.views.tile_puzzles import TilePuzzles
from selftaught.views.two_views import TwoViews
from selftaught.views.with_latents import WithLatents
from selftaught.views.with_pixels import WithPixels

__all__ = [
    "AssignedCrops",
    "AudioSegments",
    "BankedCrops",
    "BlockMasks",
    "Change",
    "ChannelCrops",
    "ClipColours",
    "CorruptedCopies",
    "DrawnView",
    "Draws",
    "FutureWithLatents",
    "HoledCrops",
    "JigsawCrops",
    "MaskedPatches",
    "MaskedSentencePairs",
    "MultiCrops",
    "NeighbouringPatches",
    "PairedSegments",
    "PastAndFuture",
    "QuarterTurns",
    "SameCrop",
    "SegmentPairs",
    "Segmented",
    "SegmentedSource",
    "ShuffledFeatures",
    "TilePuzzles",
    "TwoViews",
    "WithLatents",
    "WithPixels",
]
