"""Views of images are the same inside of autocast, where the step of a network makes its own, as outside."""

import pytest
import torch
from torch import Tensor

from selftaught.encoders import SplitChannels
from selftaught.methods import METHODS, find_method
from selftaught.views import ChannelCrops, Draws

MAKERS = {find_method(name).view_maker for name in METHODS if "images" in find_method(name).kinds}


@pytest.mark.parametrize("maker", sorted(MAKERS, key=lambda maker: maker.__name__), ids=lambda maker: maker.__name__)
def test_views_are_as_precise(maker: type) -> None:
    encoder = SplitChannels("small_resnet", channels=3, image_size=24, channel_split="L,ab")
    make = maker(image_size=24, **({"split": encoder.split} if maker is ChannelCrops else {}))
    chance = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (12, 3, 40, 40), dtype=torch.uint8, generator=chance)

    def parts() -> list[Tensor]:
        views = make(images, index=torch.arange(12), draws=Draws.at(0, 0, batch=12, rows=slice(0, 12)))
        found: list[Tensor] = []
        views.map(lambda part: found.append(part) or part)
        return found

    outside = parts()
    with torch.autocast("cpu", torch.bfloat16):
        inside = parts()
    assert len(outside) >= 2
    assert all(one.dtype == other.dtype and one.equal(other) for one, other in zip(inside, outside, strict=True))
