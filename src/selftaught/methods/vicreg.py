"""VICReg: features that vary, that say nothing of each other, and that two views agree on.

Paper    Bardes et al. 2021, https://arxiv.org/abs/2105.04906, equations 1 to 6 and algorithm 1
Needs    2 views per item; an embedding much wider than the vectors that are kept; no normalised embeddings
Differs  the invariance term is the mean over the features, as in algorithm 1 and the authors' program, where equation 5
         has the sum; the variance terms of the two views are added, as in equation 6 and algorithm 1, where the
         authors' program takes their mean (variance_weight 12.5 is that); the default optimiser is AdamW
"""

from collections.abc import Mapping
from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, Method, MultiView, Step, UserError, process_count
from selftaught.objectives import (
    covariance_penalty,
    key_accuracy,
    mean_deviation,
    mean_squared_distance,
    variance_hinge,
)
from selftaught.parts import mlp
from selftaught.views import TwoViews

__all__ = ["VICReg"]


@final
class VICReg(Method[MultiView]):
    """One network twice, and three losses: variance, invariance, covariance.

    The variance keeps a view's embeddings apart by itself, without the other view: a constant costs 1 a feature. The
    covariance keeps features from all saying the same.

    Args:
        encoder: what is kept after training.
        hidden_width: width of the two middle layers of the projector, which the paper calls expander.
        embedding_width: how many features the losses look at; the covariance holds the square of it.
        invariance_weight: of the mean squared distance of the views, at least 0.
        variance_weight: of what the features' standard deviations lack to 1, at least 0.
        covariance_weight: of the squared covariances of different features, at least 0.

    Raises:
        UserError: a weight is negative, or a batch has other than 2 views, or fewer than 2 items.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import VICReg
        >>> method = VICReg(SmallResNet(channels=3, image_size=16), hidden_width=64, embedding_width=64)
        >>> step = method.step(MultiView.example(8, torch.Generator()))
        >>> sorted(step.losses)
        ['covariance', 'invariance', 'variance']
    """

    views_type = MultiView
    view_maker = TwoViews
    view_settings: ClassVar[Mapping[str, object]] = {  # appendix C.1: BYOL's, the same for both views
        "brightness": 0.4,
        "contrast": 0.4,
        "saturation": 0.2,
        "hue": 0.1,
        "blur_probability": (0.5, 0.5),
        "solarise_probability": (0.1, 0.1),
    }
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden_width: int = 8192,
        embedding_width: int = 8192,
        invariance_weight: float = 25.0,
        variance_weight: float = 25.0,
        covariance_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.weights = {
            "invariance": invariance_weight,
            "variance": variance_weight,
            "covariance": covariance_weight,
        }
        for name, weight in self.weights.items():
            if weight < 0:
                raise UserError(f"{name}_weight: expected at least 0, got {weight}")
        self.encoder = encoder
        self.projector = mlp(encoder.width, hidden_width, hidden_width, embedding_width)

    def step(self, views: MultiView) -> Step:
        """The three terms over the batch of all processes, each with its weight."""
        a, b = self._embeddings(views)
        terms = {
            "invariance": mean_squared_distance(a, b).mean(),
            "variance": variance_hinge(a) + variance_hinge(b),
            "covariance": covariance_penalty(a) + covariance_penalty(b),
        }
        shown = {"embedding_deviation": (mean_deviation(a) + mean_deviation(b)) / 2}
        if not self.training:  # another pass over all pairs
            shown["top_1_accuracy"] = (key_accuracy(a, b) + key_accuracy(b, a)) / 2
        return Step(losses={name: self.weights[name] * term for name, term in terms.items()}, metrics=shown)

    def chance(self, views: MultiView) -> Mapping[str, float]:
        """A guess holds every item's embedding for the other view's, all alike: n candidates for n items."""
        return {"top_1_accuracy": 1 / (len(views) * process_count())}

    def energy(self, views: MultiView) -> Float[Tensor, " n"]:
        """The mean squared distance of the two embeddings."""
        return mean_squared_distance(*self._embeddings(views))

    def _embeddings(self, views: MultiView) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        first, second = views.pair()
        return self.projector(self.encoder(first)), self.projector(self.encoder(second))
