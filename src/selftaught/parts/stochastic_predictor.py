"""From what was seen of a clip, and a latent for each frame, to the frames that come next."""

from collections.abc import Callable
from typing import NamedTuple, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.objectives import reparameterised
from selftaught.parts.conv_lstm import ConvLSTM

__all__ = ["Gaussians", "StochasticPredictor"]


class Gaussians(NamedTuple):
    """Normal distributions of the latents of frames.

    Args:
        mean: of each latent.
        log_variance: of each latent.

    Example:
        >>> import torch
        >>> from selftaught.parts.stochastic_predictor import Gaussians
        >>> Gaussians(mean=torch.zeros(2, 3), log_variance=torch.ones(2, 3)).mean.shape
        torch.Size([2, 3])
    """

    mean: Float[Tensor, "*n latents"]
    log_variance: Float[Tensor, "*n latents"]


@final
class _RecurrentGaussian(nn.Module):
    """What an LSTM of maps makes of the frames so far, averaged over places, as a normal distribution."""

    def __init__(self, inputs: int, width: int, latents: int) -> None:
        super().__init__()
        self.reader = ConvLSTM(inputs, width)
        self.head = nn.Linear(width, 2 * latents)

    def forward(self, seen: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Gaussians, tuple[Tensor, Tensor]]:
        state = self.reader(seen, state)
        return Gaussians(*self.head(state[0].mean((2, 3))).chunk(2, 1)), state


@final
class StochasticPredictor(nn.Module):
    """An LSTM of maps that draws from the last frame and a latent, a learned prior of the latent, and its posterior.

    For every frame x_t after the past, with the encoder's maps h:

        prior      p(z_t given x_1 .. x_(t-1)):  an LSTM of h_(t-1)
        posterior  q(z_t given x_1 .. x_t):      an LSTM of h_t
        frame      x_(t-1) + a change that an LSTM of [h_(t-1), z_t] predicts; none before training

    Args:
        inputs: channels of the maps.
        width: channels of the LSTMs' states.
        latents: numbers in z_t.
        cell_pixels: side of the square of pixels that a place of the maps stands for.

    Source:
        Denton & Fergus 2018, https://arxiv.org/abs/1802.07687, section 3 and figure 2 (SVG-LP).

    Example:
        >>> import torch
        >>> from selftaught.parts import StochasticPredictor
        >>> predictor = StochasticPredictor(8, 4, latents=2, cell_pixels=4)
        >>> maps, last = torch.zeros(2, 3, 8, 5, 5), torch.ones(2, 3, 20, 20)
        >>> predictor.complete(maps, last, torch.randn(2, 6, 2), lambda frames: maps[:, 0]).shape
        torch.Size([2, 6, 3, 20, 20])
    """

    entries = ("follow",)

    def __init__(self, inputs: int, width: int, *, latents: int, cell_pixels: int) -> None:
        super().__init__()
        self.latents, self.cell_pixels = latents, cell_pixels
        self.posterior = _RecurrentGaussian(inputs, width, latents)
        self.prior = _RecurrentGaussian(inputs, width, latents)
        self.drawer = ConvLSTM(inputs + latents, width)
        self.change = nn.Conv2d(width, 3 * cell_pixels**2, 1)
        for weight in self.change.parameters():
            nn.init.zeros_(weight)

    def follow(
        self,
        maps: Float[Tensor, "n t inputs g_h g_w"],
        frames: Float[Tensor, "n t 3 h w"],
        noise: Float[Tensor, "n k latents"],
    ) -> tuple[Float[Tensor, "n k 3 h w"], Gaussians, Gaussians]:
        """Each of the last k frames from the true ones before it and a latent that has seen it.

        Args:
            maps: of all frames.
            frames: the same.
            noise: of the latents, from the standard normal distribution.

        Returns:
            The predicted frames, the posteriors that their latents were drawn from, and the priors.
        """
        past = maps.shape[1] - noise.shape[1]
        prior, drawer = self._read(maps[:, : past - 1])
        posterior = self.posterior.reader.start(*_size(maps))
        for step in range(past):
            _, posterior = self.posterior(maps[:, step], posterior)
        drawn: list[Tensor] = []
        told: list[tuple[Gaussians, Gaussians]] = []
        for step in range(past, maps.shape[1]):
            before, prior = self.prior(maps[:, step - 1], prior)
            after, posterior = self.posterior(maps[:, step], posterior)
            latent = reparameterised(after.mean, after.log_variance, noise[:, step - past])
            drawer = self._draw(maps[:, step - 1], latent, drawer)
            drawn.append(frames[:, step - 1] + self._change(drawer))
            told.append((after, before))
        posteriors, priors = (
            Gaussians(*(torch.stack(each, 1) for each in zip(*side, strict=True))) for side in zip(*told, strict=True)
        )
        return torch.stack(drawn, 1), posteriors, priors

    def complete(
        self,
        maps: Float[Tensor, "n t inputs g_h g_w"],
        last: Float[Tensor, "n 3 h w"],
        noise: Float[Tensor, "n k latents"],
        see: Callable[[Tensor], Tensor],
    ) -> Float[Tensor, "n k 3 h w"]:
        """One way to go on: every latent drawn from the prior, every frame from those that were drawn.

        Args:
            maps: of every frame of the past.
            last: the last of these frames.
            noise: of the latents, from the standard normal distribution.
            see: the map of a frame.
        """
        prior, drawer = self._read(maps[:, :-1])
        seen, frames = maps[:, -1], list[Tensor]()
        for step in range(noise.shape[1]):
            expected, prior = self.prior(seen, prior)
            latent = reparameterised(expected.mean, expected.log_variance, noise[:, step])
            drawer = self._draw(seen, latent, drawer)
            last = last + self._change(drawer)
            frames.append(last)
            if step + 1 < noise.shape[1]:
                seen = see(last)
        return torch.stack(frames, 1)

    def _read(self, maps: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """The states of prior and drawer after frames that need no latent, as the next is known."""
        prior, drawer = (lstm.start(*_size(maps)) for lstm in (self.prior.reader, self.drawer))
        nothing = maps.new_zeros(len(maps), self.latents)
        for step in range(maps.shape[1]):
            _, prior = self.prior(maps[:, step], prior)
            drawer = self._draw(maps[:, step], nothing, drawer)
        return prior, drawer

    def _draw(self, seen: Tensor, latent: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        everywhere = latent[:, :, None, None].expand(-1, -1, *seen.shape[2:])
        return self.drawer(torch.cat([seen, everywhere.to(seen)], 1), state)

    def _change(self, state: tuple[Tensor, Tensor]) -> Tensor:
        return F.pixel_shuffle(self.change(state[0]), self.cell_pixels)


def _size(maps: Tensor) -> tuple[int, int, int]:
    return len(maps), maps.shape[3], maps.shape[4]
