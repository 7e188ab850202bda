"""Image encoders by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from selftaught.core import Encoder, UserError, unknown_name
from selftaught.encoders.masked_perceptron import MaskedPerceptron
from selftaught.encoders.patch_average import PatchAverage
from selftaught.encoders.pixel_reader import PIXEL_READERS, PixelReader
from selftaught.encoders.small_resnet import SmallResNet
from selftaught.encoders.timm_encoder import TimmEncoder
from selftaught.encoders.timm_resnet import TimmResNet, is_timm_resnet
from selftaught.encoders.vision_transformer import SMALL_VIT, VisionTransformer, is_plain_transformer
from selftaught.parts import patch_pixels

__all__ = ["EncoderSpec", "build_encoder", "check_encoder_name", "encoder_names"]

_PERCEPTRON = "masked_perceptron"
_OF_LEVELS = (*PIXEL_READERS, _PERCEPTRON)
_OURS = ("small_resnet", SMALL_VIT, *_OF_LEVELS)
_SIZES = {**dict.fromkeys(_OF_LEVELS, ("levels", "features", "blocks")), "small_resnet": ("features",)}


@dataclass(frozen=True)
class EncoderSpec:
    """Everything that rebuilds an image encoder, its weights apart.

    Args:
        name: "small_resnet", "small_vit", or a network of timm.
        channels: of the images.
        image_size: height and width of the images, in pixels.
        stem: how images enter: "small" or "timm".
        features: of the first stage of "small_resnet"; none for the other networks.

    Example:
        >>> from selftaught.encoders import EncoderSpec, SmallResNet
        >>> EncoderSpec.of(SmallResNet(channels=1, image_size=28))
        EncoderSpec(name='small_resnet', channels=1, image_size=28, stem='small', features=32)
    """

    name: str
    channels: int
    image_size: int
    stem: Literal["small", "timm"]
    features: int | None = None

    @classmethod
    def of(cls, encoder: Encoder) -> "EncoderSpec":
        """The spec of an encoder that `build_encoder` can build.

        Raises:
            UserError: it is of a class of one's own.
        """
        if isinstance(encoder, SmallResNet):
            stem = "small" if encoder.conv1.stride == (1, 1) else "timm"
            return cls("small_resnet", encoder.channels, encoder.image_size, stem, encoder.features)
        if isinstance(encoder, TimmEncoder | TimmResNet | VisionTransformer):
            stem = "small" if encoder.stem == "small" else "timm"
            return cls(encoder.name, encoder.channels, encoder.image_size, stem)
        raise UserError(f"expected an encoder of selftaught.encoders, got {type(encoder).__name__}")


def encoder_names() -> list[str]:
    """Every name that `build_encoder` takes.

    Example:
        >>> from selftaught.encoders import encoder_names
        >>> "small_resnet" in encoder_names() and "resnet50" in encoder_names()
        True
    """
    import timm

    return [*_OURS, *timm.list_models()]


def check_encoder_name(name: str) -> None:
    """Make sure that there is such an encoder.

    Raises:
        UserError: there is none; says which is nearest.

    Example:
        >>> from selftaught.encoders import check_encoder_name
        >>> check_encoder_name("resnet81")
        Traceback (most recent call last):
        selftaught.core.errors.UserError: unknown encoder 'resnet81': did you mean 'resnet18'? ...
    """
    if name in _OURS:
        return
    import timm

    if not timm.is_model(name):
        raise unknown_name("encoder", name, encoder_names())


def build_encoder(
    name: str,
    *,
    channels: int,
    image_size: int,
    stem: Literal["auto", "small", "timm"] = "auto",
    pretrained: bool = False,
    channel_split: str | None = None,
    patch_grid: int | None = None,
    levels: int | None = None,
    features: int | None = None,
    blocks: int | None = None,
    mean: Sequence[float] | None = None,
    standard_deviation: Sequence[float] | None = None,
) -> Encoder:
    """An image encoder by name, at random start or with timm's trained weights.

    Args:
        name: "small_resnet", "small_vit", a network of timm, or one of levels: "pixel_cnn", "row_lstm",
            "diagonal_bilstm", "masked_perceptron".
        channels: of the images.
        image_size: height and width of the images, in pixels.
        stem: how images enter: "small" for images up to 64 pixels (3x3 convolution without pooling in ResNets, small
            patches in vision transformers and ConvNeXts), "timm" as published, "auto" by the size; "small_resnet" and
            "small_vit" always decide by the size.
        pretrained: load timm's own weights.
        channel_split: give each of several groups of channels a network of its own and join their vectors, as in
            "L,ab" for lightness and colour, "0-2,3" for RGB and depth, or "L" for lightness alone; none for one
            network of all channels.
        patch_grid: let the network see so many overlapping patches in a row and in a column, one by one, and take the
            mean of their vectors for the image's; none for whole images.
        levels: that pixels are rounded to, for networks of levels; none for 256, or 2 for "masked_perceptron".
        features: width of such a network, or of the first stage of "small_resnet", each of whose stages has twice as
            many as the one before; none for 64, for 500 in "masked_perceptron", for 32 in "small_resnet".
        blocks: depth of such a network; none for 6, or 2 for "masked_perceptron".
        mean: what was subtracted from each channel of the images, in 0..1, for `channel_split` and levels to undo.
        standard_deviation: what each channel was then divided by.

    Raises:
        UserError: there is no such network, stem or trained weights, or the channels cannot be taken apart so.

    Example:
        >>> from selftaught.encoders import build_encoder
        >>> build_encoder("small_resnet", channels=3, image_size=32).width
        256
    """
    check_encoder_name(name)
    sizes = {"levels": levels, "features": features, "blocks": blocks}
    asked = {size: number for size, number in sizes.items() if number is not None}
    taken = _SIZES.get(name, ())
    for size in asked:
        if size not in taken:
            able = [each for each, sizes in _SIZES.items() if size in sizes]
            raise UserError(f"{size}: expected one of {', '.join(able)}, got '{name}'")
    if patch_grid is not None:
        if channel_split is not None or name in _OF_LEVELS:
            raise UserError("patch_grid: expected a network of whole images, with all their channels")
        side = patch_pixels(image_size, grid=patch_grid)
        network = build_encoder(
            name, channels=channels, image_size=side, stem=stem, pretrained=pretrained, features=features
        )
        return PatchAverage(network, image_size=image_size, patch_grid=patch_grid)
    if channel_split is not None:
        if pretrained:
            raise UserError("timm's trained weights are for whole images: expected them without a channel_split")
        from selftaught.encoders.split_channels import SplitChannels  # which builds its networks here

        return SplitChannels(
            name,
            channels=channels,
            image_size=image_size,
            channel_split=channel_split,
            mean=mean,
            standard_deviation=standard_deviation,
            stem=stem,
            features=features,
        )
    if name == SMALL_VIT or is_plain_transformer(name):
        return VisionTransformer(name, channels=channels, image_size=image_size, stem=stem, pretrained=pretrained)
    if name not in _OURS:
        network = TimmResNet if is_timm_resnet(name) else TimmEncoder
        return network(name, channels=channels, image_size=image_size, stem=stem, pretrained=pretrained)
    if pretrained:
        raise UserError(f"timm has no trained weights for '{name}': expected a network of timm, such as resnet18")
    asked |= {"channels": channels, "image_size": image_size}
    if name == _PERCEPTRON:
        return MaskedPerceptron(**asked, mean=mean, standard_deviation=standard_deviation)
    if name in PIXEL_READERS:
        return PixelReader(name, **asked, mean=mean, standard_deviation=standard_deviation)
    return SmallResNet(**asked)
