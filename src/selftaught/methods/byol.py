"""BYOL: predict the slow teacher's projection of the other view.

Paper    Grill et al. 2020, https://arxiv.org/abs/2006.07733, section 3 and appendix B
Needs    2 views per item, blurred and solarised differently; batch norm in projector and predictor
Differs  nothing in the loss and the teacher's schedule; the default optimiser is AdamW, LARS is an option
"""

import math
from collections.abc import Mapping
from typing import ClassVar, final

from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, Method, MultiView, Step, process_count
from selftaught.objectives import cosine_distance, key_accuracy
from selftaught.parts import Teacher, mlp
from selftaught.views import TwoViews

__all__ = ["BYOL"]


@final
class BYOL(Method[MultiView]):
    """A network with a predictor, and its slow copy (the teacher) without one.

    Args:
        encoder: what is kept after training.
        hidden_width: width of the middle layer of projector and predictor.
        embedding_width: width of the embedding that is predicted.
        teacher_momentum: how much of itself the teacher keeps in the first step, in [0, 1]; it rises to 1 by a cosine.

    Raises:
        UserError: the momentum is outside [0, 1], or a batch has other than 2 views.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import BYOL
        >>> method = BYOL(SmallResNet(channels=3, image_size=16), hidden_width=64, embedding_width=32)
        >>> step = method.step(MultiView.example(8, torch.Generator()))
        >>> method.momentum(progress=0.0), method.momentum(progress=1.0)
        (0.996, 1.0)
    """

    views_type = MultiView
    view_maker = TwoViews
    view_settings: ClassVar[Mapping[str, object]] = {  # table 6
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
        hidden_width: int = 4096,
        embedding_width: int = 256,
        teacher_momentum: float = 0.996,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.width, hidden_width, embedding_width)
        self.predictor = mlp(embedding_width, hidden_width, embedding_width)
        self.teacher = Teacher(self.encoder, self.projector, momentum=teacher_momentum)

    def step(self, views: MultiView) -> Step:
        """Predict the teacher's projection of each view from the other: equation 2, and its mirror image."""
        first, second = views.pair()
        pairs = [(self._predict(a), self.teacher(b)) for a, b in ((first, second), (second, first))]
        one, other = (cosine_distance(*pair).mean() for pair in pairs)
        shown: dict[str, Tensor] = {}
        if not self.training:  # another pass over all pairs
            there, back = (key_accuracy(*pair) for pair in pairs)
            shown["top_1_accuracy"] = (there + back) / 2
        return Step(losses={"cosine_distance": one + other}, metrics=shown)

    def chance(self, views: MultiView) -> Mapping[str, float]:
        """A guess holds every item's projection for the one that was predicted, all alike: n candidates for n items.

        The distance has no such value: it is 0 where all projections are one (collapse), which tells nothing.
        """
        return {"top_1_accuracy": 1 / (len(views) * process_count())}

    def momentum(self, progress: float) -> float:
        """The teacher's momentum: 1 - (1 - start) (cos(pi progress) + 1) / 2."""
        return 1 - (1 - self.teacher.momentum) * (math.cos(math.pi * progress) + 1) / 2

    def after_step(self, step: Step, progress: float) -> None:
        """The teacher follows, more slowly the later."""
        self.teacher.follow(self.encoder, self.projector, momentum=self.momentum(progress))

    def energy(self, views: MultiView) -> Float[Tensor, " n"]:
        """The same distance, both ways."""
        first, second = views.pair()
        there = cosine_distance(self._predict(first), self.teacher(second))
        return there + cosine_distance(self._predict(second), self.teacher(first))

    def _predict(self, items: Tensor) -> Float[Tensor, "n embedding_width"]:
        return self.predictor(self.projector(self.encoder(items)))
