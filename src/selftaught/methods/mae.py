"""MAE: guess most of an image from the few patches that may be seen.

Paper    He et al. 2021, https://arxiv.org/abs/2111.06377, section 3 and appendix A.1
Needs    an encoder of patches, such as small_vit or a vit_* of timm; views with the encoder's patches
Differs  crops are resized bilinearly, not bicubically; the encoder's positions are learned, starting from the paper's
         sines and cosines in small_vit; a class token, where there is one, does not enter the decoder
"""

from collections.abc import Mapping
from typing import ClassVar, cast, final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, MaskedImages, Method, PatchEncoder, Step, UserError
from selftaught.objectives import normalised_patches, patch_error, patch_statistics
from selftaught.parts import PatchDecoder
from selftaught.views import MaskedPatches

__all__ = ["MAE"]


@final
class MAE(Method[MaskedImages]):
    """An encoder that sees visible patches only, and a light decoder, later thrown away, that guesses the hidden ones.

    Args:
        encoder: what is kept after training; an encoder of patches.
        decoder_width: features inside the decoder, a multiple of 4 and of its heads.
        decoder_depth: transformer blocks of the decoder.
        decoder_heads: of attention in each of them.

    Raises:
        UserError: the encoder knows no patches, a value is out of its range, or the views have other patches.

    Example:
        >>> import torch
        >>> from selftaught.core import MaskedImages
        >>> from selftaught.encoders import VisionTransformer
        >>> from selftaught.methods import MAE
        >>> method = MAE(VisionTransformer(image_size=16), decoder_width=32, decoder_depth=1, decoder_heads=2)
        >>> views = MaskedImages.example(4, torch.Generator())
        >>> sorted(method.step(views).losses), method.energy(views).shape, sorted(method.pictures(views))
        (['reconstruction'], torch.Size([4]), ['filled', 'original', 'visible'])
    """

    views_type = MaskedImages
    view_maker = MaskedPatches
    view_arguments: ClassVar[Mapping[str, str]] = {"patch_pixels": "encoder.patch_pixels"}
    default_encoder = "small_vit"
    kinds = ("images",)

    def __init__(
        self, encoder: Encoder, *, decoder_width: int = 512, decoder_depth: int = 8, decoder_heads: int = 16
    ) -> None:
        super().__init__()
        if not isinstance(encoder, PatchEncoder):
            raise UserError(
                f"expected an encoder that can see some patches alone, such as small_vit or vit_tiny_patch16_224, got "
                f"{type(encoder).__name__}"
            )
        self.encoder = encoder
        channels = encoder.channels
        self.decoder = PatchDecoder(
            encoder_width=encoder.width,
            values=encoder.patch_pixels**2 * channels,
            patches=encoder.patches,
            width=decoder_width,
            depth=decoder_depth,
            heads=decoder_heads,
        )

    def step(self, views: MaskedImages) -> Step:
        """Guess the hidden patches of every image; the visible ones cost nothing."""
        return Step(losses={"reconstruction": self._errors(views).mean()})

    def chance(self, views: MaskedImages) -> Mapping[str, float]:
        """A guess says of every hidden patch its own mean: 0, in the values that the error is of."""
        target = normalised_patches(views.hidden_patches)
        return {"reconstruction": patch_error(torch.zeros_like(target), target).mean().item()}

    def energy(self, views: MaskedImages) -> Float[Tensor, " n"]:
        """The mean squared error of the guesses of an image's hidden patches, each normalised by itself."""
        return self._errors(views)

    @torch.no_grad()
    def pictures(self, views: MaskedImages) -> Mapping[str, Float[Tensor, "n c s s"]]:
        """What may be seen (hidden patches show the mean colour), the guesses beside it, and the whole.

        A guess is of a patch's look, not of its brightness and contrast: these are taken from the true patch.
        """
        mean, deviation = patch_statistics(views.hidden_patches)
        return {
            "visible": views.filled(torch.zeros_like(views.hidden_patches)).images,
            "filled": views.filled(self._guess(views) * deviation + mean).images,
            "original": views.images,
        }

    def _errors(self, views: MaskedImages) -> Float[Tensor, " n"]:
        return patch_error(self._guess(views), normalised_patches(views.hidden_patches))

    def _guess(self, views: MaskedImages) -> Float[Tensor, "n hidden values"]:
        encoder = cast("PatchEncoder", self.encoder)
        if views.patch_pixels != encoder.patch_pixels:
            raise UserError(
                f"expected patches of {encoder.patch_pixels} pixels, as the encoder's, got views with patches of "
                f"{views.patch_pixels}"
            )
        return self.decoder(encoder.visible(views.images, views.keep), views.keep, views.hidden)
