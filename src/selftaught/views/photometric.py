"""What changes the colours of images: each image of the batch by its own amount.

Images are (n, c, h, w) in 0..1, and so are the results. The arithmetic is that of
torchvision.transforms.v2.functional on one floating-point image.
"""

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = [
    "add_noise",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_hue",
    "adjust_saturation",
    "grey",
    "solarise",
]

_LUMA = (0.2989, 0.587, 0.114)  # ITU-R 601-2, as torchvision rounds it


def adjust_brightness(images: Float[Tensor, "n c h w"], factors: Float[Tensor, " n"]) -> Float[Tensor, "n c h w"]:
    """Blend each image with black: clamp(f x).

    Args:
        images: any number of channels.
        factors: f >= 0; 0 gives black, 1 the image.

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import adjust_brightness
        >>> adjust_brightness(torch.full((2, 1, 1, 1), 0.5), torch.tensor([0.5, 3.0])).flatten()
        tensor([0.2500, 1.0000])
    """
    return (images * _each(factors)).clamp_(0, 1)


def adjust_contrast(images: Float[Tensor, "n c h w"], factors: Float[Tensor, " n"]) -> Float[Tensor, "n c h w"]:
    """Blend each image with its mean grey: clamp(f x + (1 - f) mean).

    Args:
        images: any number of channels; the mean is that of the luma for 3, else that of all channels.
        factors: f >= 0; 0 gives a flat grey, 1 the image.

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import adjust_contrast
        >>> adjust_contrast(torch.tensor([0.2, 0.6]).view(1, 1, 1, 2), torch.tensor([0.5])).flatten()
        tensor([0.3000, 0.5000])
    """
    means = images.mean((2, 3))  # (n, c)
    means = means @ means.new_tensor(_LUMA) if images.shape[1] == 3 else means.mean(1)
    return (images * _each(factors)).add_(_each(means * (1 - factors))).clamp_(0, 1)


def adjust_saturation(images: Float[Tensor, "n 3 h w"], factors: Float[Tensor, " n"]) -> Float[Tensor, "n 3 h w"]:
    """Blend each image with its grey version: clamp(f x + (1 - f) grey(x)).

    Args:
        images: RGB.
        factors: f >= 0; 0 gives grey, 1 the image.

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import adjust_saturation
        >>> adjust_saturation(torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1), torch.tensor([0.0])).flatten()
        tensor([0.2989, 0.2989, 0.2989])
    """
    return torch.addcmul(_luma(images).mul_(_each(1 - factors)), images, _each(factors)).clamp_(0, 1)


def adjust_hue(images: Float[Tensor, "n 3 h w"], shifts: Float[Tensor, " n"]) -> Float[Tensor, "n 3 h w"]:
    """Turn the colour circle of each image, keeping HSV's saturation and value.

    With m and v the smallest and the largest channel of a pixel, and h in [0, 6) its hue after the turn, a channel
    becomes

        m + (v - m) clamp(w, 0, 1),    w = |h - 3| - 1 for R,  2 - |h - 2| for G,  2 - |h - 4| for B.

    Args:
        images: RGB.
        shifts: in turns, [-0.5, 0.5]; 0 gives the image, 1/3 makes red green.

    Source:
        Smith 1978, "Color gamut transform pairs", https://doi.org/10.1145/800248.807361, in closed form.

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import adjust_hue
        >>> red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
        >>> adjust_hue(red, torch.tensor([0.5])).flatten()
        tensor([0., 1., 1.])
    """
    red, green, blue = images.unbind(1)
    largest, smallest = red.maximum(green).maximum(blue), red.minimum(green).minimum(blue)
    distance = largest - smallest
    # These signs are 0 or 1: to choose by `lerp` is then exact, and several times as fast as by `where`.
    if_green, if_blue = (blue - red).add_(distance, alpha=2), (red - green).add_(distance, alpha=4)
    hue = torch.lerp(green - blue, torch.lerp(if_green, if_blue, (largest - green).sign_()), (largest - red).sign_())
    hue.div_(distance.clamp(min=torch.finfo(images.dtype).tiny)).div_(6)  # a grey pixel has no hue, and any will do
    hue.add_(shifts.view(-1, 1, 1))
    hue.sub_(hue.floor()).mul_(6)

    result = torch.empty_like(images)
    shares = ((hue - 3).abs_().sub_(1), 2 - (hue - 2).abs_(), 2 - (hue - 4).abs_())
    for channel, share in enumerate(shares):
        torch.addcmul(smallest, distance, share.clamp_(0, 1), out=result[:, channel])
    return result


def grey(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """Each image without colours: three times its luma 0.2989 R + 0.587 G + 0.114 B.

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import grey
        >>> grey(torch.tensor([1.0, 1.0, 0.0]).view(1, 3, 1, 1)).flatten()
        tensor([0.8859, 0.8859, 0.8859])
    """
    return _luma(images).repeat(1, 3, 1, 1)


def solarise(images: Float[Tensor, "n c h w"], threshold: float) -> Float[Tensor, "n c h w"]:
    """Turn the bright pixels dark: 1 - x where x >= threshold.

    Args:
        images: any number of channels.
        threshold: in [0, 1].

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import solarise
        >>> solarise(torch.tensor([0.25, 0.75]).view(1, 1, 1, 2), 0.5).flatten()
        tensor([0.2500, 0.2500])
    """
    return torch.where(images >= threshold, 1 - images, images)


def add_noise(
    images: Float[Tensor, "n c h w"], noise: Float[Tensor, "n c h w"], deviation: float
) -> Float[Tensor, "n c h w"]:
    """Add noise to every pixel: clamp(x + deviation noise).

    Args:
        images: any number of channels.
        noise: from the standard normal distribution.
        deviation: in units of pixel values, >= 0.

    Example:
        >>> import torch
        >>> from selftaught.views.photometric import add_noise
        >>> add_noise(torch.tensor([0.5, 0.9]).view(1, 1, 1, 2), torch.ones(1, 1, 1, 2), 0.2).flatten()
        tensor([0.7000, 1.0000])
    """
    return torch.add(images, noise, alpha=deviation).clamp_(0, 1)


def _each(values: Float[Tensor, " n"]) -> Float[Tensor, "n 1 1 1"]:
    return values.view(-1, 1, 1, 1)


def _luma(images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1 h w"]:
    red, green, blue = images.split(1, dim=1)
    return (red * _LUMA[0]).add_(green, alpha=_LUMA[1]).add_(blue, alpha=_LUMA[2])
