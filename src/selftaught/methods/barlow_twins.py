"""BarlowTwins: features that agree between two views and say nothing of each other.

Paper    Zbontar et al. 2021, https://arxiv.org/abs/2103.03230, algorithm 1 and section 2.2
Needs    2 views per item, blurred and solarised differently; an embedding much wider than the vectors that are kept
Differs  with several processes the gradient is that of one with the whole batch, where the authors' program divides
         it by their number; the default optimiser is AdamW, LARS is an option
"""

from collections.abc import Mapping
from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, Method, MultiView, Step, UserError, process_count
from selftaught.objectives import barlow_twins, key_accuracy, mean_squared_distance
from selftaught.parts import BatchNorm, mlp
from selftaught.views import TwoViews

__all__ = ["BarlowTwins"]


@final
class BarlowTwins(Method[MultiView]):
    """One network twice, and the correlation of each feature of one view with each feature of the other.

    It is drawn to the identity. A constant embedding correlates with nothing, and features that all say the same
    correlate where they should not: neither kind of collapse is cheap.

    Args:
        encoder: what is kept after training.
        hidden_width: width of the projector's two middle layers.
        embedding_width: how many features are correlated; the loss holds the square of it.
        redundancy_weight: how much the correlation of different features counts, at least 0.

    Raises:
        UserError: the weight is negative, or a batch has other than 2 views.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import BarlowTwins
        >>> method = BarlowTwins(SmallResNet(channels=3, image_size=16), hidden_width=64, embedding_width=64)
        >>> step = method.step(MultiView.example(8, torch.Generator()))
        >>> list(step.losses)
        ['cross_correlation']
    """

    views_type = MultiView
    view_maker = TwoViews
    view_settings: ClassVar[Mapping[str, object]] = {  # section 2.2: those of BYOL
        "brightness": 0.4,
        "contrast": 0.4,
        "saturation": 0.2,
        "hue": 0.1,
        "blur_probability": (1.0, 0.1),
        "solarise_probability": (0.0, 0.2),
    }
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden_width: int = 8192,
        embedding_width: int = 8192,
        redundancy_weight: float = 5e-3,
    ) -> None:
        super().__init__()
        if redundancy_weight < 0:
            raise UserError(f"expected a redundancy weight of at least 0, got {redundancy_weight}")
        self.encoder = encoder
        layers = mlp(encoder.width, hidden_width, hidden_width, embedding_width)
        # changes no correlation: it keeps the statistics by which an item alone is standardised, for the energy
        self.projector = nn.Sequential(*layers, BatchNorm(embedding_width, affine=False))
        self.redundancy_weight = redundancy_weight

    def step(self, views: MultiView) -> Step:
        """Draw the correlation of the batches of all processes to the identity."""
        a, b = (self.projector(self.encoder(view)) for view in views.pair())  # (n, embedding_width)
        loss = barlow_twins(a, b, redundancy_weight=self.redundancy_weight)
        shown: dict[str, Tensor] = {}
        if not self.training:  # another pass over all pairs
            shown["top_1_accuracy"] = (key_accuracy(a, b) + key_accuracy(b, a)) / 2
        return Step(losses={"cross_correlation": loss}, metrics=shown)

    def chance(self, views: MultiView) -> Mapping[str, float]:
        """A guess holds every item's embedding for the other view's, all alike: n candidates for n items."""
        return {"top_1_accuracy": 1 / (len(views) * process_count())}

    def energy(self, views: MultiView) -> Float[Tensor, " n"]:
        """Half the mean squared distance of the standardised views: over a batch, 1 minus the mean of the C_ii."""
        a, b = (self.projector(self.encoder(view)) for view in views.pair())
        return mean_squared_distance(a, b) / 2
