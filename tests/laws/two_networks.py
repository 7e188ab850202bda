"""A small network for one channel and another for two, for laws about methods that compare channels."""

import torch
from torch import nn

from selftaught.core import JoinedEncoder
from selftaught.parts import ChannelSplit


def network(channels, width):
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, stride=4, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


class TwoNetworks(JoinedEncoder):
    """Of other widths than each other."""

    widths = (8, 12)
    width = 20
    split = ChannelSplit("0,1-2")

    def __init__(self):
        super().__init__()
        self.networks = nn.ModuleList(network(channels, width) for channels, width in zip((1, 2), (8, 12), strict=True))

    def each(self, parts):
        return tuple(one(part) for one, part in zip(self.networks, parts, strict=True))

    def forward(self, items):
        return torch.cat(self.each(self.split(items)), 1)
