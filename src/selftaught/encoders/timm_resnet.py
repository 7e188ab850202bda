"""A residual network of timm, with the maps behind its stages."""

import copy
from typing import Any, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import StagedEncoder, UserError
from selftaught.encoders.timm_encoder import TimmEncoder

__all__ = ["TimmResNet", "is_timm_resnet"]

_STAGES = 4


def is_timm_resnet(name: str) -> bool:
    """Whether timm's network of this name is one that `TimmResNet` can hold: ResNets, ResNeXts, wide ones.

    Example:
        >>> from selftaught.encoders import is_timm_resnet
        >>> is_timm_resnet("resnet50"), is_timm_resnet("convnext_atto")
        (True, False)
    """
    import timm

    return timm.is_model(name) and timm.model_entrypoint(name).__module__.endswith(".resnet")


@final
class TimmResNet(StagedEncoder):
    """A residual network of timm without its classifier: its vector is the mean over the last of four maps.

    Args:
        name: a network of timm for which `is_timm_resnet`.
        channels: of the images.
        image_size: height and width of the images, in pixels.
        stem: see `TimmEncoder`.
        pretrained: load timm's own weights, downloading them where they are not on disk; takes timm's stem.

    Raises:
        UserError: it is no residual network of timm, or the stem does not suit the weights.

    Source:
        He et al. 2016, https://arxiv.org/abs/1512.03385.

    Example:
        >>> import torch
        >>> from selftaught.encoders import TimmResNet
        >>> encoder = TimmResNet("resnet18", channels=1, image_size=28)
        >>> encoder.stage_shapes
        ((64, 28, 28), (128, 14, 14), (256, 7, 7), (512, 4, 4))
        >>> encoder.local(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 16, 512])
    """

    def __init__(
        self,
        name: str,
        *,
        channels: int = 3,
        image_size: int = 224,
        stem: Literal["auto", "small", "timm"] = "auto",
        pretrained: bool = False,
    ) -> None:
        super().__init__()
        built = TimmEncoder(name, channels=channels, image_size=image_size, stem=stem, pretrained=pretrained)
        if not is_timm_resnet(name):
            raise UserError(f"expected a residual network of timm, such as resnet18, got '{name}'")
        self.name, self.channels, self.image_size, self.stem = name, channels, image_size, built.stem
        self.network: Any = built.network
        self.width = built.width
        # On torch's device without numbers: shapes alone, at no cost.
        shadow = copy.deepcopy(built.network).to("meta").eval()
        maps = _maps(shadow, torch.zeros(1, channels, image_size, image_size, device="meta"))
        self.stage_shapes = tuple((each.shape[1], each.shape[2], each.shape[3]) for each in maps)

    def forward(self, items: Float[Tensor, "n channels height width_in"]) -> Float[Tensor, "n width"]:
        """What timm's network returns before its classifier: the mean over positions."""
        return self.network(items)

    def stages(self, items: Float[Tensor, "n channels height width_in"]) -> tuple[Float[Tensor, "n _ _ _"], ...]:
        """The maps behind the four stages."""
        return _maps(self.network, items)

    def local(self, items: Float[Tensor, "n channels height width_in"]) -> Float[Tensor, "n positions width"]:
        """One vector a cell of the last map, row by row."""
        return self.stages(items)[-1].flatten(2).transpose(1, 2)


def _maps(network: Any, items: Tensor) -> tuple[Tensor, ...]:
    return tuple(network.forward_intermediates(items, indices=_STAGES, intermediates_only=True))
