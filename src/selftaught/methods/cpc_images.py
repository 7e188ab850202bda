"""CPCImages: from the upper patches of an image, recognise the patches below among all patches of the batch.

Paper    van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, section 3.2
Needs    an encoder of patches (--encoder.patch-grid); a larger batch gives more negatives
Differs  the 7x7 patches are 8 pixels for images of 28 and 32, and 56 for 224, each overlapping half of the next or what
         is nearest to it; they are not jittered one by one; the encoder keeps its batch norms, over all patches, where
         the paper has none; the negatives of every prediction are all other patches of the batch; predictions are
         scaled by 0.1 as in Henaff et al. 2019, https://arxiv.org/abs/1905.09272, appendix; the optimiser is AdamW with
         a schedule instead of Adam
"""

import math
from collections.abc import Mapping
from typing import ClassVar, cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, ImagesWithLatents, Method, Step, UserError, process_count
from selftaught.encoders import PatchAverage
from selftaught.objectives import frame_energy, info_nce_over_frames
from selftaught.parts import ContextFromAbove
from selftaught.views import WithLatents

__all__ = ["CPCImages"]

_SCALE = 0.1  # of predictions, as in Henaff et al. 2019; with 1 first scores are so large that the context's ReLU dies


@final
class CPCImages(Method[ImagesWithLatents]):
    """A network of patches, a context of the rows down to each, and a matrix for each number of rows ahead.

    Args:
        encoder: what is kept after training; in use an image's vector is the mean over its patches.
        rows_ahead: how many rows below are predicted, from every place that has so many; at least 1, and fewer than
            there are.
        context_width: inside the network that looks at the rows above.

    Raises:
        UserError: a value out of its range, or an encoder of whole images.

    Example:
        >>> import torch
        >>> from selftaught.core import ImagesWithLatents
        >>> from selftaught.encoders import PatchAverage, SmallResNet
        >>> from selftaught.methods import CPCImages
        >>> encoder = PatchAverage(SmallResNet(image_size=4), image_size=16, patch_grid=7)
        >>> method = CPCImages(encoder, rows_ahead=2, context_width=32)
        >>> step = method.step(ImagesWithLatents.example(4, torch.Generator()))
        >>> sorted(step.losses), sorted(step.metrics)
        (['info_nce'], ['accuracy_1', 'accuracy_2', 'info_nce_1', 'info_nce_2', 'mutual_information_bound_nats'])
    """

    views_type = ImagesWithLatents
    view_maker = WithLatents
    view_arguments: ClassVar[Mapping[str, str]] = {"noise_width": "latents", "two_parts": "asks_for_pairs"}
    default_encoder = "small_resnet"
    encoder_settings: ClassVar[Mapping[str, object]] = {"patch_grid": 7}
    kinds = ("images",)
    latents, asks_for_pairs = 1, False  # of the views, which this method does not look at

    def __init__(self, encoder: Encoder, *, rows_ahead: int = 5, context_width: int = 256) -> None:
        super().__init__()
        if not isinstance(encoder, PatchAverage):
            raise UserError("expected an encoder that sees an image patch by patch: --encoder.patch-grid")
        if not 1 <= rows_ahead < encoder.patch_grid or context_width < 1:
            most, given = encoder.patch_grid - 1, f"{rows_ahead} and {context_width}"
            raise UserError(f"expected rows_ahead from 1 to {most} and a context_width above 0, got {given}")
        self.encoder, self.rows_ahead, self.grid = encoder, rows_ahead, encoder.patch_grid
        self.context = ContextFromAbove(encoder.width, hidden_width=context_width)
        self.predictors = nn.ModuleList(nn.Linear(encoder.width, encoder.width, bias=False) for _ in range(rows_ahead))

    def step(self, views: ImagesWithLatents) -> Step:
        """Recognise, from every place, the patches below it out of the patches of all processes."""
        predictions, patches, lengths = self._columns(views.images)
        found = info_nce_over_frames(predictions, patches, lengths)
        metrics = {"mutual_information_bound_nats": math.log(found.candidates) - found.loss.detach()}
        for offset, (loss, accuracy) in enumerate(zip(found.losses, found.accuracies, strict=True), start=1):
            metrics |= {f"info_nce_{offset}": loss, f"accuracy_{offset}": accuracy}
        return Step(losses={"info_nce": found.loss}, metrics=metrics)

    def chance(self, views: ImagesWithLatents) -> Mapping[str, float]:
        """A guess holds every patch of the batch for the right one, all alike."""
        count = len(views) * process_count() * self.grid**2
        accuracies = {f"accuracy_{offset}": 1 / count for offset in range(1, self.rows_ahead + 1)}
        return {"info_nce": math.log(count), "mutual_information_bound_nats": 0.0, **accuracies}

    def energy(self, views: ImagesWithLatents) -> Float[Tensor, " n"]:
        """How badly each image's patches are recognised among those of their own column."""
        return frame_energy(*self._columns(views.images)).unflatten(0, (-1, self.grid)).mean(1)

    def _columns(
        self, images: Float[Tensor, "n c h w"]
    ) -> tuple[Float[Tensor, "k columns rows d"], Float[Tensor, "columns rows d"], Tensor]:
        """Predictions and vectors of the patches of every column of every image, from the top, and their number."""
        each = cast("PatchAverage", self.encoder).local(images)  # (n, patches, width)
        vectors = each.unflatten(1, (self.grid, self.grid))  # (n, rows, columns, width)
        patches, context = (each.transpose(1, 2).flatten(0, 1) for each in (vectors, self.context(vectors)))
        predictions = _SCALE * torch.stack([predict(context) for predict in self.predictors])
        return predictions, patches, torch.full((len(patches),), self.grid, device=patches.device)
