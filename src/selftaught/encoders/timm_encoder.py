"""Any image network of timm."""

from typing import Any, Literal, cast, final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, UserError, unknown_name

__all__ = ["SMALL_IMAGE_PIXELS", "TimmEncoder"]

SMALL_IMAGE_PIXELS = 64
"""Images up to this height and width get a small-image stem."""


@final
class TimmEncoder(Encoder):
    """A network of timm without its classifier.

    Stems of published networks shrink an image of 224 pixels four- to sixteen-fold before they look at it closely,
    which leaves little of one of 32. The small-image stem of this class is explicit, because a hidden one is why
    published numbers cannot be reproduced:

    - ResNets: the first convolution is 3x3 with stride 1, and there is no max-pooling;
    - vision transformers: patches of `image_size // 8` pixels;
    - ConvNeXts: the first convolution takes patches of 1 pixel up to 32, of 2 above.

    Args:
        name: as timm calls it, with or without the tag of its weights.
        channels: of the images.
        image_size: height and width of the images, in pixels.
        stem: "small" as above; "timm" as published; "auto" takes "small" up to 64 pixels where it is known.
        pretrained: load timm's own weights, downloading them where they are not on disk; takes timm's stem.

    Raises:
        UserError: timm has no such network, or no small stem is known for it.

    Example:
        >>> import torch
        >>> from selftaught.encoders import TimmEncoder
        >>> encoder = TimmEncoder("resnet18", channels=1, image_size=28)
        >>> encoder.stem, encoder.width, encoder(torch.zeros(2, 1, 28, 28)).shape
        ('small', 512, torch.Size([2, 512]))
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
        import timm

        if not timm.is_model(name):
            raise unknown_name("encoder", name, timm.list_models())
        family = timm.model_entrypoint(name).__module__.rpartition(".")[2]
        known = family in ("resnet", "vision_transformer", "convnext")
        if stem == "auto":
            stem = "small" if known and image_size <= SMALL_IMAGE_PIXELS and not pretrained else "timm"
        if stem == "small" and (pretrained or not known):
            reason = "its trained weights have timm's stem" if pretrained else "none is known for its family"
            raise UserError(f"no small-image stem for '{name}': {reason}; expected a stem of timm")
        options: dict[str, Any] = {}
        if family == "vision_transformer" and stem == "small":
            options["patch_size"] = max(image_size // 8, 1)
        if family == "convnext" and stem == "small":
            options["patch_size"] = 1 if image_size <= 32 else 2
        configuration = timm.get_pretrained_cfg(name)
        if family == "vision_transformer" or (configuration is not None and configuration.fixed_input_size):
            options["img_size"] = image_size
        if family == "vision_transformer":
            # positions are interpolated for crops of another size, which are padded to whole patches
            options |= {"dynamic_img_size": True, "dynamic_img_pad": True}
        self.name, self.channels, self.image_size, self.stem = name, channels, image_size, stem
        self.network = timm.create_model(name, pretrained=pretrained, num_classes=0, in_chans=channels, **options)
        if family == "resnet" and stem == "small":
            width = cast("nn.BatchNorm2d", self.network.bn1).num_features
            self.network.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
            nn.init.kaiming_normal_(self.network.conv1.weight, mode="fan_out", nonlinearity="relu")
            self.network.maxpool = nn.Identity()
        self.width = cast("int", self.network.head_hidden_size)

    def forward(self, items: Float[Tensor, "n channels height width_in"]) -> Float[Tensor, "n width"]:
        """What timm's network returns before its classifier."""
        return self.network(items)
