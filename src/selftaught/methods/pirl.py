"""PIRL: an image and its shuffled tiles, both told from all other images by what is remembered of them.

Paper    Misra and van der Maaten 2019, https://arxiv.org/abs/1912.01991
Needs    a memory of one row for each item, seen many times; an encoder of images of any size, as tiles are smaller
Differs  constant normalisers, estimated in the first batch for each loss, not the sum of equation 3: as in InstDisc,
         whose estimator its authors' code takes; an image's own row may be drawn; tiles move no running statistics
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, JigsawView, Method, Step, UserError, process_count
from selftaught.objectives import cosine_distance, key_accuracy
from selftaught.parts import MemoryBank, NoiseContrast, mlp, running_statistics_kept, start_from_vectors
from selftaught.views import JigsawCrops

__all__ = ["PIRL"]

_TILES = 9


@final
class PIRL(Method[JigsawView]):
    """An encoder, a head for images, a head for nine tiles in any order, and a bank with the embedding of every image.

    Args:
        encoder: what is kept after training.
        items: how many there are in the data set.
        embedding_width: width of the embedding that is remembered, and of that of every tile.
        negatives: rows drawn for each image, to be told from its own; none for the softmax over all images.
        temperature: of the softmax over images, above 0.
        bank_momentum: how much of itself a row keeps when its image is seen, in [0, 1).
        bank_start: "random" rows, or what the "encoder" says of the images before the first step, centred.
        tiles_weight: how much the tiles' loss counts, the image's counting the rest, in [0, 1].

    Raises:
        UserError: a value out of its range, other than nine tiles, or a view of an image that is not in the data set.

    Example:
        >>> import torch
        >>> from selftaught.core import JigsawView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import PIRL
        >>> method = PIRL(SmallResNet(image_size=16), items=50, negatives=8)
        >>> step = method.step(JigsawView.example(8, torch.Generator()))
        >>> sorted(step.losses), method.joined[0].in_features
        (['image', 'tiles'], 1152)
    """

    views_type = JigsawView
    view_maker = JigsawCrops
    view_arguments: ClassVar[Mapping[str, str]] = {"bank_rows": "bank.size", "rows_an_item": "of_tiles.negatives"}
    default_encoder = "small_resnet"
    kinds = ("images",)

    def __init__(
        self,
        encoder: Encoder,
        *,
        items: int,
        embedding_width: int = 128,
        negatives: int | None = 32_000,
        temperature: float = 0.07,
        bank_momentum: float = 0.5,
        bank_start: Literal["random", "encoder"] = "random",
        tiles_weight: float = 0.5,
    ) -> None:
        super().__init__()
        if not 0 <= tiles_weight <= 1:
            raise UserError(f"expected a tiles_weight in [0, 1], got {tiles_weight}")
        self.encoder, self.tiles_weight, self.bank_start = encoder, tiles_weight, bank_start
        self.projector = mlp(encoder.width, embedding_width, norm=False)
        self.tile = mlp(encoder.width, embedding_width, norm=False)
        self.joined = mlp(_TILES * embedding_width, embedding_width, norm=False)
        self.bank = MemoryBank(items, embedding_width, momentum=bank_momentum)
        self.of_image = NoiseContrast(negatives=negatives, temperature=temperature)
        self.of_tiles = NoiseContrast(negatives=negatives, temperature=temperature)

    def before_epoch(self, features: Callable[[], Float[Tensor, "items width"]]) -> None:
        """Fill the bank once, if it is to start so."""
        if self.bank_start == "encoder" and self.of_image.batches == 0:
            start_from_vectors([self.bank], [self.projector], features())

    def step(self, views: JigsawView) -> Step:
        """Tell the image's row from those drawn for it, by the image and by its tiles."""
        self.bank.of(views.index)  # which says what is wrong with it
        image, tiles = self._embeddings(views)  # (n, embedding_width) each
        by_image, image_says = self.of_image(image, self.bank.rows, views.index, views.drawn)
        by_tiles, tiles_say = self.of_tiles(tiles, self.bank.rows, views.index, views.drawn)
        return Step(
            {"tiles": self.tiles_weight * by_tiles, "image": (1 - self.tiles_weight) * by_image},
            remember={"image": image.detach(), "index": views.index, "image_says": image_says, "tiles_say": tiles_say},
            metrics={} if self.training else {"top_1_accuracy": key_accuracy(tiles, image)},
        )

    def chance(self, views: JigsawView) -> Mapping[str, float]:
        """A guess holds every image of the batch for that of the tiles; as losses: all rows alike."""
        guess = self.of_tiles.guess(self.bank.size)
        losses = {"tiles": self.tiles_weight * guess, "image": (1 - self.tiles_weight) * guess}
        return {"top_1_accuracy": 1 / (len(views) * process_count()), **losses}

    def after_step(self, step: Step, progress: float) -> None:
        """The images' rows follow their heads, and the normalisers are settled by the first batch."""
        self.bank.move(step.remember["index"], step.remember["image"])
        self.of_image.settle(step.remember["image_says"])
        self.of_tiles.settle(step.remember["tiles_say"])

    def energy(self, views: JigsawView) -> Float[Tensor, " n"]:
        """The squared distance of an image's embedding to that of its tiles, both of unit length."""
        return cosine_distance(*self._embeddings(views))

    def _embeddings(self, views: JigsawView) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        if views.tiles.shape[1] != _TILES:
            raise UserError(f"expected {_TILES} tiles of every image, got {views.tiles.shape[1]}")
        with running_statistics_kept(self.encoder):  # it is used on whole images
            each = self.tile(self.encoder(views.tiles.flatten(0, 1)))  # (9 n, embedding_width)
        return self.projector(self.encoder(views.image)), self.joined(each.unflatten(0, (-1, _TILES)).flatten(1))
