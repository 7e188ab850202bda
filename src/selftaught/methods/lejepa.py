"""LeJEPA: predict the views' common centre, and keep the embeddings an isotropic Gaussian.

Paper    Balestriero and LeCun 2025, https://arxiv.org/abs/2511.08544, sections 4 and 5
Needs    2 views per item; a batch of 128 or so for the statistic
Differs  2 global views and no local ones, so that both are predicted from their own mean; the knots and the window
         are those of the paper's program, on [-5, 5], where the authors' later one takes [-3, 3]; the directions of
         the first step are those of seed 0 in every run, as in the paper, but drawn on the CPU
"""

from collections.abc import Mapping
from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, Method, MultiView, Step, UserError, process_count
from selftaught.objectives import key_accuracy, mean_deviation, mean_squared_distance, sigreg
from selftaught.parts import Directions, mlp
from selftaught.views import TwoViews

__all__ = ["LeJEPA"]


@final
class LeJEPA(Method[MultiView]):
    """One network twice, a prediction loss, and a test of the embeddings' distribution along random directions.

    There is neither a teacher, nor a stopped gradient, nor a predictor: a constant embedding is no Gaussian sample, and
    the test says so the louder, the larger the batch.

    Args:
        encoder: what is kept after training.
        hidden_width: width of the projector's two middle layers.
        embedding_width: width of the embedding.
        directions: along how many directions a step tests; they are drawn anew after it.
        gaussianity_weight: lambda, in [0, 1]: of the test; the prediction has 1 - lambda.

    Raises:
        UserError: the weight is outside [0, 1], or there is no direction, or a batch has other than 2 views.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import LeJEPA
        >>> method = LeJEPA(SmallResNet(channels=3, image_size=16), hidden_width=64, embedding_width=16, directions=32)
        >>> step = method.step(MultiView.example(8, torch.Generator()))
        >>> method.after_step(step, progress=0.1)
        >>> sorted(step.losses), method.directions.turn
        (['prediction', 'sigreg'], 1)
    """

    views_type = MultiView
    view_maker = TwoViews
    view_settings: ClassVar[Mapping[str, object]] = {  # the authors' for global views
        "crop_scale": (0.3, 1.0),
        "brightness": 0.4,
        "contrast": 0.4,
        "saturation": 0.2,
        "hue": 0.1,
        "solarise_probability": (0.2, 0.2),
    }
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden_width: int = 2048,
        embedding_width: int = 128,
        directions: int = 256,
        gaussianity_weight: float = 0.05,
    ) -> None:
        super().__init__()
        if not 0 <= gaussianity_weight <= 1:
            raise UserError(f"expected a Gaussianity weight in [0, 1], got {gaussianity_weight}")
        self.encoder = encoder
        self.projector = mlp(encoder.width, hidden_width, hidden_width, embedding_width)
        self.directions = Directions(embedding_width, directions)
        self.weight = gaussianity_weight

    def step(self, views: MultiView) -> Step:
        """(1 - lambda) prediction + lambda SIGReg, the latter as the mean over the views."""
        a, b = self._embeddings(views)
        test = (sigreg(a, self.directions.columns) + sigreg(b, self.directions.columns)) / 2
        losses = {"prediction": (1 - self.weight) * _prediction(a, b).mean(), "sigreg": self.weight * test}
        shown = {"embedding_deviation": (mean_deviation(a) + mean_deviation(b)) / 2}
        if not self.training:  # another pass over all pairs
            shown["top_1_accuracy"] = (key_accuracy(a, b) + key_accuracy(b, a)) / 2
        return Step(losses, metrics=shown)

    def chance(self, views: MultiView) -> Mapping[str, float]:
        """A guess holds every item's embedding for the other view's, all alike: n candidates for n items."""
        return {"top_1_accuracy": 1 / (len(views) * process_count())}

    def after_step(self, step: Step, progress: float) -> None:
        """Other directions for the next step, the same in every process."""
        self.directions.redraw()

    def energy(self, views: MultiView) -> Float[Tensor, " n"]:
        """The prediction loss of each item."""
        return _prediction(*self._embeddings(views))

    def _embeddings(self, views: MultiView) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        first, second = views.pair()
        return self.projector(self.encoder(first)), self.projector(self.encoder(second))


def _prediction(a: Float[Tensor, "n d"], b: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
    return mean_squared_distance(a, b) / 4  # both views are half their difference from their mean
