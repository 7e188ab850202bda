"""The vectors of the squares of frames, laid out as maps."""

from jaxtyping import Float
from torch import Tensor

from selftaught.core import LocalEncoder, UserError

__all__ = ["frame_maps"]


def frame_maps(
    encoder: LocalEncoder, frames: Float[Tensor, "n t 3 h w"], cell_pixels: int
) -> Float[Tensor, "n t width g_h g_w"]:
    """What an encoder that sees frame by frame says of every square of every frame.

    Args:
        encoder: with a vector for every square.
        frames: normalised as the encoder takes them.
        cell_pixels: side of such a square.

    Raises:
        UserError: the encoder has other places than these squares.

    Example:
        >>> import torch
        >>> from selftaught.encoders import FrameResNet
        >>> from selftaught.parts import frame_maps
        >>> encoder = FrameResNet(image_size=16, width=8, middle_width=8, lightness_only=False)
        >>> frame_maps(encoder, torch.zeros(2, 3, 3, 16, 16), 4).shape
        torch.Size([2, 3, 8, 4, 4])
    """
    t, height, width = frames.shape[1], *frames.shape[3:]
    down, across = height // cell_pixels, width // cell_pixels
    vectors = encoder.local(frames)
    if vectors.shape[1] != t * down * across:
        squares = f"{down}x{across} places a frame, for squares of {cell_pixels} pixels"
        raise UserError(f"expected {squares}, got {vectors.shape[1] / t:g} places: give other --cell-pixels")
    return vectors.unflatten(1, (t, down, across)).permute(0, 1, 4, 2, 3)
