"""What a network says of channels that it does not see: bins, or values."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import UserError, all_sum
from selftaught.objectives import (
    annealed_mean,
    binned_cross_entropy,
    constant_cross_entropy,
    full_precision,
    rebalancing_weights,
    smoothed_prior,
    soft_encoding,
)

__all__ = ["BinnedTarget", "ChannelTarget", "RegressedTarget", "quarter"]


class ChannelTarget(nn.Module, ABC):
    """How the hidden channels of every place are said, and how wrong what is said of them is.

    Attributes:
        outputs: how many numbers are said of a place.
    """

    outputs: int

    @abstractmethod
    def losses(self, said: Float[Tensor, "n outputs h w"], true: Float[Tensor, "n d h w"]) -> Float[Tensor, " n"]:
        """What is minimised, for each item."""

    @abstractmethod
    def errors(self, said: Float[Tensor, "n outputs h w"], true: Float[Tensor, "n d h w"]) -> Float[Tensor, " n"]:
        """The same with all places counting alike: how little what is said fits the item."""

    @abstractmethod
    def best_constant(self, true: Float[Tensor, "n d h w"]) -> float:
        """The least mean loss of one who says the same of every place."""

    @abstractmethod
    def values(self, said: Float[Tensor, "n outputs h w"]) -> Float[Tensor, "n d h w"]:
        """What is said, as channels that can be looked at."""

    def enlarged(self, said: Float[Tensor, "n outputs h w"], side: int) -> Float[Tensor, "n d s s"]:
        """The same of all pixels of a square, bilinearly between those that it is said of."""
        return F.interpolate(self.values(said), size=(side, side), mode="bilinear", align_corners=False)

    def metrics(
        self, name: str, said: Float[Tensor, "n outputs h w"], true: Float[Tensor, "n d h w"]
    ) -> Mapping[str, Tensor]:
        """Figures beside the loss, by what they are of: `name` is that of what is said."""
        return {}

    def chance(self, name: str, true: Float[Tensor, "n d h w"]) -> Mapping[str, float]:
        """What one who says the same of every place gets at best in `metrics`."""
        return {}

    def count(self, true: Float[Tensor, "n d h w"]) -> Float[Tensor, " bins"]:
        """How frequent the answers are in a batch; nothing where no prior is kept."""
        return true.new_zeros(0)

    def see(self, counts: Float[Tensor, " bins"]) -> None:
        """Hear how frequent the answers are, after a step; nothing is kept but by targets that rebalance."""


def quarter(channels: Float[Tensor, "n d h w"]) -> Float[Tensor, "n d i j"]:
    """Every fourth pixel of every fourth row, from the middle of the first four: where the hidden channels are said.

    Example:
        >>> import torch
        >>> from selftaught.parts import quarter
        >>> quarter(torch.arange(64.0).view(1, 1, 8, 8)).flatten().tolist()
        [18.0, 22.0, 50.0, 54.0]
    """
    return channels[:, :, 2::4, 2::4]


@final
class BinnedTarget(ChannelTarget):
    """Which bin the channels fall into: classes, so that several answers can be likely while none between them is.

    Rare bins may count more than frequent ones: how frequent each is, is counted in the first batches of training,
    over all processes, and does not move after them. It is kept with the weights.

    Args:
        centres: of the bins.
        neighbours: how many bins share a true value.
        deviation: of the Gaussian by which they share it, in the units of the channels.
        uniform_share: of the uniform distribution in what rare bins are weighted by, in (0, 1]; None for equal weights.
        prior_batches: in how many batches bins are counted.
        temperature: of the mean that `values` takes.

    Raises:
        UserError: a value out of its range.

    Source:
        Zhang et al. 2016, https://arxiv.org/abs/1603.08511, section 2.

    Example:
        >>> import torch
        >>> from selftaught.parts import BinnedTarget
        >>> target = BinnedTarget(torch.tensor([[0.0], [10.0], [20.0]]), neighbours=1)
        >>> round(target.losses(torch.zeros(2, 3, 4, 4), torch.ones(2, 1, 4, 4))[0].item(), 4)
        1.0986
    """

    centres: Tensor
    counts: Tensor
    weights: Tensor
    batches: Tensor

    def __init__(
        self,
        centres: Float[Tensor, "bins d"],
        *,
        neighbours: int = 5,
        deviation: float = 5.0,
        uniform_share: float | None = None,
        prior_batches: int = 100,
        temperature: float = 0.38,
    ) -> None:
        super().__init__()
        if uniform_share is not None and not 0 < uniform_share <= 1:
            raise UserError(f"uniform_share: expected a number in (0, 1], got {uniform_share}")
        if temperature <= 0:
            raise UserError(f"temperature: expected a number above 0, got {temperature}")
        self.outputs, self.neighbours, self.deviation = len(centres), neighbours, deviation
        self.uniform_share, self.prior_batches, self.temperature = uniform_share, prior_batches, temperature
        self.register_buffer("centres", centres, persistent=False)
        self.register_buffer("counts", torch.zeros(len(centres)))
        self.register_buffer("weights", torch.ones(len(centres)))
        self.register_buffer("batches", torch.zeros((), dtype=torch.long))

    def encode(self, true: Float[Tensor, "n d h w"]) -> tuple[Tensor, Tensor]:
        """The bins nearest to every true value, and their shares of it."""
        return soft_encoding(true, self.centres, self.neighbours, self.deviation)

    def losses(self, said: Float[Tensor, "n outputs h w"], true: Float[Tensor, "n d h w"]) -> Float[Tensor, " n"]:
        """The cross-entropy in nats a place, rare bins counting more where that is asked for."""
        return binned_cross_entropy(said, *self.encode(true), self.weights)

    def errors(self, said: Float[Tensor, "n outputs h w"], true: Float[Tensor, "n d h w"]) -> Float[Tensor, " n"]:
        """The cross-entropy in nats a place."""
        return binned_cross_entropy(said, *self.encode(true))

    def best_constant(self, true: Float[Tensor, "n d h w"]) -> float:
        """The weighted entropy of the bins of the batch."""
        return constant_cross_entropy(*self.encode(true), self.outputs, self.weights).item()

    def values(self, said: Float[Tensor, "n outputs h w"]) -> Float[Tensor, "n d h w"]:
        """The annealed mean."""
        return annealed_mean(said, self.centres, self.temperature)

    def metrics(
        self, name: str, said: Float[Tensor, "n outputs h w"], true: Float[Tensor, "n d h w"]
    ) -> Mapping[str, Tensor]:
        """How often the likeliest bin is the true one, places counting as in the loss."""
        right = self._nearest(true)
        counted = self.weights[right]
        return {f"{name}_accuracy": (counted * (said.argmax(1) == right)).sum() / counted.sum()}

    def chance(self, name: str, true: Float[Tensor, "n d h w"]) -> Mapping[str, float]:
        """The share of the commonest bin, places counting as in the loss."""
        mass = self.count(true) * self.weights
        return {f"{name}_accuracy": (mass.max() / mass.sum()).item()}

    def count(self, true: Float[Tensor, "n d h w"]) -> Float[Tensor, " bins"]:
        """How many places fall into each bin."""
        return torch.bincount(self._nearest(true).flatten(), minlength=self.outputs).to(self.weights.dtype)

    @torch.no_grad()
    def see(self, counts: Float[Tensor, " bins"]) -> None:
        """Add a batch of all processes to the prior, while it is counted."""
        if self.uniform_share is None:
            return
        counting = self.batches < self.prior_batches  # stays on the device
        self.batches.add_(counting)
        self.counts.add_(all_sum(counts) * counting)
        prior = smoothed_prior(self.counts, self.centres, self.deviation)
        self.weights.copy_(rebalancing_weights(prior, self.uniform_share))

    def _nearest(self, true: Tensor) -> Tensor:
        return self.encode(true)[0][:, 0]


@final
class RegressedTarget(ChannelTarget):
    """The channels themselves, by half the squared distance: of several likely answers the mean, which is dull.

    Args:
        channels: how many are hidden.
        unit: what the network's outputs are multiples of, in the units of the channels.

    Source:
        Zhang et al. 2016, https://arxiv.org/abs/1603.08511, equation 1; the mean over places in place of the sum.

    Example:
        >>> import torch
        >>> from selftaught.parts import RegressedTarget
        >>> RegressedTarget(2, unit=100.0).losses(torch.zeros(1, 2, 4, 4), torch.full((1, 2, 4, 4), 100.0))
        tensor([1.])
    """

    def __init__(self, channels: int, *, unit: float) -> None:
        super().__init__()
        self.outputs, self.unit = channels, unit

    def losses(self, said: Float[Tensor, "n outputs h w"], true: Float[Tensor, "n d h w"]) -> Float[Tensor, " n"]:
        """Half the squared distance in units, the mean over places."""
        return _half_square(said, true / self.unit)

    def errors(self, said: Float[Tensor, "n outputs h w"], true: Float[Tensor, "n d h w"]) -> Float[Tensor, " n"]:
        """The same."""
        return self.losses(said, true)

    def best_constant(self, true: Float[Tensor, "n d h w"]) -> float:
        """Of one who says the batch's mean."""
        scaled = true / self.unit
        return _half_square(scaled.mean((0, 2, 3), keepdim=True).expand_as(scaled), scaled).mean().item()

    def values(self, said: Float[Tensor, "n outputs h w"]) -> Float[Tensor, "n d h w"]:
        """What is said, in the units of the channels."""
        return said * self.unit


@full_precision
def _half_square(said: Float[Tensor, "n d h w"], true: Float[Tensor, "n d h w"]) -> Float[Tensor, " n"]:
    return (said - true).square().sum(1).mean((1, 2)) / 2
