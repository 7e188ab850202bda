"""DINO: say of every crop what a slow teacher says of another, larger one.

Paper    Caron et al. 2021, https://arxiv.org/abs/2104.14294, algorithm 1, section 3.1 and appendix C
Needs    2 large crops per item, and better some small ones; an encoder that takes images of both sizes
Differs  the weight decay stays as it is, where the paper's rises by a cosine; temperatures rise in every step
"""

import math
from collections.abc import Mapping
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, Method, MultiCrop, Step, UserError, process_count
from selftaught.objectives import cross_crop_entropy, key_accuracy
from selftaught.parts import CentredTargets, Prototypes, Teacher, bottleneck
from selftaught.views import MultiCrops

__all__ = ["DINO"]


@final
class DINO(Method[MultiCrop]):
    """A network with many outputs, and its slow copy (the teacher), whose outputs are centred and sharpened.

    Args:
        encoder: what is kept after training.
        hidden_width: of the head's two middle layers.
        head_norm: batch norms in the head, as its authors' code offers; vectors without negatives learn sooner.
        bottleneck_width: of the embedding that the last layer compares with its directions.
        outputs: how many directions.
        temperature: of the student, above 0.
        teacher_temperature: at the start and from the end of its warm-up on, above 0; lower is sharper.
        teacher_temperature_warmup: share of the run over which it rises, in [0, 1].
        teacher_momentum: how much of itself the teacher keeps in the first step, in [0, 1]; it rises to 1 by a cosine.
        freeze_last_layer: for which share of the run, in [0, 1), the last layer stays as it began.

    Raises:
        UserError: a value out of its range, or a batch with other than 2 large crops.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiCrop
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import DINO
        >>> method = DINO(SmallResNet(channels=3, image_size=16), hidden_width=64, outputs=32)
        >>> sorted(method.step(MultiCrop.example(8, torch.Generator())).losses)
        ['cross_entropy']
    """

    views_type = MultiCrop
    view_maker = MultiCrops
    view_settings: ClassVar[Mapping[str, object]] = {  # BYOL's colours and blur; the authors' code for scales
        **{"brightness": 0.4, "contrast": 0.4, "saturation": 0.2, "hue": 0.1},
        **{"blur_probability": (1.0, 0.1), "solarise_probability": (0.0, 0.2)},
        "crop_scale": (0.4, 1.0),
        "small_crop_scale": (0.05, 0.4),
        "small_crops": 8,
    }
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden_width: int = 2048,
        head_norm: bool = False,
        bottleneck_width: int = 256,
        outputs: int = 65_536,
        temperature: float = 0.1,
        teacher_temperature: tuple[float, float] = (0.04, 0.07),
        teacher_temperature_warmup: int | float = 0.1,
        teacher_momentum: float = 0.996,
        freeze_last_layer: int | float = 0.01,
    ) -> None:
        super().__init__()
        if temperature <= 0:
            raise UserError(f"expected a temperature above 0, got {temperature}")
        self.encoder, self.temperature, self.outputs = encoder, temperature, outputs
        self.projector = bottleneck(encoder.width, hidden_width, hidden_width, bottleneck_width, norm=head_norm)
        self.last_layer = Prototypes(outputs, bottleneck_width, frozen_share=freeze_last_layer)
        self.teacher = Teacher(self.encoder, self.projector, self.last_layer, momentum=teacher_momentum)
        self.targets = CentredTargets(outputs, temperature=teacher_temperature, warmup=teacher_temperature_warmup)

    def step(self, views: MultiCrop) -> Step:
        """Predict from every crop the teacher's targets of each other large crop: equation 3."""
        scores, taught, targets = self._ask(views)
        loss = cross_crop_entropy(scores, targets, temperature=self.temperature).mean()
        shown = {"target_entropy_nats": torch.special.entr(targets).sum(-1).mean()}  # 0 or log(outputs) in a collapse
        if not self.training:  # another pass over all pairs
            shown["top_1_accuracy"] = (key_accuracy(scores[0], taught[1]) + key_accuracy(scores[1], taught[0])) / 2
        return Step(losses={"cross_entropy": loss}, remember={"mean": taught.mean((0, 1))}, metrics=shown)

    def chance(self, views: MultiCrop) -> Mapping[str, float]:
        """A guess holds all outputs, and all items of the batch for the crop's own, for equally likely."""
        return {"cross_entropy": math.log(self.outputs), "top_1_accuracy": 1 / (len(views) * process_count())}

    def momentum(self, progress: float) -> float:
        """The teacher's momentum: 1 - (1 - start) (cos(pi progress) + 1) / 2."""
        return 1 - (1 - self.teacher.momentum) * (math.cos(math.pi * progress) + 1) / 2

    def after_step(self, step: Step, progress: float) -> None:
        """The centre follows the outputs that were centred by it, then the teacher follows, more slowly the later."""
        self.targets.follow(step.remember["mean"])
        self.teacher.follow(self.encoder, self.projector, self.last_layer, momentum=self.momentum(progress))
        self.last_layer.reach(progress)

    def energy(self, views: MultiCrop) -> Float[Tensor, " n"]:
        """The same cross-entropy between the two large crops, with the centre as it is."""
        scores, _, targets = self._ask(MultiCrop(views.index, views.pair()))
        return cross_crop_entropy(scores, targets, temperature=self.temperature)

    def _ask(self, views: MultiCrop) -> tuple[Tensor, Tensor, Tensor]:
        by_size = views.by_size()  # scores are (crops, n, outputs), the teacher's and its targets (2, n, outputs)
        scores = self.last_layer(self.projector(torch.cat([self.encoder(crops) for crops in by_size])))
        scores, taught = (each.view(-1, len(views), each.shape[1]) for each in (scores, self.teacher(by_size[0])))
        return scores, taught, self.targets(taught, self.last_layer.progress)
