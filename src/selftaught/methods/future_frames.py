"""FutureFrames: read the first frames of a clip, and draw those that come next.

Paper    Srivastava et al. 2015, https://arxiv.org/abs/1502.04681
Needs    clips of a few frames; an encoder that sees frame by frame and has a vector for every square of pixels
Differs  the LSTM's states are maps (Shi et al. 2015), so that things can move by convolutions; each frame is the one
         before it and a predicted change; the loss adds the gradient difference of Mathieu et al. 2015,
         https://arxiv.org/abs/1511.05440, eq. 6; the past is not drawn again; the reader's and the drawer's LSTM have
         weights of their own, and the drawer sees nothing of what it drew
"""

from collections.abc import Mapping
from typing import ClassVar, cast, final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, FutureClips, LocalEncoder, Method, Step, UserError
from selftaught.objectives import gradient_difference, squared_difference
from selftaught.parts import FramePredictor, frame_maps
from selftaught.views import PastAndFuture

__all__ = ["FutureFrames"]


@final
class FutureFrames(Method[FutureClips]):
    """An encoder of frames, an LSTM of maps that reads their vectors, and another that draws: both are thrown away.

    Before training it predicts that nothing changes.

    Args:
        encoder: what is kept after training; one with a vector for every square of a frame.
        cell_pixels: side of such a square.
        state_width: channels of the LSTMs' states.
        difference_weight: of the gradient difference beside the squared difference, at least 0.

    Raises:
        UserError: the encoder has no places, or a value is out of its range.

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
        self, encoder: Encoder, *, cell_pixels: int = 4, state_width: int = 64, difference_weight: float = 0.1
    ) -> None:
        super().__init__()
        if not isinstance(encoder, LocalEncoder):
            raise UserError(f"expected an encoder with a vector for every place, got {type(encoder).__name__}")
        if min(cell_pixels, state_width) < 1 or difference_weight < 0:
            given = f"{cell_pixels}, {state_width} and {difference_weight}"
            raise UserError(f"expected cell_pixels and state_width above 0, difference_weight not below, got {given}")
        self.encoder, self.cell_pixels, self.difference_weight = encoder, cell_pixels, difference_weight
        self.predictor = FramePredictor(inputs=encoder.width, width=state_width, cell_pixels=cell_pixels)

    def predict(self, past: Float[Tensor, "n t 3 h w"], frames: int) -> Float[Tensor, "n k 3 h w"]:
        """So many frames after those of the past, which are normalised as the encoder takes them.

        Raises:
            UserError: the encoder has other places than squares of `cell_pixels`.
        """
        maps = frame_maps(cast("LocalEncoder", self.encoder), past, self.cell_pixels)
        return self.predictor(maps, past[:, -1], frames)

    def step(self, views: FutureClips) -> Step:
        """Predict the frames that follow, all from the past alone."""
        predicted = self.predict(views.past, views.future.shape[1])
        errors = squared_difference(predicted, views.future)  # (n, k)
        losses = {"squared_difference": errors.mean()}
        if self.difference_weight > 0:
            edges = gradient_difference(predicted, views.future).mean()
            losses["gradient_difference"] = self.difference_weight * edges
        if self.training:
            return Step(losses)
        copied = squared_difference(views.past[:, -1:].expand_as(views.future), views.future).mean(0)
        own = errors.detach().mean(0)
        told = {f"error_{k}_ahead": error for k, error in enumerate(own, 1)}
        shares = {f"error_over_copying_{k}_ahead": share for k, share in enumerate(own / copied.clamp(min=1e-12), 1)}
        return Step(losses, metrics={**told, **shares})

    def chance(self, views: FutureClips) -> Mapping[str, float]:
        """A guess draws the mean colour everywhere: 0, in normalised pixels."""
        nothing = torch.zeros_like(views.future)
        errors = squared_difference(nothing, views.future)
        edges = self.difference_weight * gradient_difference(nothing, views.future).mean().item()
        losses = {"squared_difference": errors.mean().item()}
        losses |= {"gradient_difference": edges} if self.difference_weight > 0 else {}
        return {**losses, **{f"error_{k}_ahead": error for k, error in enumerate(errors.mean(0).tolist(), 1)}}

    def energy(self, views: FutureClips) -> Float[Tensor, " n"]:
        """How far the frames that follow are from those that were predicted: the mean squared difference."""
        return squared_difference(self.predict(views.past, views.future.shape[1]), views.future).mean(1)

    @torch.no_grad()
    def pictures(self, views: FutureClips) -> Mapping[str, Float[Tensor, "n 3 h w"]]:
        """The last frame that was seen, and the true and the predicted frames right after it and farthest ahead."""
        predicted = self.predict(views.past, views.future.shape[1])
        next_two = {"true next": views.future[:, 0], "predicted next": predicted[:, 0]}
        last_two = {"true last": views.future[:, -1], "predicted last": predicted[:, -1]}
        return {"last seen": views.past[:, -1], **next_two, **last_two}
