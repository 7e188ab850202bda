"""FutureFrames: read the first frames of a clip, and draw those that come next.

Paper    Srivastava et al. 2015, https://arxiv.org/abs/1502.04681
Needs    clips of a few frames; an encoder that sees frame by frame and has a vector for every square of pixels
Differs  the LSTM's states are maps (Shi et al. 2015), so that things can move by convolutions; each frame is the one
         before it and a predicted change; reader and drawer have weights of their own, the drawer sees nothing of what
         it drew, and the past is not drawn again; the loss adds the gradient difference of Mathieu et al. 2015,
         https://arxiv.org/abs/1511.05440, eq. 6, and by option its critic, at one scale and of two frames at a time
"""

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar, cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, FutureClips, LocalEncoder, Method, Step, UserError
from selftaught.objectives import errors_ahead, gradient_difference, squared_difference
from selftaught.parts import FrameCritic, FramePredictor, frame_maps, image_shape
from selftaught.views import PastAndFuture

__all__ = ["FutureFrames"]


@final
class FutureFrames(Method[FutureClips]):
    """An encoder of frames, an LSTM of maps that reads their vectors, and another that draws: both are thrown away.

    Args:
        encoder: what is kept after training; one with a vector for every square of a frame.
        cell_pixels: side of such a square.
        state_width: channels of the LSTMs' states.
        difference_weight: of the gradient difference beside the squared difference, at least 0.
        adversarial_weight: of a critic's opinion of the frames, at least 0; Mathieu et al. have 0.05.

    Raises:
        UserError: the encoder has no places, or, once frames come, others than such squares; a value is out of range.

    Example:
        >>> import torch
        >>> from selftaught.core import FutureClips
        >>> from selftaught.encoders import FrameResNet
        >>> from selftaught.methods import FutureFrames
        >>> method = FutureFrames(FrameResNet(image_size=16, middle_width=16, lightness_only=False), state_width=8)
        >>> views = FutureClips.example(4, torch.Generator())
        >>> sorted(method.step(views).losses), method.energy(views).shape, method.predict(views.past, 2).shape
        (['gradient_difference', 'squared_difference'], torch.Size([4]), torch.Size([4, 2, 3, 16, 16]))
    """

    views_type = FutureClips
    view_maker = PastAndFuture
    default_encoder = "frame_resnet"
    encoder_settings: ClassVar[Mapping[str, object]] = {"lightness_only": False}
    kinds = ("video",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        cell_pixels: int = 4,
        state_width: int = 64,
        difference_weight: float = 0.1,
        adversarial_weight: float = 0.0,
    ) -> None:
        super().__init__()
        if not isinstance(encoder, LocalEncoder):
            raise UserError(f"expected an encoder with a vector for every place, got {type(encoder).__name__}")
        if min(difference_weight, adversarial_weight) < 0:
            raise UserError(f"expected weights of at least 0, got {difference_weight} and {adversarial_weight}")
        self.encoder, self.difference_weight, self.adversarial_weight = encoder, difference_weight, adversarial_weight
        self.predictor = FramePredictor(inputs=encoder.width, width=state_width, cell_pixels=cell_pixels)
        self.critic = FrameCritic(image_size=image_shape(encoder)[1]) if adversarial_weight > 0 else None

    def predict(self, past: Float[Tensor, "n t 3 h w"], frames: int) -> Float[Tensor, "n k 3 h w"]:
        """So many frames after those of the past, which are normalised as the encoder takes them."""
        maps = frame_maps(cast("LocalEncoder", self.encoder), past, self.predictor.cell_pixels)
        return self.predictor(maps, past[:, -1], frames)

    def step(self, views: FutureClips) -> Step:
        """Predict the frames that follow, all from the past alone; a critic, if any, tells them from the true ones."""
        predicted, last = self.predict(views.past, views.future.shape[1]), views.past[:, -1]
        losses = self._losses(predicted, views)
        shown = {} if self.training else errors_ahead(predicted, views.future, last)
        if self.critic is None:
            return Step(losses, metrics=shown)
        critics, fooling = self.critic.game(last, views.future, predicted)
        both = {"predictor": sum(losses.values(), self.adversarial_weight * fooling), "critic": critics}
        return Step(both, metrics=shown | {name: loss.detach() for name, loss in losses.items()})

    def players(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """With a critic, encoder and predictor against it."""
        drawing = [*self.encoder.parameters(), *self.predictor.parameters()]
        return {"predictor": drawing, "critic": [*self.critic.parameters()]} if self.critic is not None else {}

    def chance(self, views: FutureClips) -> Mapping[str, float]:
        """A guess draws the mean colour everywhere, 0 in normalised pixels, before a critic that tosses a coin."""
        nothing = torch.zeros_like(views.future)
        found = self._losses(nothing, views) | errors_ahead(nothing, views.future, views.past[:, -1])
        told = {name: value.item() for name, value in found.items()}
        return told if self.critic is None else told | {"critic": math.log(4)}

    def energy(self, views: FutureClips) -> Float[Tensor, " n"]:
        """How far the frames that follow are from those that were predicted: the mean squared difference."""
        return squared_difference(self.predict(views.past, views.future.shape[1]), views.future).mean(1)

    @torch.no_grad()
    def pictures(self, views: FutureClips) -> Mapping[str, Float[Tensor, "n 3 h w"]]:
        """The last frame that was seen, and the true and the predicted frames right after it and farthest ahead."""
        both = {"true": views.future, "predicted": self.predict(views.past, views.future.shape[1])}
        ends = {f"{name} {end}": both[name][:, at] for end, at in (("next", 0), ("last", -1)) for name in both}
        return {"last seen": views.past[:, -1], **ends}

    def _losses(self, predicted: Float[Tensor, "n k 3 h w"], views: FutureClips) -> dict[str, Tensor]:
        edges = self.difference_weight * gradient_difference(predicted, views.future).mean()
        return {"squared_difference": squared_difference(predicted, views.future).mean(), "gradient_difference": edges}
