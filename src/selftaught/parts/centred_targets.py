"""Targets from a teacher's outputs: centred, so that none wins always, and sharpened, so that some do now and then."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import UserError, all_sum, process_count
from selftaught.objectives import full_precision

__all__ = ["CentredTargets"]


class CentredTargets(nn.Module):
    """A softmax of outputs from which their running mean is taken away.

    The mean is over the items of all processes. Centring alone would make all targets uniform, and a low temperature
    alone the same one for all items; together they keep from both.

    Args:
        outputs: how many.
        temperature: at the start of the run and from the end of the warm-up on, above 0; lower is sharper.
        warmup: share of the run over which the temperature goes from the first to the second in a line, in [0, 1].
        momentum: how much of itself the centre keeps when it follows, in [0, 1].

    Raises:
        UserError: a value out of its range.

    Source:
        Caron et al. 2021, https://arxiv.org/abs/2104.14294, section 3.1, equation 4 and algorithm 1.

    Example:
        >>> import torch
        >>> from selftaught.parts import CentredTargets
        >>> targets_of = CentredTargets(2, temperature=(1.0, 0.5), warmup=0.5, momentum=0.5)
        >>> targets_of.follow(torch.tensor([1.0, 0.0]))
        >>> targets_of.centre, targets_of(torch.tensor([[0.5, 0.0]]), torch.tensor(0.0))
        (tensor([0.5000, 0.0000]), tensor([[0.5000, 0.5000]]))
    """

    centre: Float[Tensor, " outputs"]

    def __init__(
        self, outputs: int, *, temperature: tuple[float, float], warmup: int | float, momentum: int | float = 0.9
    ) -> None:
        super().__init__()
        if min(temperature) <= 0 or not 0 <= warmup <= 1 or not 0 <= momentum <= 1:
            raise UserError(
                "expected a teacher's temperatures above 0, and their warm-up and the centre's momentum in [0, 1], got "
                f"{temperature}, {warmup} and {momentum}"
            )
        self.temperature, self.warmup, self.momentum = temperature, warmup, momentum
        self.register_buffer("centre", torch.zeros(outputs))

    @torch.no_grad()
    def forward(
        self, scores: Float[Tensor, "... outputs"], progress: Float[Tensor, ""]
    ) -> Float[Tensor, "... outputs"]:
        """Probabilities without gradient.

        Args:
            scores: the teacher's outputs.
            progress: how much of the run is done, in [0, 1]: a tensor, so that the device need not be waited for.
        """
        first, last = self.temperature
        risen = (progress / self.warmup).clamp(max=1) if self.warmup > 0 else torch.ones_like(progress)
        return _sharpened(scores, self.centre, first + (last - first) * risen)

    @torch.no_grad()
    def follow(self, mean: Float[Tensor, " outputs"]) -> None:
        """Move the centre towards the mean of a batch's outputs.

        Args:
            mean: over this process's items; processes hold equally many.
        """
        self.centre.lerp_(all_sum(mean.to(self.centre.dtype)) / process_count(), 1 - self.momentum)


@full_precision
def _sharpened(scores: Tensor, centre: Tensor, temperature: Tensor) -> Tensor:
    return ((scores - centre) / temperature).softmax(-1)
