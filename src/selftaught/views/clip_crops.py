"""One crop of every clip, the same in all its frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from jaxtyping import Float
from torch import Tensor

from selftaught.core import Clips, ImageBatch
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.random_crops import RandomCrops

__all__ = ["ClipCrops"]


@final
@dataclass(frozen=True, kw_only=True)
class ClipCrops:
    """One random crop of every clip, the same in all its frames, perhaps mirrored: what makers of clips share.

    Args:
        image_size: height and width of the crops in pixels.
        mean: what `normalised` subtracts from red, green and blue, in 0..1; None for 0.
        standard_deviation: what it then divides each by; None for 1.
        crop_scale: least and largest share of a frame's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of the crop.
        flip_probability: how often a clip is mirrored left to right.

    Raises:
        UserError: a value is out of its range.

    Example:
        >>> import torch
        >>> from selftaught.core import Clips
        >>> from selftaught.views import Draws
        >>> from selftaught.views.clip_crops import ClipCrops
        >>> crops = ClipCrops(image_size=16)(Clips(torch.rand(2, 4, 3, 20, 20)), Draws.at(0, 17, batch=2))
        >>> crops.shape
        torch.Size([2, 4, 3, 16, 16])
    """

    image_size: int
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (0.5, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5

    def __post_init__(self) -> None:
        made_of(RandomCrops, self, channels=3)

    def __call__(self, items: Clips, draws: Draws) -> Float[Tensor, "n t 3 size size"]:
        """The crops in 0..1.

        Raises:
            UserError: the draws are for another number of clips.
        """
        frames = items.frames.shape[1]
        crops = made_of(RandomCrops, self, channels=3 * frames, mean=None, standard_deviation=None)
        beside = ImageBatch.of(items.frames.flatten(1, 2))  # frames as channels are cropped alike
        return crops(beside, draws).unflatten(1, (frames, 3)).clamp(0, 1)

    def normalised(self, pixels: Float[Tensor, "n t 3 h w"]) -> Float[Tensor, "n t 3 h w"]:
        """Crops as networks take them."""
        mean = pixels.new_tensor(self.mean or (0.0,) * 3).view(3, 1, 1)
        deviation = pixels.new_tensor(self.standard_deviation or (1.0,) * 3).view(3, 1, 1)
        return (pixels - mean) / deviation
