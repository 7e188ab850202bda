"""SimReg: a student's vectors, through a head that is thrown away, point where a trained network's point.

Paper    Navaneet et al. 2022, https://arxiv.org/abs/2201.05131, section 3
Needs    a trained network of any origin, and no labels; one view per item, which both see
Differs  the head's layers before a batch norm have no bias, which it would cancel; the default optimiser is AdamW
"""

from collections.abc import Mapping
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, Method, MultiView, Step, process_count
from selftaught.objectives import cosine_distance, key_accuracy
from selftaught.parts import FixedTeacher, mlp
from selftaught.views import SameCrop

__all__ = ["SimReg"]


@final
class SimReg(Method[MultiView]):
    """A student with a head of four layers, and a teacher that stays as it is.

    The head's widths are twice the student's, the student's, twice the student's and the teacher's.

    Args:
        encoder: what is kept after training: the student's.
        teacher: gives one vector an item.

    Raises:
        UserError: a batch has other than 2 views.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import SmallResNet, TimmEncoder
        >>> from selftaught.methods import SimReg
        >>> from selftaught.parts import FixedTeacher
        >>> teacher = TimmEncoder("resnet18", image_size=16)
        >>> method = SimReg(SmallResNet(image_size=16), teacher=FixedTeacher(teacher, teacher.width))
        >>> sorted(method.step(MultiView.example(8, torch.Generator())).losses)
        ['cosine_distance']
    """

    views_type = MultiView
    view_maker = SameCrop
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(self, encoder: Encoder, *, teacher: FixedTeacher) -> None:
        super().__init__()
        width = encoder.width
        self.encoder, self.teacher = encoder, teacher
        self.predictor = nn.Sequential(
            *mlp(width, 2 * width, width),
            *mlp(width, 2 * width, final_norm=True),
            nn.ReLU(),
            nn.Linear(2 * width, teacher.width),
        )

    def step(self, views: MultiView) -> Step:
        """The squared distance of student and teacher, scaled to unit length."""
        predicted, target = self._both(views)
        shown: dict[str, Tensor] = {}
        if not self.training:  # another pass over all pairs
            shown["top_1_accuracy"] = key_accuracy(predicted, target)
        return Step(losses={"cosine_distance": cosine_distance(predicted, target).mean()}, metrics=shown)

    def chance(self, views: MultiView) -> Mapping[str, float]:
        """A guess holds every item's vector for the one that was predicted, all alike: n candidates for n items.

        The distance has no such value: it depends on how alike the teacher's vectors are.
        """
        return {"top_1_accuracy": 1 / (len(views) * process_count())}

    def energy(self, views: MultiView) -> Float[Tensor, " n"]:
        """The same distance."""
        return cosine_distance(*self._both(views))

    def _both(self, views: MultiView) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        first, second = views.pair()
        return self.predictor(self.encoder(second)), self.teacher(first)
