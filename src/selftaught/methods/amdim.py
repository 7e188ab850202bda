"""AMDIM: from one view of an image, recognise the local features of another view, at several scales.

Paper    Bachman et al. 2019, https://arxiv.org/abs/1906.00910
Needs    an encoder with feature maps of several stages, such as small_resnet; 2 views per item; large batches
Differs  the grids of 5x5 and 7x7 are the maps of the last stage and of the one before (4x4 and 7x7 for images of 28
         pixels, 7x7 and 14x14 for 224); their cells see more of the image than the paper's, whose network neither pads
         nor overlaps more than it must; the place of the local feature that predicts walks over the grid from step to
         step and item to item, in place of a draw; each view is mirrored by itself; no mixture of features
"""

import math
from collections.abc import Mapping
from typing import ClassVar, cast, final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import Encoder, Method, MultiView, StagedEncoder, Step, UserError, process_count
from selftaught.objectives import ClippedScores, clipped_agreement, clipped_info_nce
from selftaught.parts import ScaleEmbeddings
from selftaught.views import TwoViews

__all__ = ["AMDIM"]

_TERMS = (("global", "coarse"), ("global", "fine"), ("coarse", "coarse"))
_COLOURS = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1, "grey_probability": 0.25}
_CROPS = {"crop_scale": (0.3, 1.0), "crop_ratio": (0.7, 1.4), "blur_probability": (0.0, 0.0)}


@final
class AMDIM(Method[MultiView]):
    """An encoder, projections of its vector and of two of its maps, and three contrastive losses in both directions.

    Args:
        encoder: what is kept after training; a `StagedEncoder`.
        embedding_width: in which vectors and local features are compared.
        score_bound: scores, divided by the root of the width, are clipped softly at it; above 0.
        penalty_weight: of the mean squared score before clipping, of each of the three losses; 0 or more.

    Raises:
        UserError: an encoder without stages, a value out of its range, or a batch of other than 2 views.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import AMDIM
        >>> method = AMDIM(SmallResNet(image_size=16), embedding_width=32)
        >>> list(method.step(MultiView.example(8, torch.Generator())).losses)
        ['global_to_coarse', 'global_to_fine', 'coarse_to_coarse', 'score_penalty']
    """

    views_type = MultiView
    view_maker = TwoViews
    view_settings: ClassVar[Mapping[str, object]] = {**_CROPS, **_COLOURS}
    default_encoder = "small_resnet"
    kinds = ("images",)
    steps_taken: Int[Tensor, ""]

    def __init__(
        self, encoder: Encoder, *, embedding_width: int = 1024, score_bound: float = 10.0, penalty_weight: float = 0.04
    ) -> None:
        super().__init__()
        if not isinstance(encoder, StagedEncoder):
            raise UserError(f"expected an encoder with maps of several stages, got {type(encoder).__name__}")
        if score_bound <= 0 or penalty_weight < 0:
            raise UserError(f"expected score_bound above, penalty_weight not below 0: {score_bound}, {penalty_weight}")
        self.encoder, self.score_bound, self.penalty_weight = encoder, score_bound, penalty_weight
        self.embed = ScaleEmbeddings(*(channels for channels, *_ in encoder.stage_shapes[-2:]), width=embedding_width)
        self.register_buffer("steps_taken", torch.zeros((), dtype=torch.long))

    def step(self, views: MultiView) -> Step:
        """Pick each view's local features, by the vector and a local feature of the other, out of the whole batch."""
        ways = self._both_ways(views)
        place = {"global": 0 * views.index, "coarse": (views.index + self.steps_taken) % ways[0][0]["coarse"].shape[1]}
        rows = torch.arange(len(views), device=views.index.device)
        losses: dict[str, Tensor] = {}
        found: list[ClippedScores] = []
        for source, target in _TERMS:
            found += [
                clipped_info_nce(one[source][rows, place[source]], other[target], bound=self.score_bound)
                for one, other in ways
            ]
            losses[f"{source}_to_{target}"] = torch.stack([each.loss for each in found[-2:]]).mean()
        penalty = self.penalty_weight * torch.stack([each.mean_square for each in found]).sum() / len(ways)
        bound = _guessed(ways[0][0])["global_to_coarse"] - losses["global_to_coarse"].detach()
        right = torch.stack([each.accuracy for each in found[:2]]).mean()
        shown = {"top_1_accuracy": right, "mutual_information_bound_nats": bound}
        return Step({**losses, "score_penalty": penalty}, metrics=shown)

    def after_step(self, step: Step, progress: float) -> None:
        """Local features predict from the next place."""
        self.steps_taken.add_(1)

    def chance(self, views: MultiView) -> Mapping[str, float]:
        """A guess gives all pairs the score 0, and holds any image of the batch for the right one."""
        return {**_guessed(self._both_ways(views)[0][0]), "score_penalty": 0.0, "mutual_information_bound_nats": 0.0}

    def energy(self, views: MultiView) -> Float[Tensor, " n"]:
        """Minus the clipped scores of one view's vector and local features with the other's; the mean over all."""
        each = [
            clipped_agreement(one[source], other[target], bound=self.score_bound)
            for one, other in self._both_ways(views)
            for source, target in _TERMS
        ]
        return -torch.stack(each).mean(0)

    def _both_ways(self, views: MultiView) -> list[tuple[dict[str, Tensor], dict[str, Tensor]]]:
        """The embeddings of both views, in either order."""
        stages = cast("StagedEncoder", self.encoder).stages
        first, second = (self.embed(*stages(view)[-2:]) for view in views.pair())
        return [(first, second), (second, first)]


def _guessed(embedded: Mapping[str, Tensor]) -> dict[str, float]:
    """The losses and the accuracy of equal scores; `embedded` is of one process: (n, places, width) a scale."""
    count = len(embedded["global"]) * process_count()
    losses = {f"{one}_to_{other}": math.log(1 + (count - 1) * embedded[other].shape[1]) for one, other in _TERMS}
    return {**losses, "top_1_accuracy": 1 / count}
