"""Clips, cropped alike in all frames, and the colours of their places."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int
from torch import Tensor

from selftaught.core import Clips, ColouredClips, UserError
from selftaught.parts import nearest_colours
from selftaught.views.checks import expect_number
from selftaught.views.clip_crops import ClipCrops
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of

__all__ = ["ClipColours"]


@final
@dataclass(frozen=True, kw_only=True)
class ClipColours:
    """One random crop of every clip, the same in all its frames, perhaps mirrored; and the colour of every place.

    Args:
        image_size: height and width of the crops in pixels.
        palette: the colours that stand for all; those of the preparation.
        cell_pixels: side of the square that a colour is of; that of the encoder.
        mean: what is subtracted from red, green and blue, in 0..1; None for 0.
        standard_deviation: what each is then divided by; None for 1.
        crop_scale: least and largest share of a frame's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of the crop.
        flip_probability: how often a clip is mirrored left to right.

    Raises:
        UserError: a value is out of its range, or the clips have fewer than 2 frames.

    Source:
        Vondrick et al. 2018, https://arxiv.org/abs/1806.09594, section 3.3, for colours by the nearest centre.

    Example:
        >>> import torch
        >>> from selftaught.core import Clips
        >>> from selftaught.views import ClipColours, Draws
        >>> make_views = ClipColours(image_size=16, palette=((0.0, 0.0), (80.0, 67.0)), cell_pixels=4)
        >>> views = make_views(Clips(torch.zeros(2, 3, 3, 20, 20)), draws=Draws.at(0, 17, batch=2))
        >>> views.frames.shape, views.colours.shape
        (torch.Size([2, 3, 3, 16, 16]), torch.Size([2, 3, 4, 4]))
    """

    image_size: int
    palette: Sequence[Sequence[float]]
    cell_pixels: int
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (0.5, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5

    def __post_init__(self) -> None:
        made_of(ClipCrops, self)
        expect_number("cell_pixels", self.cell_pixels, 1.0)
        if len(self.palette) < 2 or any(len(colour) != 2 for colour in self.palette):
            raise UserError(f"palette: expected at least 2 colours of two numbers each, got {self.palette}")

    def __call__(
        self, items: Clips, *, index: Int[Tensor, " n"] | None = None, draws: Draws | None = None
    ) -> ColouredClips:
        """Make the views of one batch.

        Args:
            items: clips of at least 2 frames.
            index: each clip's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the clips are too short, or the draws are for another number of clips.
        """
        n, t = items.frames.shape[:2]
        if t < 2:
            raise UserError(f"expected clips of at least 2 frames, to colour the last by the others, got {t}")
        draws = Draws.fresh(n) if draws is None else draws
        crops, device = made_of(ClipCrops, self), items.frames.device
        pixels = crops(items, draws)
        palette = torch.tensor([list(colour) for colour in self.palette], device=device)
        colours = nearest_colours(pixels.flatten(0, 1), palette, cell_pixels=self.cell_pixels).unflatten(0, (n, t))
        return ColouredClips(
            torch.arange(n, device=device) if index is None else index,
            crops.normalised(pixels),
            colours,
            palette.expand(n, -1, -1),
        )

    def describe(self) -> list[str]:
        """What a user should know of these views: nothing."""
        return []
