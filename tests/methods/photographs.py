"""Pieces of photographs that ship with scikit-image, as lightness and colour."""

import torch
from skimage import data

from selftaught.core import ChannelViews

MEAN, DEVIATION = (0.45, 0.4, 0.4), (0.3, 0.28, 0.27)


def pieces(count, size=16, seed=0):
    """Normalised float64 RGB images (count, 3, size, size), from random places of two photographs at half size."""
    generator = torch.Generator().manual_seed(seed)
    photographs = [torch.from_numpy(image[::2, ::2].copy()) for image in (data.astronaut(), data.coffee())]
    found = []
    for number in range(count):
        photograph = photographs[number % 2]
        top, left = (int(torch.randint(side - size, (), generator=generator)) for side in photograph.shape[:2])
        found.append(photograph[top : top + size, left : left + size].permute(2, 0, 1))
    mean, deviation = (torch.tensor(each, dtype=torch.float64).view(-1, 1, 1) for each in (MEAN, DEVIATION))
    return (torch.stack(found).double() / 255 - mean) / deviation


def lightness_and_colour(split, count=4, seed=0):
    images = pieces(count, seed=seed)
    return ChannelViews(torch.arange(count), split(images), torch.zeros(count, 0, dtype=torch.long))
