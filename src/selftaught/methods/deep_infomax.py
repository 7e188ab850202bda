"""DeepInfoMax: a code of the image that tells the image's own local features from those of other images.

Paper    Hjelm et al. 2018, https://arxiv.org/abs/1808.06670
Needs    an encoder with feature maps of several stages, such as small_resnet; a larger batch gives more negatives
Differs  local features are the last stage's but one (7x7 for images of 28 pixels) if no other is named; the last layer,
         of 64 numbers, stands on what is kept; the encoder fools the prior's discriminator by the non-saturating
         loss, as in its authors' code; dot reads the whole map by one more such projection
"""

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, cast, final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, ImagesWithLatents, Method, StagedEncoder, Step, UserError
from selftaught.parts import GlobalAndLocal, UniformPrior
from selftaught.views import WithLatents

__all__ = ["DeepInfoMax"]


@final
class DeepInfoMax(Method[ImagesWithLatents]):
    """An encoder, a code of the image, critics of the code beside the map and its places, and a prior of codes.

    Args:
        encoder: what is kept; a `StagedEncoder`.
        global_weight: of the information between the code and the whole map; alpha in the paper.
        local_weight: of the information between the code and each place of the map, on average; beta in the paper.
        prior_weight: how much codes are made uniform, against a discriminator; gamma in the paper.
        estimator: of information: by Jensen and Shannon, InfoNCE, or Donsker and Varadhan.
        critic: dot compares with all other images of the batch, concat with one, by a network that sees both together.
        critic_width: of the critics' layers; if none is given, 2048 for dot and 512 for concat.
        embedding_width: numbers in a code.
        local_stage: whose map has the places, from the last, -1, backwards: the earlier, the less a place sees.

    Raises:
        UserError: an encoder without such a stage, a weight below 0, no weight but the prior's, or too few latents.

    Example:
        >>> import torch
        >>> from selftaught.core import ImagesWithLatents
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import DeepInfoMax
        >>> method = DeepInfoMax(SmallResNet(image_size=16), critic_width=64)
        >>> sorted(method.step(ImagesWithLatents.example(8, torch.Generator())).losses)
        ['encoder', 'prior_discriminator']
    """

    views_type = ImagesWithLatents
    view_maker = WithLatents
    view_settings: ClassVar[Mapping[str, object]] = {"two_parts": True}
    default_encoder = "small_resnet"
    kinds = ("images",)
    item_order_matters = True  # to concat, which compares each image with the next

    def __init__(
        self,
        encoder: Encoder,
        *,
        global_weight: float = 0.0,
        local_weight: float = 1.0,
        prior_weight: float = 0.1,
        estimator: Literal["jsd", "infonce", "dv"] = "jsd",
        critic: Literal["dot", "concat"] = "dot",
        critic_width: int | None = None,
        embedding_width: int = 64,
        local_stage: int = -2,
    ) -> None:
        super().__init__()
        if not isinstance(encoder, StagedEncoder):
            raise UserError(f"expected an encoder with maps of several stages, got {type(encoder).__name__}")
        if not -len(encoder.stage_shapes) <= local_stage < 0:
            raise UserError(f"expected a local_stage from -{len(encoder.stage_shapes)} to -1, got {local_stage}")
        weights = {"global": global_weight, "local": local_weight}
        if min(*weights.values(), prior_weight) < 0 or not any(weights.values()):
            given = f"{global_weight:g}, {local_weight:g} and {prior_weight:g}"
            raise UserError(f"expected global_weight or local_weight above 0, and none of three below, got {given}")
        self.encoder, self.prior_weight, self.local_stage = encoder, prior_weight, local_stage
        self.head = nn.Linear(encoder.width, embedding_width)
        shape = encoder.stage_shapes[local_stage]
        self.information = GlobalAndLocal(
            embedding_width, shape, weights, estimator=estimator, critic=critic, critic_width=critic_width
        )
        self.prior = UniformPrior(embedding_width) if prior_weight else None

    def step(self, views: ImagesWithLatents) -> Step:
        """Bound the information of codes and maps, and make codes look like the prior."""
        codes, maps = self._encode(views.images)
        loss, shown = self.information(codes, maps)
        if self.prior is None:
            return Step({"encoder": loss}, metrics=shown)
        of_discriminator, fooling = self.prior(codes, views.noise(self.head.out_features))
        losses = {"encoder": loss + self.prior_weight * fooling, "prior_discriminator": of_discriminator}
        return Step(losses, metrics={**shown, "prior": fooling.detach()})

    def chance(self, views: ImagesWithLatents) -> Mapping[str, float]:
        """A guess gives all pairs one score, and all codes even odds."""
        loss, shown = self.information.guess(len(views))
        prior = {"prior": math.log(2), "prior_discriminator": math.log(4)} if self.prior else {}
        return {"encoder": loss + self.prior_weight * math.log(2), **shown, **prior}

    def energy(self, views: ImagesWithLatents) -> Float[Tensor, " n"]:
        """Minus the critics' score of each image's map beside the code of the image that is coded."""
        codes, maps = self._encode(views.images)
        return self.information.energy(codes if views.coded is None else self._encode(views.coded)[0], maps)

    def players(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """Encoder, head and critics against the discriminator, if there is one."""
        if self.prior is None:
            return {}
        together = nn.ModuleList([self.encoder, self.head, self.information])
        return {"encoder": list(together.parameters()), "prior_discriminator": list(self.prior.parameters())}

    def _encode(self, images: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n _ _ _"]]:
        maps = cast("StagedEncoder", self.encoder).stages(images)
        return self.head(maps[-1].mean((2, 3))), maps[self.local_stage]
