"""What JPEG loses, on the device and in batches: all of its arithmetic, and none of its coding, which loses nothing."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

__all__ = ["jpeg_compression"]

_BRIGHTNESS = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_COLOUR = (
    (17, 18, 24, 47),
    (18, 21, 26, 66),
    (24, 26, 56, 99),
    (47, 66, 99, 99),
)  # the upper left quarter; the rest is 99
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))


def jpeg_compression(
    images: Float[Tensor, "n c h w"], severity: int, generator: torch.Generator
) -> Float[Tensor, "n c h w"]:
    """Compress to JPEG at a quality from 80 to 40, and read that. Draws nothing.

    Three channels are RGB, whose colours are kept at half the resolution; any other number are grey images.

    Source:
        ITU-T T.81, annexes A and K, with the conventions of libjpeg for quality and colours.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.corruptions.jpeg import jpeg_compression
        >>> read = jpeg_compression(torch.full((2, 3, 32, 32), 0.5), 5, torch.Generator())
        >>> (read * 255).unique()
        tensor([128.])
    """
    quality = (80, 65, 58, 50, 40)[severity - 1]
    height, width = images.shape[2:]
    values = (images * 255).round()
    values = F.pad(values, (0, -width % 16, 0, -height % 16), mode="replicate")
    if images.shape[1] != 3:
        read = _quantised(values - 128, _table(_BRIGHTNESS, quality)) + 128
    else:
        brightness, *colours = torch.einsum("kc,nchw->knhw", images.new_tensor(_TO_YCC), values)
        halved = F.avg_pool2d(torch.stack(colours, 1).round(), 2)
        colour_table = F.pad(torch.tensor(_COLOUR), (0, 4, 0, 4), value=99)
        halved = _quantised(halved, _table(colour_table.tolist(), quality)).round().clamp(-128, 127)
        kept = _quantised(brightness[:, None].round() - 128, _table(_BRIGHTNESS, quality)) + 128
        whole = F.interpolate(halved, scale_factor=2, mode="bilinear", align_corners=False)
        parts = torch.cat([kept.round().clamp(0, 255), whole], 1)
        read = torch.einsum("ck,nkhw->nchw", images.new_tensor(_TO_RGB), parts)
    return read[..., :height, :width].round().clamp(0, 255) / 255


def _table(usual: tuple[tuple[int, ...], ...] | list[list[int]], quality: int) -> Float[Tensor, "8 8"]:
    """How coarsely each frequency is kept."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return torch.div(torch.tensor(usual) * percent + 50, 100, rounding_mode="floor").clamp(1, 255).float()


def _quantised(values: Float[Tensor, "n c h w"], table: Float[Tensor, "8 8"]) -> Float[Tensor, "n c h w"]:
    """Every block of 8x8 to its cosine transform, rounded to multiples of the table, and back."""
    frequency, place = torch.arange(8.0)[:, None], torch.arange(8.0)
    cosines = torch.cos((2 * place + 1) * frequency * math.pi / 16) / 2
    cosines[0] /= math.sqrt(2)
    cosines, table = cosines.to(values), table.to(values)
    n, channels, height, width = values.shape
    blocks = values.view(n, channels, height // 8, 8, width // 8, 8).transpose(3, 4)  # (n, c, rows, columns, 8, 8)
    kept = (cosines @ blocks @ cosines.T / table).round() * table
    return (cosines.T @ kept @ cosines).transpose(3, 4).reshape(values.shape)
