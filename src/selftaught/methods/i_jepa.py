"""IJEPA: tell, from one block of an image, what a slow teacher makes of other blocks.

Paper    Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3 and appendix A.1
Needs    an encoder of patches, such as small_vit or a vit_* of timm; views with the encoder's patches
Differs  the loss is the paper's squared distance, a mean over features; the authors' code takes a smooth L1. Of images
         with more context than others a drawn part is seen, there its first rows; encoder positions are learned
"""

from collections.abc import Mapping
from typing import ClassVar, cast, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import BlockMaskedImages, Encoder, Method, PatchEncoder, Step, UserError, process_count
from selftaught.objectives import full_precision, key_accuracy, patch_error
from selftaught.parts import PatchDecoder, Teacher
from selftaught.views import BlockMasks

__all__ = ["IJEPA"]


@final
class IJEPA(Method[BlockMaskedImages]):
    """An encoder that sees a context alone, a narrow predictor, and a slow teacher that sees the whole image.

    Args:
        encoder: what is kept after training; an encoder of patches.
        predictor_width: features inside the predictor, a multiple of 4 and of its heads.
        predictor_depth: transformer blocks of the predictor.
        predictor_heads: of attention in each of them.
        teacher_momentum: how much of itself the teacher keeps in the first step, in [0, 1]; it rises to 1.

    Raises:
        UserError: the encoder knows no patches, a value is out of its range, or the views have other patches.

    Example:
        >>> import torch
        >>> from selftaught.core import BlockMaskedImages
        >>> from selftaught.encoders import VisionTransformer
        >>> from selftaught.methods import IJEPA
        >>> method = IJEPA(VisionTransformer(image_size=16), predictor_width=32, predictor_depth=1, predictor_heads=2)
        >>> views = BlockMaskedImages.example(4, torch.Generator())
        >>> sorted(method.step(views).losses), method.energy(views).shape
        (['squared_distance'], torch.Size([4]))
    """

    views_type = BlockMaskedImages
    view_maker = BlockMasks
    view_arguments: ClassVar[Mapping[str, str]] = {"patch_pixels": "encoder.patch_pixels"}
    default_encoder = "small_vit"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        predictor_width: int = 384,
        predictor_depth: int = 6,
        predictor_heads: int = 12,
        teacher_momentum: float = 0.996,
    ) -> None:
        super().__init__()
        if not isinstance(encoder, PatchEncoder):
            raise UserError(f"expected an encoder of patches, such as small_vit, got {type(encoder).__name__}")
        self.encoder = encoder
        self.predictor = PatchDecoder(
            encoder_width=encoder.width,
            values=encoder.width,
            patches=encoder.patches,
            width=predictor_width,
            depth=predictor_depth,
            heads=predictor_heads,
        )
        self.teacher = Teacher(encoder, momentum=teacher_momentum)

    def step(self, views: BlockMaskedImages) -> Step:
        """Tell every block from the context."""
        told, target = self._both(views)
        shown: dict[str, Tensor] = {}
        if not self.training:  # another pass over all pairs
            shown["top_1_accuracy"] = key_accuracy(told.mean(1), target.mean(1))
        return Step(losses={"squared_distance": patch_error(told, target).mean()}, metrics=shown)

    def chance(self, views: BlockMaskedImages) -> Mapping[str, float]:
        """A guess holds every item's blocks for those that were told, all alike: n candidates for n items.

        The distance has no such value: it is 0 where the teacher says the same of all blocks (collapse).
        """
        return {"top_1_accuracy": 1 / (len(views) * process_count())}

    def momentum(self, progress: float) -> float:
        """The teacher's momentum: to 1 in a straight line."""
        return self.teacher.momentum + (1 - self.teacher.momentum) * progress

    def after_step(self, step: Step, progress: float) -> None:
        """The teacher follows, more slowly the later."""
        self.teacher.follow(self.encoder, momentum=self.momentum(progress))

    def energy(self, views: BlockMaskedImages) -> Float[Tensor, " n"]:
        """The mean squared distance over an item's blocks."""
        return patch_error(*self._both(views))

    def _both(self, views: BlockMaskedImages) -> tuple[Float[Tensor, "n told width"], Float[Tensor, "n told width"]]:
        encoder, taught = (cast("PatchEncoder", one) for one in (self.encoder, self.teacher.network[0]))
        if views.patch_pixels != encoder.patch_pixels:
            raise UserError(f"expected patches of {encoder.patch_pixels} pixels, as the encoder's, got views of others")
        n, count, size = views.blocks.shape
        seen = encoder.visible(views.images, views.context)
        each = (one.repeat_interleave(count, 0) for one in (seen, views.context))  # every block is told by itself
        told = self.predictor(*each, views.blocks.flatten(0, 1)).view(n, count * size, -1)
        places = views.blocks.flatten(1)[:, :, None].expand(-1, -1, encoder.width)
        with torch.no_grad():
            return told, _normalised(taught.local(views.whole)).gather(1, places)


_normalised = full_precision(lambda vectors: F.layer_norm(vectors, vectors.shape[-1:]))
