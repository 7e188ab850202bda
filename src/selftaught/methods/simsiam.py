"""SimSiam: predict the projection of the other view, which is held still.

Paper    Chen and He 2020, https://arxiv.org/abs/2011.10566, algorithm 1 and section 3
Needs    2 views per item; batch norm in projector and predictor; no large batch
Differs  nothing in the loss; the default optimiser is AdamW, the paper's SGD is an option
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, Method, MultiView, ParameterGroup, Step, process_count
from selftaught.objectives import key_accuracy, negative_cosine
from selftaught.parts import BatchNorm, mlp
from selftaught.views import TwoViews

__all__ = ["SimSiam"]


@final
class SimSiam(Method[MultiView]):
    """One network twice, and a predictor on one side; the gradient stops at the other side.

    A constant embedding would be the best answer, and without the stopped gradient it is soon given. The predictor
    keeps the peak learning rate while that of the rest falls.

    Args:
        encoder: what is kept after training.
        hidden_width: width of the projector's two middle layers.
        embedding_width: width of the embedding that is predicted.
        predictor_width: width of the predictor's middle layer: a bottleneck, a quarter of the embedding in the paper.

    Raises:
        UserError: a batch has other than 2 views.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import SimSiam
        >>> encoder = SmallResNet(channels=3, image_size=16)
        >>> method = SimSiam(encoder, hidden_width=64, embedding_width=32, predictor_width=8)
        >>> step = method.step(MultiView.example(8, torch.Generator()))
        >>> [(group.name, group.constant_learning_rate) for group in method.parameter_groups()]
        [('encoder and projector', False), ('predictor', True)]
    """

    views_type = MultiView
    view_maker = TwoViews
    view_settings: ClassVar[Mapping[str, object]] = {  # appendix A: those of MoCo v2
        **dict.fromkeys(("brightness", "contrast", "saturation"), 0.4),
        "hue": 0.1,
        "crop_scale": (0.2, 1.0),
    }
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden_width: int = 2048,
        embedding_width: int = 2048,
        predictor_width: int = 512,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        layers = mlp(encoder.width, hidden_width, hidden_width, embedding_width)
        self.projector = nn.Sequential(*layers, BatchNorm(embedding_width, affine=False))
        bottleneck = mlp(embedding_width, predictor_width, final_norm=True)
        self.predictor = nn.Sequential(*bottleneck, nn.ReLU(), nn.Linear(predictor_width, embedding_width))

    def step(self, views: MultiView) -> Step:
        """Predict the projection of each view from the other: equation 4."""
        pairs = self._predictions_and_targets(views)
        one, other = (negative_cosine(*pair).mean() for pair in pairs)
        shown: dict[str, Tensor] = {}
        if not self.training:  # another pass over all pairs
            there, back = (key_accuracy(*pair) for pair in pairs)
            shown["top_1_accuracy"] = (there + back) / 2
        return Step(losses={"negative_cosine": (one + other) / 2}, metrics=shown)

    def chance(self, views: MultiView) -> Mapping[str, float]:
        """A guess holds every item's projection for the one that was predicted, all alike: n candidates for n items.

        The loss has no such value: it is -1 where all projections are one (collapse), which tells nothing.
        """
        return {"top_1_accuracy": 1 / (len(views) * process_count())}

    def energy(self, views: MultiView) -> Float[Tensor, " n"]:
        """The loss of each item."""
        one, other = (negative_cosine(*pair) for pair in self._predictions_and_targets(views))
        return (one + other) / 2

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """The predictor's rate does not fall: section 4.2."""
        rest = [*self.encoder.parameters(), *self.projector.parameters()]
        return [
            ParameterGroup("encoder and projector", [weight for weight in rest if weight.requires_grad]),
            ParameterGroup("predictor", list(self.predictor.parameters()), constant_learning_rate=True),
        ]

    def _predictions_and_targets(self, views: MultiView) -> list[tuple[Tensor, Tensor]]:
        first, second = (self.projector(self.encoder(view)) for view in views.pair())  # (n, embedding_width)
        return [(self.predictor(first), second.detach()), (self.predictor(second), first.detach())]
