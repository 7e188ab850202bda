"""How likely values of images are, given what a decoder says of them."""

import math
from typing import Literal, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import UserError
from selftaught.objectives import bernoulli_nats, full_precision, gaussian_nats, mean_image_error

__all__ = ["Likelihood", "PixelLikelihood"]

Likelihood = Literal["gaussian", "bernoulli"]

_FIRST_DEVIATION = 0.2


@final
class PixelLikelihood(nn.Module):
    """Independent values around what a decoder expects of them: normal ones of one deviation, or coins.

    The expectation is the sigmoid of the decoder's logits, for values in 0..1.

    Args:
        kind: gaussian is a density, which dequantised values need; bernoulli takes grey values for chances.
        deviation: of the gaussian one, for values in 0..1, above 0; if none is given, one number is learned for all
            values, which begins at 0.2.

    Raises:
        UserError: the deviation is not above 0, or coins are given one.

    Source:
        Kingma & Welling 2013, https://arxiv.org/abs/1312.6114, appendix C; one learned deviation: Rybkin et al. 2020,
        https://arxiv.org/abs/2006.13202, section 3.1.

    Example:
        >>> import torch
        >>> from selftaught.parts import PixelLikelihood
        >>> likelihood = PixelLikelihood("bernoulli")
        >>> likelihood(torch.ones(2, 1, 1, 1), torch.zeros(2, 1, 1, 1))
        tensor([0.6931, 0.6931])
    """

    def __init__(self, kind: Likelihood, deviation: int | float | None = None) -> None:
        super().__init__()
        if deviation is not None and (kind != "gaussian" or deviation <= 0):
            raise UserError(
                f"expected a deviation above 0, and the gaussian likelihood, got {deviation} for the {kind} one"
            )
        self.kind, self.deviation = kind, deviation
        learned = kind == "gaussian" and deviation is None
        self.log_deviation = nn.Parameter(torch.tensor(math.log(_FIRST_DEVIATION))) if learned else None

    def forward(self, values: Float[Tensor, "n c h w"], logits: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        """Minus the log-likelihood of each item's values in nats: below 0 where a density is above 1."""
        if self.kind == "bernoulli":
            return bernoulli_nats(values, logits)
        return gaussian_nats(values, self.expected(logits), self._log_deviation(values))

    @full_precision
    def expected(self, logits: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """The mean of every value, in 0..1."""
        return logits.sigmoid()

    def nats_of_the_mean_image(self, values: Float[Tensor, "n c h w"]) -> float:
        """What an item costs on average for one who says of all the mean image, and knows how far they stray from it.

        Args:
            values: of at least 2 items.
        """
        count = values[0].numel()
        if self.kind == "bernoulli":
            mean = values.mean(0)
            return (torch.special.entr(mean) + torch.special.entr(1 - mean)).sum().item()
        variance = mean_image_error(values).item()
        assumed = variance if self.deviation is None else self.deviation**2
        return 0.5 * count * (math.log(2 * math.pi * assumed) + variance / assumed)

    @property
    def is_density(self) -> bool:
        """Whether it is one over continuous values, which 8-bit ones become with noise; see `WithPixels`."""
        return self.kind == "gaussian"

    def _log_deviation(self, values: Tensor) -> Tensor:
        if self.log_deviation is not None:
            return self.log_deviation
        return torch.full((), math.log(self.deviation or 1.0), dtype=values.dtype, device=values.device)
