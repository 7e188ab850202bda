"""CMC: what an item shows in some channels, recognised from what it shows in others, among all items.

Paper    Tian et al. 2019, https://arxiv.org/abs/1906.05849
Needs    several channels, a network (--encoder.channel-split) and a memory for each group; thousands of negatives
Differs  on request banks start as the encoder's; as in its authors' code, normalisers are the first batch's, one a pair
"""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import ClassVar, Literal, cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import ChannelViews, Encoder, JoinedEncoder, Method, Step, UserError, process_count
from selftaught.objectives import cosine_distance, key_accuracy
from selftaught.parts import MemoryBank, NoiseContrast, mlp, start_from_vectors
from selftaught.views import ChannelCrops

__all__ = ["CMC"]


@final
class CMC(Method[ChannelViews]):
    """A network, a linear projector and a memory bank for each group of channels, and a loss for each ordered pair.

    Args:
        encoder: what is kept after training: all networks, side by side.
        items: how many there are in the data set.
        embedding_width: width of the embeddings that are remembered.
        negatives: how many rows are drawn for each item, to be told from its own; none for the softmax over all items.
        temperature: of the softmax over items, above 0.
        bank_momentum: how much of itself a row keeps when its item is seen, in [0, 1).
        bank_start: "random" rows, or what the "encoder" says of the items before the first step, centred.
        graph: which groups are paired where there are more than two: "full" for all, "core" for the first with each.

    Raises:
        UserError: a value out of its range, an encoder of one network, or views that are not of its groups.

    Example:
        >>> import torch
        >>> from selftaught.core import ChannelViews
        >>> from selftaught.encoders import SplitChannels
        >>> from selftaught.methods import CMC
        >>> encoder = SplitChannels("small_resnet", channels=3, image_size=16, channel_split="L,ab")
        >>> method = CMC(encoder, items=50, negatives=8)
        >>> sorted(method.step(ChannelViews.example(8, torch.Generator())).losses)
        ['1_among_2', '2_among_1']
    """

    views_type = ChannelViews
    view_maker = ChannelCrops
    view_arguments: ClassVar = {"split": "encoder.split", "bank_rows": "items", "rows_an_item": "negatives"}
    default_encoder = "small_resnet"
    encoder_settings: ClassVar[Mapping[str, object]] = {"channel_split": "L,ab"}
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        items: int,
        embedding_width: int = 128,
        negatives: int | None = 16_384,
        temperature: float = 0.07,
        bank_momentum: float = 0.5,
        bank_start: Literal["random", "encoder"] = "random",
        graph: Literal["full", "core"] = "full",
    ) -> None:
        super().__init__()
        if not isinstance(encoder, JoinedEncoder) or len(encoder.widths) < 2:
            raise UserError("expected an encoder with a network for each group of channels: --encoder.channel-split")
        self.encoder, self.items, self.negatives, self.bank_start = encoder, items, negatives, bank_start
        self.projectors = nn.ModuleList(mlp(width, embedding_width, norm=False) for width in encoder.widths)
        self.banks = nn.ModuleList(MemoryBank(items, embedding_width, momentum=bank_momentum) for _ in encoder.widths)
        self.pairs = [pair for pair in combinations(range(len(encoder.widths)), 2) if graph == "full" or pair[0] == 0]
        self.directions = self.pairs + [(other, one) for one, other in self.pairs]
        self.names = [f"{one + 1}_among_{other + 1}" for one, other in self.directions]
        self.contrasts = nn.ModuleList(NoiseContrast(negatives=negatives, temperature=temperature) for _ in self.names)

    def before_epoch(self, features: Callable[[], Float[Tensor, "items width"]]) -> None:
        """Fill the banks once, if they are to start so."""
        if self.bank_start == "encoder" and cast("NoiseContrast", self.contrasts[0]).batches == 0:
            start_from_vectors(list(self.banks), list(self.projectors), features())

    def step(self, views: ChannelViews) -> Step:
        """Tell each item's row in every other bank, by each group of its channels."""
        cast("MemoryBank", self.banks[0]).of(views.index)  # which says what is wrong with it
        found = self._embeddings(views)
        told = zip(self.contrasts, self.directions, strict=True)
        answers = [tell(found[one], self.banks[other].rows, views.index, views.drawn) for tell, (one, other) in told]
        losses = {name: loss for name, (loss, _) in zip(self.names, answers, strict=True)}
        says = torch.stack([estimate for _, estimate in answers])
        kept = {"embeddings": torch.stack(found).detach(), "index": views.index, "says": says}
        hits = [] if self.training else [key_accuracy(found[one], found[other]) for one, other in self.directions]
        return Step(losses, remember=kept, metrics={"top_1_accuracy": torch.stack(hits).mean()} if hits else {})

    def chance(self, views: ChannelViews) -> Mapping[str, float]:
        """A guess holds every item of the batch for the one whose channels are shown; as losses: all rows alike."""
        guess = cast("NoiseContrast", self.contrasts[0]).guess(self.items)
        return {"top_1_accuracy": 1 / (len(views) * process_count()), **dict.fromkeys(self.names, guess)}

    def after_step(self, step: Step, progress: float) -> None:
        """The items' rows follow in every bank, and the normalisers are settled by the first batch."""
        for bank, embeddings in zip(self.banks, step.remember["embeddings"], strict=True):
            cast("MemoryBank", bank).move(step.remember["index"], embeddings)
        for contrast, estimate in zip(self.contrasts, step.remember["says"], strict=True):
            cast("NoiseContrast", contrast).settle(estimate)

    def energy(self, views: ChannelViews) -> Float[Tensor, " n"]:
        """The squared distance of the embeddings of two groups, of unit length; the mean over the pairs."""
        found = self._embeddings(views)
        return torch.stack([cosine_distance(found[one], found[other]) for one, other in self.pairs]).mean(0)

    def _embeddings(self, views: ChannelViews) -> list[Float[Tensor, "n d"]]:
        if len(views.parts) != len(self.banks):
            raise UserError(f"expected {len(self.banks)} groups of channels, got {len(views.parts)}")
        each = cast("JoinedEncoder", self.encoder).each(views.parts)
        return [project(vectors) for project, vectors in zip(self.projectors, each, strict=True)]
