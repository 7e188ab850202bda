"""Distillation: a student learns what a fine-tuned teacher says of images without labels.

Paper    Chen et al. 2020, https://arxiv.org/abs/2006.10029 (the third step of SimCLRv2), section 2, equations 2 and 3
Needs    a teacher that classifies, as `selftaught finetune` writes; one view per item, which both see
Differs  the default optimiser is AdamW, LARS is an option; crops and flips are those of RandomCrops; the sums of
         equation 3 are divided by the number of items in the batch; the student's classifier is one linear layer
"""

import math
from collections.abc import Mapping
from typing import ClassVar, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import Encoder, Method, MultiView, Step, UserError
from selftaught.objectives import full_precision, soft_cross_entropy
from selftaught.parts import FixedTeacher
from selftaught.views import SameCrop

__all__ = ["Distillation"]


@final
class Distillation(Method[MultiView]):
    """A student with a linear classifier, and a teacher that stays as it is.

    Args:
        encoder: what is kept after training: the student's.
        teacher: gives the logits of the classes.
        labels: the class of each item of the data set in the teacher's numbers, -1 where it is not known; None where no
            item's is.
        temperature: by which both networks' logits are divided, above 0.
        true_label_weight: of the true labels beside the teacher's, in [0, 1]: 1 - alpha in equation 3. As there, the
            items with a label are added up, so that few labels count little.

    Raises:
        UserError: a value is out of its range, or a batch has other than 2 views.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import Distillation
        >>> from selftaught.parts import FixedTeacher
        >>> teacher = FixedTeacher(nn.Sequential(SmallResNet(image_size=16), nn.Linear(256, 5)), 5)
        >>> method = Distillation(SmallResNet(image_size=16), teacher=teacher)
        >>> step = method.step(MultiView.example(8, torch.Generator()))
        >>> sorted(step.losses), sorted(step.metrics)
        (['soft_labels'], ['accuracy_on_teacher'])
    """

    views_type = MultiView
    view_maker = SameCrop
    default_encoder = "small_resnet"
    kinds = ("images",)
    teacher_classifies: ClassVar[bool] = True

    def __init__(
        self,
        encoder: Encoder,
        *,
        teacher: FixedTeacher,
        labels: Int[Tensor, " items"] | None = None,
        temperature: float = 1.0,
        true_label_weight: float = 0.0,
    ) -> None:
        super().__init__()
        if temperature <= 0 or not 0 <= true_label_weight <= 1:
            given = f"temperature {temperature} and true_label_weight {true_label_weight}"
            raise UserError(f"expected a temperature above 0 and a weight of the true labels in [0, 1], got {given}")
        self.encoder, self.teacher = encoder, teacher
        self.classifier = nn.Linear(encoder.width, teacher.width)
        self.temperature, self.true_label_weight = temperature, true_label_weight
        self.register_buffer("labels", labels, persistent=False)  # of the data, not of the method

    def step(self, views: MultiView) -> Step:
        """Say what the teacher says of the same view, and what the labels say where there are some."""
        first, second = views.pair()
        answer, logits = self.teacher(first), self.classifier(self.encoder(second))  # (n, k)
        alpha = 1 - self.true_label_weight
        losses = {"soft_labels": alpha * soft_cross_entropy(logits, answer, temperature=self.temperature).mean()}
        if isinstance(self.labels, Tensor) and self.true_label_weight > 0:
            losses["true_labels"] = self.true_label_weight * _known(logits, self.labels[views.index]).mean()
        agrees = (logits.argmax(1) == answer.argmax(1)).to(torch.float32).mean()
        return Step(losses=losses, metrics={"accuracy_on_teacher": agrees.detach()})

    def chance(self, views: MultiView) -> Mapping[str, float]:
        """A guess takes all k classes for equally likely: log k nats, times the weight of the teacher's answers."""
        uniform = math.log(self.teacher.width)
        return {"soft_labels": (1 - self.true_label_weight) * uniform, "accuracy_on_teacher": 1 / self.teacher.width}

    def energy(self, views: MultiView) -> Float[Tensor, " n"]:
        """The cross-entropy of the student's answer with the teacher's."""
        first, second = views.pair()
        logits = self.classifier(self.encoder(second))
        return soft_cross_entropy(logits, self.teacher(first), temperature=self.temperature)


@full_precision
def _known(logits: Float[Tensor, "n k"], labels: Int[Tensor, " n"]) -> Float[Tensor, " n"]:
    """The surprise at each label in nats; 0 where there is none."""
    return F.cross_entropy(logits, labels, ignore_index=-1, reduction="none")
