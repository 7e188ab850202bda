"""A vision transformer of timm that can be asked for a few patches."""

from typing import Any, Literal, cast, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import PatchEncoder, UserError, usual_patch_pixels
from selftaught.encoders.timm_encoder import SMALL_IMAGE_PIXELS
from selftaught.parts import grid_positions

__all__ = ["SMALL_VIT", "VisionTransformer", "is_plain_transformer"]

SMALL_VIT = "small_vit"
"""The one vision transformer that timm does not name."""

_SMALL_VIT: dict[str, Any] = {
    "embed_dim": 192,
    "depth": 6,
    "num_heads": 3,
    "class_token": False,
    "global_pool": "avg",
    "fc_norm": False,  # the norm comes before the mean, as masked autoencoders train it
}


def is_plain_transformer(name: str) -> bool:
    """Whether timm's network of this name is a vision transformer that `VisionTransformer` can hold.

    Patches enter one by one through one linear layer, their positions are added, and the vectors are pooled without
    weights of their own.

    Example:
        >>> from selftaught.encoders import is_plain_transformer
        >>> is_plain_transformer("vit_tiny_patch16_224"), is_plain_transformer("resnet18")
        (True, False)
    """
    import timm

    if not timm.is_model(name) or not timm.model_entrypoint(name).__module__.endswith(".vision_transformer"):
        return False
    return name.startswith("vit_") and "_patch" in name and ("siglip" not in name or "_gap_" in name)


@final
class VisionTransformer(PatchEncoder):
    """A plain vision transformer of timm without its classifier, which need not look at all patches.

    Its vector of an image is pooled as timm pools it: the class token in most networks, the mean over patches in those
    called "gap" and in "small_vit". Patches are the rows of `patchify`.

    "small_vit" is the network for images up to 64 pixels: 192 wide, 6 blocks, 3 heads, 2.7 million weights, patches of
    `usual_patch_pixels`, no class token; its positions start as sines and cosines. Another network takes such patches
    with the small stem, and its own with timm's.

    Args:
        name: "small_vit", or a network of timm for which `is_plain_transformer`.
        channels: of the images.
        image_size: height and width of the images, in pixels.
        stem: "small", "timm", or "auto", which takes "small" up to 64 pixels; "small_vit" has only one.
        pretrained: load timm's own weights, downloading them where they are not on disk; takes timm's stem.

    Raises:
        UserError: there is no such network or stem, or no patches tile the images.

    Source:
        Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929; without a class token He et al. 2021,
        https://arxiv.org/abs/2111.06377, appendix A.1.

    Example:
        >>> import torch
        >>> from selftaught.encoders import VisionTransformer
        >>> encoder, images = VisionTransformer("small_vit", channels=1, image_size=28), torch.zeros(2, 1, 28, 28)
        >>> encoder(images).shape, encoder.local(images).shape
        (torch.Size([2, 192]), torch.Size([2, 49, 192]))
        >>> encoder.visible(images, torch.tensor([[3, 0], [48, 5]])).shape
        torch.Size([2, 2, 192])
    """

    def __init__(
        self,
        name: str = SMALL_VIT,
        *,
        channels: int = 3,
        image_size: int = 32,
        stem: Literal["auto", "small", "timm"] = "auto",
        pretrained: bool = False,
    ) -> None:
        super().__init__()
        if stem == "auto":
            stem = "small" if image_size <= SMALL_IMAGE_PIXELS and not pretrained else "timm"
        if stem == "small" and pretrained:
            raise UserError(f"no small-image stem for '{name}': its trained weights have timm's stem")
        self.name, self.channels, self.image_size, self.stem = name, channels, image_size, stem
        self.pretrained = pretrained
        self.network = self._build()
        embedding = self.network.patch_embed
        self.patch_pixels, self.patches = int(embedding.patch_size[0]), int(embedding.num_patches)
        self.width = cast("int", self.network.embed_dim)

    def _build(self) -> Any:
        import timm
        from timm.models.vision_transformer import VisionTransformer as Network

        options: dict[str, Any] = {"num_classes": 0, "in_chans": self.channels, "img_size": self.image_size}
        options["dynamic_img_size"] = True  # positions are interpolated for crops of another size
        if self.name == SMALL_VIT or self.stem == "small":
            options["patch_size"] = usual_patch_pixels(self.image_size)
        if self.name == SMALL_VIT:
            if self.pretrained:
                raise UserError(f"timm has no trained weights for '{SMALL_VIT}'")
            network = Network(**_SMALL_VIT, **options)
            side = self.image_size // options["patch_size"]
            with torch.no_grad():
                cast("nn.Parameter", network.pos_embed).copy_(grid_positions(side, _SMALL_VIT["embed_dim"]))
            return network
        if not is_plain_transformer(self.name):
            raise UserError(f"expected '{SMALL_VIT}' or a plain vision transformer of timm, got '{self.name}'")
        return timm.create_model(self.name, pretrained=self.pretrained, **options)

    def forward(self, items: Float[Tensor, "n channels height width_in"]) -> Float[Tensor, "n width"]:
        """What timm's network returns before its classifier."""
        return self.network(items)

    def local(self, items: Float[Tensor, "n channels height width_in"]) -> Float[Tensor, "n patches width"]:
        """One vector a patch, row by row."""
        return self._through_blocks(self._patches(items))

    def visible(
        self, items: Float[Tensor, "n channels height width_in"], keep: Int[Tensor, "n kept"]
    ) -> Float[Tensor, "n kept width"]:
        """The vectors of the patches numbered `keep`, computed from these alone.

        Raises:
            UserError: the images have pixels that no patch covers.
        """
        if self.image_size % self.patch_pixels:
            raise UserError(
                f"expected images that patches of {self.patch_pixels} pixels tile, got {self.image_size} pixels"
            )
        # Each patch is a linear function of its own pixels, so that hidden ones may be dropped behind it.
        return self._through_blocks(self._patches(items).gather(1, keep[:, :, None].expand(-1, -1, self.width)))

    def _patches(self, items: Tensor) -> Tensor:
        patches = self.network.patch_embed(items)
        if patches.dim() == 4:  # networks that take images of several sizes keep the grid
            patches = patches.flatten(1, 2)
        positions = self.network.pos_embed
        return patches + positions[:, positions.shape[1] - patches.shape[1] :]

    def _through_blocks(self, patches: Tensor) -> Tensor:
        network = self.network
        tokens = [each for each in (network.cls_token, network.reg_token) if each is not None]
        before = torch.cat(tokens, 1) if tokens else patches.new_empty(1, 0, self.width)
        if before.shape[1] and not network.no_embed_class:
            before = before + network.pos_embed[:, : before.shape[1]]
        sequence = torch.cat([before.expand(len(patches), -1, -1).to(patches.dtype), patches], 1)
        sequence = network.blocks(network.norm_pre(network.pos_drop(sequence)))
        # Networks that pool before their norm have it as fc_norm; it is a norm of each vector in either place.
        return network.fc_norm(network.norm(sequence))[:, before.shape[1] :]
