"""InstDisc: tell every item of the data set from all others, by what is remembered of them.

Paper    Wu et al. 2018, https://arxiv.org/abs/1805.01978
Needs    a memory of one row for each item; thousands of negatives; hundreds of steps an epoch, or a bank_momentum near
         1: where embeddings enter the bank faster than the network learns to tell them apart, all stay alike
Differs  the normaliser is estimated in the first batch, and the proximal term is off unless asked for, both as in its
         authors' code; an item that is twice in a batch moves its row once
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import BankedView, Encoder, Method, Step, UserError, process_count
from selftaught.objectives import cosine_distance, key_accuracy
from selftaught.parts import MemoryBank, NoiseContrast, mlp, start_from_vectors
from selftaught.views import BankedCrops

__all__ = ["InstDisc"]


@final
class InstDisc(Method[BankedView]):
    """An encoder, a linear projector, and a bank with the slowly moving embedding of every item.

    The energy is about items of the data set, by their row in it: nothing is remembered of others.

    Args:
        encoder: what is kept after training.
        items: how many there are in the data set.
        embedding_width: width of the embedding that is remembered.
        negatives: how many rows are drawn for each item, which noise-contrastive estimation tells from its own; none
            asks for the softmax over all items, exact and for small data sets.
        temperature: of the softmax over items, above 0.
        bank_momentum: how much of itself a row keeps when its item is seen, in [0, 1).
        bank_start: "random" for rows that say nothing until their item was seen, as in the paper; "encoder" for the
            embeddings of the items before the first step.
        proximal_weight: how strongly an embedding is held near its row, 0 for not at all; the paper shows 10 to 50.

    Raises:
        UserError: a value out of its range, or a view of an item that is not in the data set.

    Example:
        >>> import torch
        >>> from selftaught.core import BankedView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import InstDisc
        >>> method = InstDisc(SmallResNet(image_size=16), items=50, negatives=8)
        >>> step = method.step(BankedView.example(8, torch.Generator()))
        >>> method.after_step(step, progress=0.5)
        >>> sorted(step.losses), int(method.contrast.batches)
        (['own_row'], 1)
    """

    views_type = BankedView
    view_maker = BankedCrops
    view_arguments: ClassVar[Mapping[str, str]] = {"bank_rows": "bank.size", "rows_an_item": "contrast.negatives"}
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        items: int,
        embedding_width: int = 128,
        negatives: int | None = 4096,
        temperature: float = 0.07,
        bank_momentum: float = 0.5,
        bank_start: Literal["random", "encoder"] = "random",
        proximal_weight: float = 0.0,
    ) -> None:
        super().__init__()
        if proximal_weight < 0:
            raise UserError(f"expected a proximal_weight of 0 or more, got {proximal_weight}")
        self.encoder = encoder
        self.projector = mlp(encoder.width, embedding_width, norm=False)
        self.bank = MemoryBank(items, embedding_width, momentum=bank_momentum)
        self.contrast = NoiseContrast(negatives=negatives, temperature=temperature)
        self.bank_start, self.proximal_weight = bank_start, proximal_weight

    @torch.no_grad()
    def before_epoch(self, features: Callable[[], Float[Tensor, "items width"]]) -> None:
        """Fill the bank once, if it is to start so."""
        if self.bank_start == "encoder" and self.contrast.batches == 0:
            start_from_vectors([self.bank], [self.projector], features())

    def step(self, views: BankedView) -> Step:
        """Tell each item's row from those that were drawn for it."""
        own = self.bank.of(views.index)  # (n, embedding_width)
        found = self.projector(self.encoder(views.view))  # (n, embedding_width)
        loss, estimate = self.contrast(found, self.bank.rows, views.index, views.drawn)
        losses = {"own_row": loss}
        if self.proximal_weight > 0:
            losses["proximal"] = self.proximal_weight * cosine_distance(found, own).mean()
        shown = {} if self.training else {"top_1_accuracy": key_accuracy(found, own)}
        kept = {"embeddings": found.detach(), "index": views.index, "normaliser": estimate}
        return Step(losses, remember=kept, metrics=shown)

    def chance(self, views: BankedView) -> Mapping[str, float]:
        """A guess holds every row of the batch's items for the item's own; as a loss: all rows alike."""
        return {
            "top_1_accuracy": 1 / (len(views) * process_count()),
            "own_row": self.contrast.guess(self.bank.size),
        }

    def after_step(self, step: Step, progress: float) -> None:
        """The items' rows follow, and the normaliser is settled by the first batch."""
        self.bank.move(step.remember["index"], step.remember["embeddings"])
        self.contrast.settle(step.remember["normaliser"])

    def energy(self, views: BankedView) -> Float[Tensor, " n"]:
        """The squared distance of an item's embedding to its row, both of unit length."""
        return cosine_distance(self.projector(self.encoder(views.view)), self.bank.of(views.index))
