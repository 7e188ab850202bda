"""One augmented view of every image, and rows of the data set drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Int, Num
from torch import Tensor

from selftaught.core import BankedView, ImageBatch
from selftaught.views.changes import make_drawn
from selftaught.views.checks import expect_batch, expect_number
from selftaught.views.draws import Draws
from selftaught.views.made_of import made_of
from selftaught.views.two_views import TwoViews

__all__ = ["BankedCrops", "draw_rows"]


@final
@dataclass(frozen=True, kw_only=True)
class BankedCrops:
    """A random resized crop of every image, perhaps mirrored and grey, in changed colours; and rows of a memory bank.

    The defaults are those of instance discrimination for photographs. For images of other than 3 channels saturation,
    hue and grey are left out; `describe` says so.

    Args:
        image_size: height and width of the crop in pixels.
        channels: how many channels the images have.
        mean: what is subtracted from each channel last, in 0..1; None for 0.
        standard_deviation: what each channel is then divided by; None for 1.
        crop_scale: least and largest share of the image's area that the crop shows, in (0, 1].
        crop_ratio: least and largest width over height of the crop.
        flip_probability: how often the crop is mirrored left to right.
        colour_probability: how often brightness, contrast, saturation and hue change, all together.
        brightness: factors are drawn from [1 - brightness, 1 + brightness], at least 0.
        contrast: as brightness, for contrast.
        saturation: as brightness, for saturation.
        hue: shifts are drawn from [-hue, hue], in turns of the colour circle; at most 0.5.
        grey_probability: how often the crop loses its colours.
        bank_rows: how many rows there are to draw from.
        rows_an_item: how many are drawn for each image; None for none.

    Raises:
        UserError: a value is out of its range.

    Source:
        Wu et al. 2018, https://arxiv.org/abs/1805.01978, as in its authors' code.

    Example:
        >>> import torch
        >>> from selftaught.views import BankedCrops, Draws
        >>> make_views = BankedCrops(image_size=28, channels=1, bank_rows=50, rows_an_item=5)
        >>> images, rows = torch.zeros(2, 1, 28, 28, dtype=torch.uint8), torch.tensor([40, 7])
        >>> views = make_views(images, index=rows, draws=Draws.at(0, 17, batch=2))
        >>> views.view.shape, views.drawn.shape
        (torch.Size([2, 1, 28, 28]), torch.Size([2, 5]))
    """

    image_size: int
    channels: int = 3
    mean: Sequence[float] | None = None
    standard_deviation: Sequence[float] | None = None
    crop_scale: tuple[float, float] = (0.2, 1.0)
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip_probability: float = 0.5
    colour_probability: float = 1.0
    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.4
    grey_probability: float = 0.2
    bank_rows: int = 1
    rows_an_item: int | None = None

    def __post_init__(self) -> None:
        self._crops()
        expect_number("bank_rows", self.bank_rows, 1.0)
        expect_number("rows_an_item", self.rows_an_item or 0, 0.0)

    def __call__(
        self,
        items: Num[Tensor, "n c h w"] | ImageBatch,
        *,
        index: Int[Tensor, " n"] | None = None,
        draws: Draws | None = None,
    ) -> BankedView:
        """Make the views of one batch.

        Args:
            items: uint8 in 0..255 or floating point in 0..1.
            index: each image's row in the data set; None for 0, 1, 2, ...
            draws: where the random numbers come from; None for torch's default generator.

        Raises:
            UserError: the images have another number of channels, or the draws are for another number of images.
        """
        batch, draws = expect_batch(items, self.channels, draws)
        drawn = self._crops().draw(batch.sizes, draws, 0)
        (view,) = make_drawn(
            batch, [(drawn, self.image_size)], mean=self.mean, standard_deviation=self.standard_deviation
        )
        index = torch.arange(len(view), device=view.device) if index is None else index
        return BankedView(index, view, draw_rows(draws, self.bank_rows, self.rows_an_item).to(view.device))

    def describe(self) -> list[str]:
        """What is left out for images with this number of channels, a sentence each."""
        return self._crops().describe()

    def _crops(self) -> TwoViews:
        return made_of(TwoViews, self, blur_probability=(0.0, 0.0))


def draw_rows(draws: Draws, rows: int, count: int | None) -> Int[Tensor, "n m"]:
    """Rows of a data set for every item, each row equally likely at every draw.

    Args:
        draws: of the batch.
        rows: how many there are.
        count: how many are drawn for each item; None for none.

    Example:
        >>> from selftaught.views import Draws
        >>> from selftaught.views.banked_crops import draw_rows
        >>> draw_rows(Draws(7, batch=2), 10, 4).shape, draw_rows(Draws(7, batch=2), 10, None).shape
        (torch.Size([2, 4]), torch.Size([2, 0]))
    """
    return draws.stream("rows").integers(rows, count or 0)
