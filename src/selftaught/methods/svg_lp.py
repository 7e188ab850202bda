"""SVGLP: draw the frames that come next from the past and from latents, which say what the past does not.

Paper    Denton and Fergus 2018, https://arxiv.org/abs/1802.07687, equations 1 to 3; before: Sohn et al. 2015 (CVAE)
Needs    clips of a few frames; an encoder that sees frame by frame and has a vector for every square of pixels
Differs  LSTMs have maps for states, and a frame is the one before it and a predicted change (the paper: vectors, and
         skip connections from the last seen frame); only frames to come have latents and count; errors are of
         normalised pixels, which kl_weight goes with
"""

from collections.abc import Mapping
from typing import ClassVar, cast, final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import ClipsWithLatents, Encoder, LocalEncoder, Method, Step, UserError
from selftaught.objectives import gaussian_divergence, squared_difference
from selftaught.parts import StochasticPredictor, frame_maps
from selftaught.views import FutureWithLatents

__all__ = ["SVGLP"]


@final
class SVGLP(Method[ClipsWithLatents]):
    """An encoder of frames, a drawer of the next frame, and what its latent may be: before and after seeing that frame.

    Args:
        encoder: what is kept after training; one with a vector for every square of a frame.
        cell_pixels: side of such a square.
        state_width: channels of the LSTMs' states.
        latent_width: numbers in the latent of a frame.
        completions: ways to go on with a clip, where they are asked for.
        kl_weight: of the KL in nats of a frame beside the mean squared difference, above 0: the loss is this times
            minus the ELBO, less a constant, of a normal likelihood of variance kl_weight / 2 times a frame's values.

    Raises:
        UserError: the encoder has no places, or a value is out of range.

    Example:
        >>> import torch
        >>> from selftaught.core import ClipsWithLatents
        >>> from selftaught.encoders import FrameResNet
        >>> from selftaught.methods import SVGLP
        >>> method = SVGLP(FrameResNet(image_size=16, middle_width=16, lightness_only=False), state_width=8)
        >>> views = ClipsWithLatents.example(4, torch.Generator())
        >>> sorted(method.step(views).losses), method.energy(views).shape, method.complete(views).shape
        (['kl', 'squared_difference'], torch.Size([4]), torch.Size([4, 8, 3, 3, 16, 16]))
    """

    views_type = ClipsWithLatents
    view_maker = FutureWithLatents
    view_arguments: ClassVar[Mapping[str, str]] = {"ways": "completions", "noise_width": "latent_width"}
    default_encoder = "frame_resnet"
    encoder_settings: ClassVar[Mapping[str, object]] = {"lightness_only": False}
    kinds = ("video",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        cell_pixels: int = 4,
        state_width: int = 64,
        latent_width: int = 16,
        completions: int = 8,
        kl_weight: float = 1e-3,
    ) -> None:
        super().__init__()
        if not isinstance(encoder, LocalEncoder):
            raise UserError(f"expected an encoder with a vector for every place, got {type(encoder).__name__}")
        numbers = (cell_pixels, state_width, latent_width, completions, kl_weight)
        if min(numbers) <= 0:
            raise UserError(f"expected cell_pixels, widths, completions and kl_weight above 0, got {numbers}")
        self.encoder, self.cell_pixels, self.kl_weight = encoder, cell_pixels, kl_weight
        self.latent_width, self.completions = latent_width, completions
        self.predictor = StochasticPredictor(encoder.width, state_width, latents=latent_width, cell_pixels=cell_pixels)

    def complete(self, views: ClipsWithLatents) -> Float[Tensor, "n completions k 3 h w"]:
        """Ways to go on, one for each of the views' sets of latents: the future is not looked at."""
        count = views.latents.shape[1]
        maps, last = (each.repeat_interleave(count, 0) for each in (self._maps(views.past), views.past[:, -1]))
        noise = views.latents[..., : self.latent_width].flatten(0, 1)  # (n completions, k, latent_width)
        made = self.predictor.complete(maps, last, noise, lambda frames: self._maps(frames[:, None])[:, 0])
        return made.unflatten(0, (-1, count))

    def step(self, views: ClipsWithLatents) -> Step:
        """The frames that follow, each from the true one before it and a latent that has seen it; what latents cost."""
        frames, noise = torch.cat([views.past, views.future], 1), views.latents[:, 0, :, : self.latent_width]
        drawn, posterior, prior = self.predictor.follow(self._maps(frames), frames, noise)
        nats = gaussian_divergence(*posterior, *prior).sum(2).mean()  # of a frame
        error = squared_difference(drawn, views.future).mean()
        shown = {"kl_nats": nats.detach()}
        if not self.training:
            errors, ways = self._errors(views), self.complete(views)
            copied = (views.past[:, -1:] - views.future).square().mean()
            shown |= {"completion_error": errors.mean(), "best_error": errors.amin(1).mean(), "copying_error": copied}
            shown["completion_spread"] = ways.var(1, correction=0).mean()  # about their mean, in the errors' unit
        return Step({"squared_difference": error, "kl": self.kl_weight * nats}, metrics=shown)

    def chance(self, views: ClipsWithLatents) -> Mapping[str, float]:
        """A guess draws the mean colour everywhere, 0 in normalised pixels, and needs no latents."""
        names = ("squared_difference", "completion_error", "best_error")
        return dict.fromkeys(names, views.future.square().mean().item())

    def energy(self, views: ClipsWithLatents) -> Float[Tensor, " n"]:
        """How far the frames that follow are from the nearest way to go on: the least over latents of the prior."""
        return self._errors(views).amin(1)

    @torch.no_grad()
    def pictures(self, views: ClipsWithLatents) -> Mapping[str, Tensor]:
        """The last frame that was seen, the true one farthest ahead, and what up to three completions make of it."""
        ways = {f"completion {k}": way[:, -1] for k, way in enumerate(self.complete(views).unbind(1)[:3], 1)}
        return {"last seen": views.past[:, -1], "true last": views.future[:, -1], **ways}

    def _errors(self, views: ClipsWithLatents) -> Float[Tensor, "n completions"]:
        return (self.complete(views) - views.future[:, None]).square().flatten(2).mean(2)

    def _maps(self, frames: Float[Tensor, "n t 3 h w"]) -> Float[Tensor, "n t width g_h g_w"]:
        return frame_maps(cast("LocalEncoder", self.encoder), frames, self.cell_pixels)
