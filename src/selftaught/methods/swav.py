"""SwAV: predict from one crop which prototypes another crop of the item was given to.

Paper    Caron et al. 2020, https://arxiv.org/abs/2006.09882, section 3 and appendix A
Needs    2 large crops per item, and better some small ones; more items a batch than prototypes, or a queue
Differs  prototypes are brought to unit length where they are used, where the authors' code rescales them before every
         step; the projector has no bias; the queue fills from the first step on; the default optimiser is AdamW
"""

import math
from collections.abc import Mapping
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, Method, MultiCrop, Step, UserError, process_count
from selftaught.objectives import cross_crop_entropy, partner_accuracy, share_in_use
from selftaught.parts import BalancedCodes, Prototypes, mlp
from selftaught.views import MultiCrops

__all__ = ["SwAV"]


@final
class SwAV(Method[MultiCrop]):
    """An encoder, a projector, and prototypes among which the batch is shared out evenly.

    Args:
        encoder: what is kept after training.
        hidden_width: width of the projector's middle layer.
        embedding_width: width of the embedding that is compared with the prototypes.
        prototypes: how many.
        temperature: of the predictions, above 0.
        epsilon: of the codes, above 0: the smaller, the nearer they are to one prototype an item.
        sinkhorn_iterations: how often prototypes and items get their share in turn.
        freeze_prototypes: for which share of the run, in [0, 1), the prototypes stay as they began.
        queue: how many past embeddings of each large crop are shared out beside the batch, for batches that are small
            beside the prototypes; none for no queue.
        queue_start: from which share of the run on, in [0, 1], and not before the queue is full.

    Raises:
        UserError: a value out of its range, or a batch with other than 2 large crops.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiCrop
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import SwAV
        >>> method = SwAV(SmallResNet(channels=3, image_size=16), hidden_width=64, prototypes=10)
        >>> step = method.step(MultiCrop.example(8, torch.Generator()))
        >>> sorted(step.losses)
        ['swapped_prediction']
    """

    views_type = MultiCrop
    view_maker = MultiCrops
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden_width: int = 2048,
        embedding_width: int = 128,
        prototypes: int = 3000,
        temperature: float = 0.1,
        epsilon: float = 0.05,
        sinkhorn_iterations: int = 3,
        freeze_prototypes: int | float = 0.0025,
        queue: int | None = None,
        queue_start: int | float = 0.075,
    ) -> None:
        super().__init__()
        if temperature <= 0:
            raise UserError(f"expected a temperature above 0, got {temperature}")
        self.encoder = encoder
        self.projector = mlp(encoder.width, hidden_width, embedding_width)
        self.prototypes = Prototypes(prototypes, embedding_width, frozen_share=freeze_prototypes)
        self.codes = BalancedCodes(
            embedding_width, epsilon=epsilon, iterations=sinkhorn_iterations, queue=queue, queue_start=queue_start
        )
        self.temperature = temperature

    def step(self, views: MultiCrop) -> Step:
        """Give the large crops' embeddings to prototypes, and predict that from every other crop: equation 6."""
        embeddings, scores = self._embed(views)
        codes, large = self.codes(scores[:2].detach(), self.prototypes), embeddings[:2].detach()
        loss = cross_crop_entropy(scores, codes, temperature=self.temperature).mean()
        chosen = codes.argmax(-1).flatten().bincount(minlength=codes.shape[-1])
        shown = {"clusters_in_use": share_in_use(chosen.to(codes))}
        if not self.training:  # another pass over all pairs
            shown["top_1_accuracy"] = partner_accuracy(*large)
        return Step(losses={"swapped_prediction": loss}, remember={"large": large}, metrics=shown)

    def chance(self, views: MultiCrop) -> Mapping[str, float]:
        """A guess holds all prototypes, and all other large crops of the batch for the partner, for equally likely."""
        candidates = 2 * len(views) * process_count() - 1
        return {"swapped_prediction": math.log(len(self.prototypes.weight)), "top_1_accuracy": 1 / candidates}

    def after_step(self, step: Step, progress: float) -> None:
        """Note the progress, by which prototypes thaw; the embeddings enter their queues."""
        self.prototypes.reach(progress)
        self.codes.push(step.remember["large"])

    def energy(self, views: MultiCrop) -> Float[Tensor, " n"]:
        """The same cross-entropy between the two large crops.

        Sinkhorn's codes are shares of a batch. An item's own are a softmax: Sinkhorn without the prototypes' shares.
        """
        _, scores = self._embed(MultiCrop(views.index, views.pair()))
        own = (scores / self.codes.epsilon).softmax(-1)
        return cross_crop_entropy(scores, own, temperature=self.temperature)

    def _embed(self, views: MultiCrop) -> tuple[Float[Tensor, "crops n width"], Float[Tensor, "crops n k"]]:
        vectors = torch.cat([self.encoder(crops) for crops in views.by_size()])
        embeddings = self.projector(vectors)
        shape = (len(views.views), len(views), -1)
        return embeddings.view(shape), self.prototypes(embeddings).view(shape)
