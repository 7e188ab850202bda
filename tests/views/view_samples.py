"""Images and settings that several tests of views share."""

import torch

from selftaught.core import ImageBatch
from selftaught.views import Draws, TwoViews

N = 24
QUIET = {
    "crop_scale": (1.0, 1.0),
    "crop_ratio": (1.0, 1.0),
    "flip_probability": 0.0,
    "colour_probability": 0.0,
    "grey_probability": 0.0,
    "blur_probability": (0.0, 0.0),
}
EVERYTHING = {
    "solarise_probability": (0.3, 0.4),
    "rotation_probability": 0.5,
    "cutout_probability": 0.4,
    "noise_probability": 0.4,
    "sobel_probability": 0.3,
}


def images(n: int = N, channels: int = 3, size: tuple[int, int] = (20, 20)) -> torch.Tensor:
    """Bytes in smooth blobs, so that every operation shows."""
    coarse = torch.rand(n, channels, 5, 5, generator=torch.Generator().manual_seed(0))
    return (torch.nn.functional.interpolate(coarse, size, mode="bicubic").clamp(0, 1) * 255).to(torch.uint8)


def both(maker: TwoViews, items: torch.Tensor | ImageBatch, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    return maker(items, draws=Draws.at(seed, batch=len(items))).pair()
