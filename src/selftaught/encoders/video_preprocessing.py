"""From clips to what an encoder of frames takes."""

from dataclasses import dataclass
from typing import final

from jaxtyping import Float
from torch import Tensor

from selftaught.core import Clips, Preparation, UserError

__all__ = ["VideoPreprocessing"]


@final
@dataclass(frozen=True)
class VideoPreprocessing(Preparation):
    """Normalise: what evaluation and use do to every clip. Clips are cut, cropped and resized where they are read.

    Args:
        image_size: height and width of the frames, in pixels.
        clip_frames: how many frames the clips had that the encoder was trained on; whoever cuts clips for it asks for
            as many.
        frame_stride: from one of them to the next, in frames of the video.
        mean: of red, green and blue, for values in 0..1.
        standard_deviation: of each.
        palette: the colours that stand for all in the clips, a and b of CIE L*a*b*; found once, before training.

    Raises:
        UserError: clips of another size.

    Example:
        >>> import torch
        >>> from selftaught.core import Clips
        >>> from selftaught.encoders import VideoPreprocessing
        >>> prepare = VideoPreprocessing(16, 4, 1, (0.5,) * 3, (0.5,) * 3)
        >>> prepare(Clips(torch.zeros(2, 4, 3, 16, 16, dtype=torch.uint8))).unique()
        tensor([-1.])
    """

    image_size: int
    clip_frames: int
    frame_stride: int
    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]
    palette: tuple[tuple[float, float], ...] = ()

    @property
    def values_an_item(self) -> int:
        """How many pixel values a clip has."""
        return 3 * self.clip_frames * self.image_size**2

    def __call__(self, batch: Clips) -> Float[Tensor, "n t 3 size size"]:
        """The clips as the encoder takes them, on the device where they are."""
        if batch.frames.shape[-2:] != (self.image_size, self.image_size):
            height, width = batch.frames.shape[-2:]
            raise UserError(f"expected frames of {self.image_size}x{self.image_size} pixels, got {height}x{width}")
        pixels = batch.frames.float() / (1 if batch.frames.is_floating_point() else 255)
        mean, deviation = (pixels.new_tensor(each).view(3, 1, 1) for each in (self.mean, self.standard_deviation))
        return (pixels - mean) / deviation
