"""Images of which some patches are hidden."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core.patches import patchify, unpatchify
from selftaught.core.views import Views

__all__ = ["MaskedImages"]


@final
@dataclass(frozen=True)
class MaskedImages(Views):
    """Square images, each with the patches that may be seen and those that are to be guessed from them.

    Args:
        images: whole; who asks must see to it that nothing looks at hidden patches.
        keep: the patches that may be seen, by their numbers from the top left, row by row; equally many of each image.
        hidden: all others.

    Example:
        >>> import torch
        >>> from selftaught.core import MaskedImages
        >>> views = MaskedImages.example(2, torch.Generator())
        >>> views.patches.shape, views.keep.shape, views.hidden.shape
        (torch.Size([2, 64, 12]), torch.Size([2, 16]), torch.Size([2, 48]))
    """

    images: Float[Tensor, "n c s s"]
    keep: Int[Tensor, "n kept"]
    hidden: Int[Tensor, "n hidden"]

    @property
    def patch_pixels(self) -> int:
        """Side of a patch, in pixels."""
        side = round((self.keep.shape[1] + self.hidden.shape[1]) ** 0.5)
        return self.images.shape[-1] // side

    @property
    def patches(self) -> Float[Tensor, "n patches values"]:
        """Every patch of every image."""
        return patchify(self.images, self.patch_pixels)

    @property
    def hidden_patches(self) -> Float[Tensor, "n hidden values"]:
        """What is to be guessed."""
        patches = self.patches
        return patches.gather(1, _columns(self.hidden, patches))

    def filled(self, hidden: Float[Tensor, "n hidden values"]) -> "MaskedImages":
        """The same question with other patches in the hidden places."""
        patches = self.patches
        changed = patches.scatter(1, _columns(self.hidden, patches), hidden.to(patches.dtype))
        return replace(self, images=unpatchify(changed, self.images.shape[1]))

    def mismatched(self) -> Mapping[str, "MaskedImages"]:
        """The visible patches beside hidden ones that do not belong there.

        The next item's patches from the same places; the own ones, each moved to the next hidden place; the own ones
        under noise as strong as normalised images are.
        """
        whole, hidden = self.patches, self.hidden_patches
        another = whole.roll(-1, 0).gather(1, _columns(self.hidden, whole))
        noise = torch.randn(hidden.shape, generator=torch.Generator().manual_seed(0)).to(hidden)
        return {
            "hidden patches of another item": self.filled(another),
            "hidden patches in a wrong order": self.filled(hidden.roll(1, 1)),
            "noise over the hidden patches": self.filled(hidden + noise),
        }

    @classmethod
    def example(cls, n: int, generator: torch.Generator) -> "MaskedImages":
        """Random RGB images of 16x16 pixels: of their 64 patches 16 may be seen."""
        images = torch.randn(n, 3, 16, 16, generator=generator)
        order = torch.rand(n, 64, generator=generator).argsort(1)
        return cls(torch.arange(n), images, order[:, :16], order[:, 16:])


def _columns(places: Tensor, patches: Tensor) -> Tensor:
    return places[:, :, None].expand(-1, -1, patches.shape[2])
