"""Changes that an encoder should bear, in five severities, by the kind of data.

A corruption takes a batch, a severity from 1 to 5 and a generator, and returns the changed batch.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from selftaught.core import unknown_name
from selftaught.evaluation.corruptions.blurs import defocus_blur, glass_blur, motion_blur, zoom_blur
from selftaught.evaluation.corruptions.digital import contrast, elastic_transform, pixelate
from selftaught.evaluation.corruptions.jpeg import jpeg_compression
from selftaught.evaluation.corruptions.noise import gaussian_noise, impulse_noise, shot_noise
from selftaught.evaluation.corruptions.other_kinds import character_noise, edge_dropping, speed, white_noise
from selftaught.evaluation.corruptions.weather import brightness, fog, frost, snow

__all__ = ["CORRUPTIONS", "SEVERITIES", "Corruption", "corruptions_of"]

SEVERITIES = (1, 2, 3, 4, 5)

Corruption = Callable[[Any, int, torch.Generator], Any]
"""A batch, a severity and a generator -> the changed batch."""

CORRUPTIONS: Mapping[str, Mapping[str, Corruption]] = {
    "images": {
        "gaussian_noise": gaussian_noise,
        "shot_noise": shot_noise,
        "impulse_noise": impulse_noise,
        "defocus_blur": defocus_blur,
        "glass_blur": glass_blur,
        "motion_blur": motion_blur,
        "zoom_blur": zoom_blur,
        "snow": snow,
        "frost": frost,
        "fog": fog,
        "brightness": brightness,
        "contrast": contrast,
        "elastic_transform": elastic_transform,
        "pixelate": pixelate,
        "jpeg_compression": jpeg_compression,
    },
    "audio": {"white_noise": white_noise, "speed": speed},
    "text": {"character_noise": character_noise},
    "graph": {"edge_dropping": edge_dropping},
}
"""By the kind of a source. Those of images take pixels in 0..1 at the size of the encoder's input, the others a batch
as it was read.

Those of images are the fifteen of Hendrycks & Dietterich 2019, https://arxiv.org/abs/1903.12261, section 4.1, with the
strengths of the authors' code for CIFAR-10-C. They differ in this: lengths in pixels grow with the side of the image
beyond 32, and coarse pixels and JPEG's blocks do not; results are not rounded to 8 bits (JPEG apart); frost is drawn,
not photographed; fog sums interpolated noise where theirs subdivides squares; glass takes every pixel from a drawn
place at once where theirs swaps pixels one after the other; elastic warping interpolates once, not twice; the disk of
defocus is softened beyond 3x3 pixels where its softness reaches further; at borders the image is mirrored or its last
pixel repeated.
"""


def corruptions_of(kind: str) -> Mapping[str, Corruption]:
    """Those of one kind of data.

    Raises:
        UserError: there is no such kind.

    Example:
        >>> from selftaught.evaluation.corruptions import corruptions_of
        >>> list(corruptions_of("audio")), len(corruptions_of("images"))
        (['white_noise', 'speed'], 15)
    """
    if kind not in CORRUPTIONS:
        raise unknown_name("kind of data", kind, CORRUPTIONS)
    return CORRUPTIONS[kind]
