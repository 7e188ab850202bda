"""LocalAggregation: draw every item to those that clusterings put beside it, among all that are near it.

Paper    Zhuang et al. 2019, https://arxiv.org/abs/1903.12355
Needs    a memory of one row for each item; k-means over all rows, several times, before every epoch
Differs  an item's own row always counts among its background; clusters are found anew before every epoch; instance
         discrimination, in the first epochs, is the softmax over all rows; on request the bank starts as the encoder's
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.core import BankedView, Encoder, Method, Step, UserError, process_count
from selftaught.objectives import cosine_distance, instance_softmax, key_accuracy, local_aggregation
from selftaught.parts import Clusterings, MemoryBank, mlp, start_from_vectors
from selftaught.views import BankedCrops

__all__ = ["LocalAggregation"]

_ITEMS_A_CLUSTER = 43  # 30,000 clusters of the 1.28 million images of ImageNet


@final
class LocalAggregation(Method[BankedView]):
    """An encoder, a linear projector, a bank with the slow embedding of every item, and clusterings of the bank.

    Args:
        encoder: what is kept after training.
        items: how many there are in the data set.
        embedding_width: width of the embedding that is remembered.
        background: how many rows count as near, those of highest cosine; all where there are fewer.
        clusterings: how often all rows are sorted, each time from another start.
        clusters: into how many groups; if none is given, one for 43 items, as in the paper, at least 2.
        temperature: of the softmax over rows, above 0.
        bank_momentum: how much of itself a row keeps when its item is seen, in [0, 1).
        bank_start: "random" rows, or what the "encoder" says of the items before the first step, centred.
        instance_epochs: how many epochs come first in which an item's only close neighbour is itself, among all rows.

    Raises:
        UserError: a value out of its range, or a view of an item that is not in the data set.

    Example:
        >>> import torch
        >>> from selftaught.core import BankedView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import LocalAggregation
        >>> method = LocalAggregation(SmallResNet(image_size=16), items=50, instance_epochs=0, background=16)
        >>> method.before_epoch(lambda: torch.zeros(50, 256))
        >>> sorted(method.step(BankedView.example(8, torch.Generator())).losses), method.clusterings.assignments.shape
        (['local_aggregation'], torch.Size([10, 50]))
    """

    views_type = BankedView
    view_maker = BankedCrops
    view_arguments: ClassVar[Mapping[str, str]] = {"bank_rows": "bank.size", "rows_an_item": "negatives"}
    default_encoder = "small_resnet"
    kinds = ("images",)
    negatives = None  # none are drawn
    epochs_begun: Int[Tensor, ""]

    def __init__(
        self,
        encoder: Encoder,
        *,
        items: int,
        embedding_width: int = 128,
        background: int = 4096,
        clusterings: int = 10,
        clusters: int | None = None,
        temperature: float = 0.07,
        bank_momentum: float = 0.5,
        bank_start: Literal["random", "encoder"] = "random",
        instance_epochs: int = 10,
    ) -> None:
        super().__init__()
        if temperature <= 0 or background < 1 or instance_epochs < 0:
            given = (temperature, background, instance_epochs)
            raise UserError(f"expected temperature, background above 0, instance_epochs not below, got {given}")
        self.encoder, self.instance_epochs, self.bank_start = encoder, instance_epochs, bank_start
        self.projector = mlp(encoder.width, embedding_width, norm=False)
        self.bank = MemoryBank(items, embedding_width, momentum=bank_momentum)
        wanted = max(items // _ITEMS_A_CLUSTER, 2) if clusters is None else clusters
        self.clusterings = Clusterings(items, clusters=wanted, count=clusterings)
        self.background, self.temperature = min(background, items), temperature
        self.register_buffer("epochs_begun", torch.zeros((), dtype=torch.long))

    def step(self, views: BankedView) -> Step:
        """Tell each item's close neighbours from the rest of its background."""
        own, found = self.bank.of(views.index), self.projector(self.encoder(views.view))  # (n, embedding_width) each
        if int(self.epochs_begun) <= self.instance_epochs and self.instance_epochs > 0:
            loss = instance_softmax(found, views.index, self.bank.rows, temperature=self.temperature)
        else:
            places = views.index, self.bank.rows, self.clusterings.assignments
            loss = local_aggregation(found, *places, background=self.background, temperature=self.temperature).mean()
        shown = {} if self.training else {"top_1_accuracy": key_accuracy(found, own)}
        return Step({"local_aggregation": loss}, {"embeddings": found.detach(), "index": views.index}, shown)

    def chance(self, views: BankedView) -> Mapping[str, float]:
        """A guess holds every row of the batch's items for the item's own."""
        return {"top_1_accuracy": 1 / (len(views) * process_count())}

    @torch.no_grad()
    def before_epoch(self, features: Callable[[], Float[Tensor, "items width"]]) -> None:
        """Fill the bank once, if it is to start so; sort its rows, several times, once they are told apart no more."""
        if self.bank_start == "encoder" and int(self.epochs_begun) == 0:
            start_from_vectors([self.bank], [self.projector], features())
        if int(self.epochs_begun) >= self.instance_epochs:
            self.clusterings.sort(self.bank.rows)
        self.epochs_begun.add_(1)

    def after_step(self, step: Step, progress: float) -> None:
        """The items' rows follow."""
        self.bank.move(step.remember["index"], step.remember["embeddings"])

    def energy(self, views: BankedView) -> Float[Tensor, " n"]:
        """The squared distance of an item's embedding to its row, both of unit length."""
        return cosine_distance(self.projector(self.encoder(views.view)), self.bank.of(views.index))
