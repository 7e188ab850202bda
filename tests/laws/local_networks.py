"""Small networks of some channels each that keep positions, for laws about methods that guess the others."""

import torch
from torch import nn

from selftaught.core import JoinedEncoder, LocalEncoder
from selftaught.parts import ChannelSplit


class Grid(LocalEncoder):
    """A convolution: 4x4 positions of 16 pixels a side."""

    width, image_size = 8, 16

    def __init__(self, channels):
        super().__init__()
        self.channels = channels
        self.network = nn.Sequential(
            nn.Conv2d(channels, self.width, 4, stride=4, bias=False), nn.BatchNorm2d(self.width), nn.ReLU()
        )

    def local(self, items):
        return self.network(items).flatten(2).transpose(1, 2)

    def forward(self, items):
        return self.local(items).mean(1)


class LocalNetworks(JoinedEncoder):
    """One network for each group of L, a and b."""

    def __init__(self, groups):
        super().__init__()
        self._split = ChannelSplit(groups)
        self.networks = nn.ModuleList(Grid(width) for width in self._split.widths)
        self.widths = tuple(network.width for network in self.networks)
        self.width = sum(self.widths)

    @property
    def split(self):
        return self._split

    def each(self, parts):
        return tuple(network(part) for network, part in zip(self.networks, parts, strict=True))

    def forward(self, items):
        return torch.cat(self.each(self.split(items)), 1)
