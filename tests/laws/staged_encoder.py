"""A network of two stages, for laws about methods that look at feature maps."""

from torch import nn

from selftaught.core import StagedEncoder


class TwoStages(StagedEncoder):
    """For RGB images of 16x16 pixels."""

    width, channels, image_size = 12, 3, 16
    stage_shapes = ((8, 4, 4), (12, 2, 2))

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, stride=4, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(8, 12, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(12), nn.ReLU())

    def stages(self, items):
        fine = self.first(items)
        return fine, self.second(fine)

    def local(self, items):
        return self.stages(items)[-1].flatten(2).transpose(1, 2)

    def forward(self, items):
        return self.stages(items)[-1].mean((2, 3))
