"""Networks that read an image pixel by pixel: by convolutions, row by row, or diagonal by diagonal."""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import Levels, PixelEncoder, UserError
from selftaught.parts import CausalConvolutionBlock, DiagonalBiLSTMBlock, MaskedConvolution, RowLSTMBlock

__all__ = ["PIXEL_READERS", "PixelReader"]

PIXEL_READERS = {"pixel_cnn": CausalConvolutionBlock, "row_lstm": RowLSTMBlock, "diagonal_bilstm": DiagonalBiLSTMBlock}
_FIRST_KERNEL = 7
_CELLS = 7  # a side, at most, of the map of vectors


@final
class PixelReader(PixelEncoder):
    """A 7x7 convolution with the mask A and residual blocks with the mask B, as PixelCNN and PixelRNN have them.

    What is kept of an image is the mean over its pixels of the states after the middle block, behind a ReLU: the last
    blocks are closer to the guess of the next level than to what the image shows.

    Args:
        name: "pixel_cnn", "row_lstm" or "diagonal_bilstm": what the blocks are.
        channels: of the images.
        image_size: height and width of the images, in pixels.
        levels: that each channel of each pixel is rounded to before it is read, at least 2.
        features: numbers of a state, even, at least two for each channel; 2h in the paper.
        blocks: how many.
        mean: what was subtracted from each channel of the images, in 0..1; None for 0.
        standard_deviation: what each channel was then divided by; None for 1.

    Raises:
        UserError: a value is out of its range.

    Source:
        van den Oord et al. 2016, https://arxiv.org/abs/1601.06759, table 1.

    Example:
        >>> import torch
        >>> from selftaught.encoders import PixelReader
        >>> encoder = PixelReader("pixel_cnn", channels=3, image_size=8, features=12, blocks=2)
        >>> images = torch.zeros(2, 3, 8, 8)
        >>> encoder(images).shape, encoder.local(images).shape
        (torch.Size([2, 12]), torch.Size([2, 49, 12]))
    """

    def __init__(
        self,
        name: str = "pixel_cnn",
        *,
        channels: int = 3,
        image_size: int = 32,
        levels: int = 256,
        features: int = 64,
        blocks: int = 6,
        mean: Sequence[float] | None = None,
        standard_deviation: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        if features % 2 or features < 2 * channels:
            raise UserError(f"features: expected an even number, at least two for each channel, got {features}")
        if blocks < 1:
            raise UserError(f"blocks: expected at least 1, got {blocks}")
        self.name, self.channels, self.image_size, self.levels = name, channels, image_size, levels
        self.features, self.blocks, self.mean, self.standard_deviation = features, blocks, mean, standard_deviation
        self.rounding = Levels(count=levels, channels=channels, mean=mean, standard_deviation=standard_deviation)
        self.width = self.state_width = features
        self.rows_above = _FIRST_KERNEL // 2 + blocks if name == "pixel_cnn" else None
        size = (_FIRST_KERNEL, _FIRST_KERNEL)
        self.first = MaskedConvolution(channels, features, size, groups=channels, own=False)
        self.residual = nn.ModuleList(PIXEL_READERS[name](features, groups=channels) for _ in range(blocks))

    @property
    def values_an_image(self) -> int:
        """How many levels an image has: one for each channel of each pixel."""
        return self.channels * self.image_size**2

    def states(self, values: Float[Tensor, "n c h w"]) -> Float[Tensor, "n state_width h w"]:
        """What is known at every pixel from those before it, after the last block."""
        return self._after(self.blocks, values)

    def local(self, items: Float[Tensor, "n c h w"]) -> Float[Tensor, "n cells width"]:
        """The mean states after the middle block in each of 7x7 cells; of smaller images, in each pixel."""
        values = self.rounding.values(self.rounding.of(items), items.dtype)
        states = F.relu(self._after((self.blocks + 1) // 2, values))
        return F.adaptive_avg_pool2d(states, min(_CELLS, items.shape[2])).flatten(2).transpose(1, 2)

    def forward(self, items: Float[Tensor, "n c h w"]) -> Float[Tensor, "n width"]:
        """The mean over the cells."""
        return self.local(items).mean(1)

    def _after(self, blocks: int, values: Tensor) -> Tensor:
        states = self.first(values)
        for block in self.residual[:blocks]:
            states = block(states)
        return states
