"""VideoColorization: colour a frame by copying colours from the frames before it, and so learn to follow things.

Paper    Vondrick et al. 2018, https://arxiv.org/abs/1806.09594
Needs    clips in colour; an encoder that sees frames without their colours and has a vector for every place
Differs  each frame is embedded alone, without the paper's 3-D convolutions over the frames; a thousandth of a guess
         among all colours is mixed in, so that a colour that stands in no reference costs a bounded error; the
         encoder is smaller (the paper's: ResNet-18); clips are cropped and mirrored at random
"""

from collections.abc import Mapping
from typing import ClassVar, cast, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import ColouredClips, Encoder, LocalEncoder, Method, Step, UserError
from selftaught.objectives import copied_error, copied_labels
from selftaught.views import ClipColours

__all__ = ["VideoColorization"]


@final
class VideoColorization(Method[ColouredClips]):
    """An encoder of grey frames, and nothing else: the inner products of its vectors say what is copied from where.

    Args:
        encoder: what is kept after training; one with a vector for every place, which cannot see colours.
        temperature: of the softmax over the places of all references, above 0; 1 in the paper. To track with the
            encoder, the paper halves it.

    Raises:
        UserError: the encoder has no places or others than the colours, or a value is out of its range.

    Example:
        >>> import torch
        >>> from selftaught.core import ColouredClips
        >>> from selftaught.encoders import FrameResNet
        >>> from selftaught.methods import VideoColorization
        >>> method = VideoColorization(FrameResNet(image_size=16, middle_width=16))
        >>> views = ColouredClips.example(4, torch.Generator())
        >>> sorted(method.step(views).losses), method.energy(views).shape
        (['colour'], torch.Size([4]))
    """

    views_type = ColouredClips
    view_maker = ClipColours
    view_arguments: ClassVar[Mapping[str, str]] = {"cell_pixels": "encoder.cell_pixels"}
    default_encoder = "frame_resnet"
    kinds = ("video",)

    def __init__(self, encoder: Encoder, *, temperature: float = 1.0) -> None:
        super().__init__()
        if not isinstance(encoder, LocalEncoder):
            raise UserError(f"expected an encoder with a vector for every place, got {type(encoder).__name__}")
        if temperature <= 0:
            raise UserError(f"temperature: expected a number above 0, got {temperature}")
        self.encoder, self.temperature = encoder, temperature

    def step(self, views: ColouredClips) -> Step:
        """Copy the colours of every place of the last frame from all places of the frames before it."""
        target, reference = self._vectors(views)
        loss = self._errors(views, target, reference).mean()
        metrics = {} if self.training else {"colour_accuracy": self._hits(views, target, reference)}
        return Step({"colour": loss}, metrics=metrics)

    def chance(self, views: ColouredClips) -> Mapping[str, float]:
        """A guess copies from all places alike: it knows the colours of a clip's references, and not where they are."""
        target, reference = (
            views.palette.new_zeros(*colours.shape, 1) for colours in (views.target_colours, views.reference_colours)
        )
        error = self._errors(views, target, reference).mean()
        return {"colour": error.item(), "colour_accuracy": self._hits(views, target, reference).item()}

    def energy(self, views: ColouredClips) -> Float[Tensor, " n"]:
        """The negative log-likelihood of the target's colours under those that are copied, the mean over its places."""
        return self._errors(views, *self._vectors(views)).mean(1)

    def _vectors(self, views: ColouredClips) -> tuple[Float[Tensor, "n m d"], Float[Tensor, "n r d"]]:
        """Those of the target and those of all references."""
        places, seen = cast("LocalEncoder", self.encoder).local(views.frames), views.target_colours.shape[1]
        if places.shape[1] != views.frames.shape[1] * seen:
            raise UserError(
                f"expected a colour for each of the encoder's {places.shape[1]} places in {views.frames.shape[1]} "
                f"frames, got {seen} a frame"
            )
        return places[:, -seen:], places[:, :-seen]

    def _errors(self, views: ColouredClips, target: Tensor, reference: Tensor) -> Float[Tensor, "n m"]:
        return copied_error(
            target,
            reference,
            views.target_colours,
            views.reference_colours,
            labels=views.palette.shape[1],
            temperature=self.temperature,
        )

    @torch.no_grad()
    def _hits(self, views: ColouredClips, target: Tensor, reference: Tensor) -> Float[Tensor, ""]:
        """How often the likeliest of the copied colours is the true one."""
        colours = F.one_hot(views.reference_colours, views.palette.shape[1]).to(target)
        copied = copied_labels(target, reference, colours, temperature=self.temperature)
        return (copied.argmax(2) == views.target_colours).to(target).mean()
