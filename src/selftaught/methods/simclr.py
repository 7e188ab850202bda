"""SimCLR: recognise the other view of an item among a whole batch.

Paper    Chen et al. 2020, https://arxiv.org/abs/2002.05709, algorithm 1; Chen et al. 2020,
         https://arxiv.org/abs/2006.10029 (SimCLRv2: head_layers 3 and a larger encoder)
Needs    2 views per item; a larger batch gives more negatives
Differs  nothing in the loss; the default optimiser is AdamW, LARS is an option
"""

import math
from collections.abc import Mapping
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Encoder, Method, MultiView, Step, UserError, process_count
from selftaught.objectives import cosine_distance, nt_xent, partner_accuracy
from selftaught.parts import mlp
from selftaught.views import TwoViews

__all__ = ["SimCLR"]


@final
class SimCLR(Method[MultiView]):
    """An encoder, a small projector that is later thrown away, one contrastive loss.

    Args:
        encoder: what is kept after training.
        hidden_width: width of the projector's middle layers.
        embedding_width: width of the embedding that the loss compares.
        head_layers: linear layers of the projector; 2 in v1, 3 in v2, and with 0 the loss compares the encoder's own
            vectors.
        temperature: of the softmax over the batch, above 0; 0.1 is the paper's for ImageNet, 0.5 for CIFAR-10.

    Raises:
        UserError: the temperature is not above 0, head_layers is below 0, or a batch has other than 2 views.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import SimCLR
        >>> method = SimCLR(SmallResNet(channels=3, image_size=16), hidden_width=64, embedding_width=32)
        >>> step = method.step(MultiView.example(8, torch.Generator()))
        >>> sorted(step.losses), sorted(step.metrics)
        (['nt_xent'], ['mutual_information_bound_nats'])
    """

    views_type = MultiView
    view_maker = TwoViews
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        hidden_width: int = 2048,
        embedding_width: int = 128,
        head_layers: int = 2,
        temperature: float = 0.1,
    ) -> None:
        super().__init__()
        if temperature <= 0:
            raise UserError(f"expected a temperature above 0, got {temperature}")
        if head_layers < 0:
            raise UserError(f"expected a projector of 0 layers or more, got head_layers {head_layers}")
        self.encoder = encoder
        widths = [*[hidden_width] * (head_layers - 1), embedding_width]
        self.projector = mlp(encoder.width, *widths, final_norm=True) if head_layers else nn.Identity()
        self.temperature = temperature

    def step(self, views: MultiView) -> Step:
        """Pick each view's partner out of the batch of all processes."""
        first, second = views.pair()
        a = self.projector(self.encoder(first))  # (n, embedding_width)
        b = self.projector(self.encoder(second))  # (n, embedding_width)
        loss = nt_xent(a, b, temperature=self.temperature)
        bound = math.log(_candidates(views)) - loss.detach()  # of mutual information: 1807.03748, section 2.3
        shown = {"mutual_information_bound_nats": bound}
        if not self.training:  # another pass over all pairs
            shown["top_1_accuracy"] = partner_accuracy(a, b)
        return Step(losses={"nt_xent": loss}, metrics=shown)

    def chance(self, views: MultiView) -> Mapping[str, float]:
        """A guess holds every other view of the batch for the partner, all alike: 2n - 1 candidates for n items."""
        count = _candidates(views)
        return {"top_1_accuracy": 1 / count, "nt_xent": math.log(count), "mutual_information_bound_nats": 0.0}

    def energy(self, views: MultiView) -> Float[Tensor, " n"]:
        """The squared distance of the two projections, scaled to unit length."""
        first, second = views.pair()
        return cosine_distance(self.projector(self.encoder(first)), self.projector(self.encoder(second)))


def _candidates(views: MultiView) -> int:
    return 2 * len(views) * process_count() - 1
