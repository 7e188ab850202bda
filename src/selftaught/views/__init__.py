"""How one batch becomes related parts: batched, on the device, random choices from explicit draws."""

from selftaught.views.assigned_crops import AssignedCrops
from selftaught.views.audio_segments import AudioSegments, Segmented, SegmentedSource
from selftaught.views.banked_crops import BankedCrops
from selftaught.views.block_masks import BlockMasks
from selftaught.views.changes import Change, DrawnView
from selftaught.views.channel_crops import ChannelCrops
from selftaught.views.draws import Draws
from selftaught.views.jigsaw_crops import JigsawCrops
from selftaught.views.masked_patches import MaskedPatches
from selftaught.views.masked_sentence_pairs import MaskedSentencePairs
from selftaught.views.multi_crops import MultiCrops
from selftaught.views.same_crop import SameCrop
from selftaught.views.segment_pairs import PairedSegments, SegmentPairs
from selftaught.views.shuffled_features import ShuffledFeatures
from selftaught.views.two_views import TwoViews
from selftaught.views.with_latents import WithLatents

__all__ = [
    "AssignedCrops",
    "AudioSegments",
    "BankedCrops",
    "BlockMasks",
    "Change",
    "ChannelCrops",
    "DrawnView",
    "Draws",
    "JigsawCrops",
    "MaskedPatches",
    "MaskedSentencePairs",
    "MultiCrops",
    "PairedSegments",
    "SameCrop",
    "SegmentPairs",
    "Segmented",
    "SegmentedSource",
    "ShuffledFeatures",
    "TwoViews",
    "WithLatents",
]
