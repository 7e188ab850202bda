"""VQVAE: an image through a grid of codes, each one of a few that are learned with it.

Paper    van den Oord et al. 2017, https://arxiv.org/abs/1711.00937, equation 3; moving means: its appendix A.1
Needs    an encoder with a square grid of positions, such as small_resnet or small_vit; images as they are
Differs  the decoder has batch norm, and squared errors are means over values and features, as in the authors' code;
         the codebook follows by moving means unless `codebook_decay` is none; `revive_below` replaces dead codes and
         is not the paper's. Kept is the encoder's output before codes are chosen, pooled over positions
"""

from collections.abc import Mapping
from typing import cast, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import CorruptedImages, Encoder, LocalEncoder, Method, Step, UserError
from selftaught.objectives import mean_image_error, perplexity, squared_error, straight_through, vector_distance
from selftaught.parts import Codebook, GridDecoder, grid_side, image_shape
from selftaught.views import CorruptedCopies

__all__ = ["VQVAE"]


@final
class VQVAE(Method[CorruptedImages]):
    """An encoder of positions, a codebook that their vectors are looked up in, and a decoder of codes.

    Args:
        encoder: what is kept; with positions, and `channels` and `image_size` that say which images to make.
        codes: rows of the codebook.
        code_width: features of a code; a linear layer brings the encoder's to as many.
        decoder_width: channels before the decoder's last layer.
        commitment: how much the distance of vectors from their codes counts beside the reconstruction, at least 0.
        codebook_decay: of the moving means that codes are, in [0, 1); none learns them by the codebook loss.
        revive_below: codes that stand for fewer vectors of a batch are replaced, at least 0; 0 leaves them.

    Raises:
        UserError: an encoder without a square grid or that does not say its images; a value out of its range.

    Example:
        >>> import torch
        >>> from selftaught.core import CorruptedImages
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import VQVAE
        >>> method = VQVAE(SmallResNet(channels=3, image_size=16), codes=16, code_width=8, decoder_width=8)
        >>> views = CorruptedImages.example(4, torch.Generator())
        >>> sorted(method.step(views).losses), method.codes(views.images).shape
        (['commitment', 'reconstruction'], torch.Size([4, 2, 2]))
    """

    views_type = CorruptedImages
    view_maker = CorruptedCopies
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        codes: int = 512,
        code_width: int = 64,
        decoder_width: int = 32,
        commitment: int | float = 0.25,
        codebook_decay: int | float | None = 0.99,
        revive_below: int | float = 0.0,
    ) -> None:
        super().__init__()
        if commitment < 0:
            raise UserError(f"expected a commitment of 0 or more, got {commitment}")
        (channels, image_size), side = image_shape(encoder), grid_side(encoder)
        self.encoder, self.commitment, self.side = encoder, commitment, side
        self.narrow = nn.Linear(encoder.width, code_width)
        self.codebook = Codebook(codes, code_width, decay=codebook_decay, revive_below=revive_below)
        self.decoder = GridDecoder(code_width, side=side, channels=channels, image_size=image_size, width=decoder_width)

    def step(self, views: CorruptedImages) -> Step:
        """The error of what codes make of images, and how far vectors and codes are from each other."""
        vectors, numbers, codes = self._coded(views.seen)
        made = self.decoder(straight_through(vectors, codes))
        losses = {"reconstruction": squared_error(made, views.images).mean()}
        if self.codebook.decay is None:
            losses["codebook"] = vector_distance(vectors.detach(), codes)
        losses["commitment"] = self.commitment * vector_distance(vectors, codes.detach())
        counts = self.codebook.counts(numbers.flatten())
        shown = {"perplexity": perplexity(counts), "codes_in_batch": (counts > 0).to(counts.dtype).sum()}
        shown["codes_in_use"] = shown["perplexity"] / counts.sum().clamp(max=len(counts))
        return Step(losses, {"vectors": vectors.detach().flatten(0, 1), "numbers": numbers.flatten()}, shown)

    def after_step(self, step: Step, progress: float) -> None:
        """Codes follow the vectors that they stand for, unless a loss moves them."""
        self.codebook.follow(step.remember["vectors"], step.remember["numbers"])

    def chance(self, views: CorruptedImages) -> Mapping[str, float]:
        """A guess says of every image the mean image."""
        return {"reconstruction": mean_image_error(views.images).item()}

    def energy(self, views: CorruptedImages) -> Float[Tensor, " n"]:
        """How far each image is from what its codes make: the mean squared error of normalised values."""
        return squared_error(self.decoder(self._coded(views.seen)[2]), views.images)

    @torch.no_grad()
    def codes(self, images: Float[Tensor, "n c h w"]) -> Int[Tensor, "n side side"]:
        """The numbers of the codes of normalised images, as a prior over codes learns them."""
        return self._coded(images)[1].unflatten(1, (self.side, self.side))

    @torch.no_grad()
    def decode_codes(self, codes: Int[Tensor, "n side side"]) -> Float[Tensor, "n c h w"]:
        """The normalised images that grids of codes make."""
        return self.decoder(self.codebook.rows[codes.flatten(1)])

    def pictures(self, views: CorruptedImages) -> Mapping[str, Tensor]:
        """Images, and what the codes of what is seen of them make."""
        return {"original": views.images, "made of codes": self.decode_codes(self.codes(views.seen))}

    def _coded(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        vectors = self.narrow(cast("LocalEncoder", self.encoder).local(images))  # (n, positions, code_width)
        numbers = self.codebook.nearest(vectors.flatten(0, 1)).view(vectors.shape[:2])
        return vectors, numbers, self.codebook.rows[numbers]
