"""A few colours that stand for all: found once in somebody's pictures, and then looked up."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from selftaught.core import UserError
from selftaught.parts.kmeans import kmeans
from selftaught.parts.lab import rgb_to_lab

__all__ = ["fit_palette", "nearest_colours"]

_MOST_PLACES = 50_000
_ITERATIONS = 50


def fit_palette(
    images: Float[Tensor, "n 3 h w"], colours: int, *, cell_pixels: int = 4, seed: int = 0
) -> Float[Tensor, "colours 2"]:
    """The centres of k-means over the colours of images, whatever their lightness.

    Args:
        images: red, green and blue in 0..1.
        colours: how many, at least 2.
        cell_pixels: side of the squares whose mean colours are sorted.
        seed: of the squares taken where there are more than 50,000, and of the first centres.

    Returns:
        a and b of CIE L*a*b*, from the greenest to the reddest.

    Raises:
        UserError: the images have fewer colours.

    Source:
        Vondrick et al. 2018, https://arxiv.org/abs/1806.09594, section 3.3: k-means over the colours of the data.

    Example:
        >>> import torch
        >>> from selftaught.parts import fit_palette
        >>> halves = torch.zeros(1, 3, 8, 8)
        >>> halves[:, 0, :, :4] = 1  # red on the left, black on the right
        >>> fit_palette(halves, 2).round().abs()
        tensor([[ 0.,  0.],
                [80., 67.]])
    """
    places = _cells(images, cell_pixels).permute(0, 2, 3, 1).reshape(-1, 2)
    generator = torch.Generator().manual_seed(seed)
    few = torch.randperm(len(places), generator=generator)[:_MOST_PLACES].to(places.device)
    points = places[few]
    different = points.round(decimals=2).unique(dim=0)
    if colours < 2 or len(different) < colours:
        raise UserError(
            f"expected pictures with at least {colours} colours, and at least 2, got {len(different)}: give fewer "
            "--colours, or video that is not grey"
        )
    start = different[torch.randperm(len(different), generator=generator)[:colours].to(points.device)]
    centres = kmeans(points, colours, iterations=_ITERATIONS, start=start, generator=generator).centres
    return centres[centres[:, 0].argsort()]


def nearest_colours(
    images: Float[Tensor, "n 3 h w"], palette: Float[Tensor, "colours 2"], *, cell_pixels: int
) -> Int[Tensor, "n g_h g_w"]:
    """The number of the palette's colour that is nearest to the mean colour of each square of an image.

    Args:
        images: red, green and blue in 0..1.
        palette: a and b of CIE L*a*b*.
        cell_pixels: side of a square; what is left over at the right and below is not looked at.

    Example:
        >>> import torch
        >>> from selftaught.parts import nearest_colours
        >>> red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1).expand(1, 3, 4, 8)
        >>> nearest_colours(red, torch.tensor([[-80.0, 80.0], [80.0, 67.0]]), cell_pixels=4)
        tensor([[[1, 1]]])
    """
    cells = _cells(images, cell_pixels)
    distances = (cells[:, None] - palette.to(cells)[:, :, None, None]).square().sum(2)  # (n, colours, g_h, g_w)
    return distances.argmin(1)


def _cells(images: Float[Tensor, "n 3 h w"], cell_pixels: int) -> Float[Tensor, "n 2 g_h g_w"]:
    return F.avg_pool2d(rgb_to_lab(images)[:, 1:], cell_pixels)
