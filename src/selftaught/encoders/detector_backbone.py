"""An encoder as what torchvision's detectors stand on."""

from collections import OrderedDict
from typing import Any, cast, final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, StagedEncoder, UserError
from selftaught.encoders.preprocessing import Preprocessing
from selftaught.encoders.saving import PretrainedEncoder
from selftaught.encoders.timm_encoder import TimmEncoder
from selftaught.encoders.vision_transformer import VisionTransformer

__all__ = ["DetectorBackbone"]

_MOST_STAGES = 4


@final
class DetectorBackbone(nn.Module):
    """The maps of an encoder's stages behind a feature pyramid, as `torchvision.models.detection` takes a backbone.

    Up to four stages are taken, the deepest, each half as fine as the one before; of vision transformers the last
    map alone. The pyramid is new and begins at random: it is the detector's, and learns with it. One coarser map is
    pooled from its last, so that detectors need anchors for `levels` maps: five for ResNets and ConvNeXts, which is
    what torchvision's have, two for vision transformers.

    The encoder is taken as it is, not copied, and learns along. Its batch norms keep the statistics of pre-training,
    also in training mode: the few images of a detector's batch would give poor ones.

    Args:
        model: an encoder of images, such as `load_encoder` gives for a run.
        channels: of every map that the detector sees.

    Attributes:
        encoder: the network of the model.
        out_channels: as `channels`, under torchvision's name.
        levels: how many maps the detector sees.
        seen: what a detector must do to its images so that the encoder sees what it was trained to see:
            `image_mean`, `image_std`, `min_size` and `max_size` of the detectors of torchvision.

    Raises:
        UserError: the model is not of images, or its encoder has no maps.

    Source:
        Lin et al. 2017, https://arxiv.org/abs/1612.03144, for the pyramid; the frozen statistics are those of
        He et al. 2016, https://arxiv.org/abs/1512.03385, appendix A.

    Example:
        >>> import torch
        >>> from torchvision.models.detection import RetinaNet
        >>> from torchvision.models.detection.anchor_utils import AnchorGenerator
        >>> from selftaught.encoders import DetectorBackbone, Preprocessing, PretrainedEncoder, SmallResNet
        >>> model = PretrainedEncoder(SmallResNet(image_size=32), Preprocessing(32, 3, (0.5,) * 3, (0.25,) * 3))
        >>> backbone = DetectorBackbone(model, channels=64)
        >>> anchors = AnchorGenerator(((4,), (8,), (16,), (24,), (32,)), ((0.5, 1.0, 2.0),) * backbone.levels)
        >>> detector = RetinaNet(backbone, num_classes=11, anchor_generator=anchors, **backbone.seen).eval()
        >>> with torch.no_grad():
        ...     sorted(detector([torch.zeros(3, 32, 32)])[0])
        ['boxes', 'labels', 'scores']
    """

    def __init__(self, model: PretrainedEncoder, *, channels: int = 256) -> None:
        super().__init__()
        from torchvision.ops import FeaturePyramidNetwork  # half a second, and only for detectors
        from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

        preparation = model.preprocessing
        if not isinstance(preparation, Preprocessing):
            raise UserError(f"expected an encoder of images, got one of {model.kind}")
        self.encoder, self.out_channels = model.encoder, channels
        widths = _widths(model.encoder)
        self.levels = len(widths) + 1
        self.pyramid = FeaturePyramidNetwork(widths, channels, extra_blocks=LastLevelMaxPool())
        self.seen: dict[str, Any] = {
            "image_mean": list(preparation.mean),
            "image_std": list(preparation.standard_deviation),
            "min_size": preparation.image_size,
            "max_size": preparation.image_size,
        }
        kinds = nn.BatchNorm1d | nn.BatchNorm2d | nn.SyncBatchNorm
        self._norms = [module for module in self.encoder.modules() if isinstance(module, kinds)]

    def forward(self, images: Float[Tensor, "n c h w"]) -> dict[str, Float[Tensor, "n _ _ _"]]:
        """Maps of `out_channels`, from fine to coarse, of images that the detector has normalised."""
        for norm in self._norms:
            norm.eval()
        maps = _maps(self.encoder, images)
        return self.pyramid(OrderedDict((str(place), each) for place, each in enumerate(maps)))


def _widths(encoder: Encoder) -> list[int]:
    if isinstance(encoder, StagedEncoder):
        return [width for width, _, _ in encoder.stage_shapes][-_MOST_STAGES:]
    if isinstance(encoder, VisionTransformer):
        return [encoder.width]
    network = _with_maps(encoder)
    family = [int(each["num_chs"]) for each in network.feature_info]
    return [family[-1]] if _is_flat(network) else family[-_MOST_STAGES:]


def _maps(encoder: Encoder, images: Tensor) -> list[Tensor]:
    if isinstance(encoder, StagedEncoder):
        return list(encoder.stages(images))[-_MOST_STAGES:]
    network = encoder.network if isinstance(encoder, VisionTransformer) else _with_maps(encoder)
    count = 1 if _is_flat(network) else min(len(network.feature_info), _MOST_STAGES)
    return network.forward_intermediates(images, indices=count, norm=_is_flat(network), intermediates_only=True)


def _with_maps(encoder: Encoder) -> Any:
    network = encoder.network if isinstance(encoder, TimmEncoder) else None
    if not callable(getattr(network, "forward_intermediates", None)):
        told = encoder.name if isinstance(encoder, TimmEncoder) else type(encoder).__name__
        raise UserError(f"expected an encoder with feature maps, such as small_resnet or resnet18, got {told}")
    return cast("Any", network)


def _is_flat(network: Any) -> bool:
    """Whether all its stages are equally coarse, as those of vision transformers."""
    return len({each["reduction"] for each in network.feature_info}) == 1
