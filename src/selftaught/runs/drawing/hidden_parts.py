"""Images of which a part is hidden, or is to be explained."""

import torch

from selftaught.core import BlockMaskedImages, HoledImages, MaskedImages, PixelsWithLatents, patchify, unpatchify
from selftaught.encoders import Preprocessing
from selftaught.runs.drawing.drawn_views import DrawnViews, Shown
from selftaught.runs.drawing.images import draw_views, pictures_of

__all__: list[str] = []


@draw_views.register(MaskedImages)
def _masked_images(views: MaskedImages, seen: Preprocessing) -> DrawnViews:
    grey = MaskedImages(views.index, torch.zeros_like(views.images), views.keep, views.hidden)
    columns = {
        "seen": pictures_of(views.filled(grey.hidden_patches).images, seen),
        "to be guessed": pictures_of(grey.filled(views.hidden_patches).images, seen),
    }
    return DrawnViews("Each image beside the patches that the encoder sees and those that are to be guessed.", columns)


@draw_views.register(HoledImages)
def _holed_images(views: HoledImages, seen: Preprocessing) -> DrawnViews:
    hidden = views.images.masked_fill(~views.mask, 0.0)
    columns = {"seen": pictures_of(views.seen, seen), "to be filled in": pictures_of(hidden, seen)}
    return DrawnViews("Each image with a hole, beside what is to be filled in.", columns)


@draw_views.register(PixelsWithLatents)
def _pixels(views: PixelsWithLatents, seen: Preprocessing) -> DrawnViews:
    columns = {"seen": views.images, "to be explained": views.normalised(views.pixels)}
    shown = {name: pictures_of(images, seen) for name, images in columns.items()}
    return DrawnViews("Each image as the network sees it, and as its values are to be explained.", shown)


@draw_views.register(BlockMaskedImages)
def _blocks(views: BlockMaskedImages, seen: Preprocessing) -> DrawnViews:
    patches = patchify(views.images, views.patch_pixels)
    columns: dict[str, Shown] = {}
    for name, places in {"seen": views.context, "to be told": views.blocks.flatten(1)}.items():
        shown = torch.zeros(patches.shape[:2]).to(patches).scatter(1, places, 1.0)[:, :, None]
        columns[name] = pictures_of(unpatchify(patches * shown, views.images.shape[1]), seen)
    return DrawnViews("Each image beside what the encoder sees and the blocks that are to be told from it.", columns)
