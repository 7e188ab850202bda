"""What moves or hides pixels: each image of the batch in its own way.

Random choices come from `Draws`; the functions that apply them are pure.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from selftaught.views.draws import Draws

__all__ = ["cut_out", "quarter_turns", "random_crop_boxes", "random_squares"]

_TRIES = 10


def random_crop_boxes(
    sizes: Int[Tensor, "n 2"], draws: Draws, *, scale: tuple[float, float], ratio: tuple[float, float]
) -> Float[Tensor, "n 4"]:
    """One box an image, of random area, shape and place: the distribution of torchvision's RandomResizedCrop.

    Ten candidates are drawn for every image, with uniform share of the area and log-uniform aspect, and the first that
    fits is taken; where none fits, the largest central box whose aspect is allowed.

    Args:
        sizes: height and width of each image in pixels.
        draws: where the numbers come from.
        scale: the least and the largest share of the image's area.
        ratio: the least and the largest aspect, width over height.

    Returns:
        Top, left, height and width in whole pixels, on the device of `sizes`.

    Source:
        Szegedy et al. 2014, https://arxiv.org/abs/1409.4842, section 6; details as torchvision.

    Example:
        >>> import torch
        >>> from selftaught.views import Draws
        >>> from selftaught.views.geometry import random_crop_boxes
        >>> random_crop_boxes(torch.tensor([[20, 30]]), Draws(0, batch=1), scale=(1.0, 1.0), ratio=(1.5, 1.5))
        tensor([[ 0.,  0., 20., 30.]])
    """
    device = sizes.device
    height, width = sizes.to(torch.float32).unsqueeze(2).unbind(1)  # (n, 1)
    area = height * width * draws.uniform(*scale, _TRIES).to(device)
    aspect = draws.log_uniform(*ratio, _TRIES).to(device)
    place = draws.uniform(0.0, 1.0, 2).to(device)

    box_width, box_height = (area * aspect).sqrt_().round_(), (area / aspect).sqrt_().round_()  # (n, tries)
    fits = (box_width > 0) & (box_width <= width) & (box_height > 0) & (box_height <= height)
    first = fits.to(torch.uint8).argmax(1, keepdim=True)
    none = ~fits.any(1, keepdim=True)
    box_height = torch.where(none, height.minimum((width / ratio[0]).round()), box_height.gather(1, first))
    box_width = torch.where(none, width.minimum((height * ratio[1]).round()), box_width.gather(1, first))

    spare = torch.cat([height - box_height, width - box_width], 1)  # (n, 2)
    corner = torch.where(none, (spare / 2).floor(), (place * (spare + 1)).floor().minimum(spare))
    return torch.cat([corner, box_height, box_width], 1)


def random_squares(side: int, draws: Draws, *, scale: tuple[float, float]) -> Float[Tensor, "n 4"]:
    """One square inside every image, of random area and place.

    Args:
        side: height and width of the images in pixels.
        draws: where the numbers come from.
        scale: the least and the largest share of the image's area.

    Returns:
        Top, left, height and width in whole pixels, on the CPU.

    Example:
        >>> from selftaught.views import Draws
        >>> from selftaught.views.geometry import random_squares
        >>> random_squares(8, Draws(0, batch=1), scale=(1.0, 1.0))
        tensor([[0., 0., 8., 8.]])
    """
    sides = (draws.uniform(*scale, 1).sqrt_() * side).round_()  # (n, 1)
    corner = (draws.uniform(0.0, 1.0, 2) * (side - sides + 1)).floor_().minimum(side - sides)
    return torch.cat([corner, sides, sides], 1)


def quarter_turns(images: Float[Tensor, "n c s s"], turns: Int[Tensor, " n"]) -> Float[Tensor, "n c s s"]:
    """Turn each image by a number of quarters, against the clock.

    Args:
        images: square.
        turns: how many quarters, 0 to 3.

    Example:
        >>> import torch
        >>> from selftaught.views.geometry import quarter_turns
        >>> quarter_turns(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), torch.tensor([1]))
        tensor([[[[2., 4.],
                  [1., 3.]]]])
    """
    turns = turns.view(-1, 1, 1, 1)
    result = torch.where(turns % 2 == 1, images.rot90(1, (2, 3)), images)
    return torch.where(turns >= 2, result.flip((2, 3)), result)


def cut_out(
    images: Float[Tensor, "n c h w"], boxes: Float[Tensor, "n 4"], fill: Float[Tensor, " c"]
) -> Float[Tensor, "n c h w"]:
    """Hide a box of each image.

    Args:
        images: any number of channels.
        boxes: top, left, height, width in whole pixels.
        fill: what each channel shows inside the box.

    Source:
        DeVries & Taylor 2017, https://arxiv.org/abs/1708.04552.

    Example:
        >>> import torch
        >>> from selftaught.views.geometry import cut_out
        >>> cut_out(torch.ones(1, 1, 1, 3), torch.tensor([[0.0, 1.0, 1.0, 2.0]]), torch.zeros(1)).flatten()
        tensor([1., 0., 0.])
    """
    top, left, height, width = boxes.unsqueeze(2).unbind(1)  # (n, 1)
    rows = torch.arange(images.shape[2], device=images.device)
    columns = torch.arange(images.shape[3], device=images.device)
    down = (rows >= top) & (rows < top + height)  # (n, h)
    across = (columns >= left) & (columns < left + width)  # (n, w)
    return torch.where(
        (down[:, :, None] & across[:, None, :])[:, None], fill.to(images.device).view(1, -1, 1, 1), images
    )
