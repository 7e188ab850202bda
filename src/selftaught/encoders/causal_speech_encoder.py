"""Sound to vectors from left to right: strided convolutions and a recurrent context."""

import math
from collections.abc import Sequence
from typing import Literal, cast, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import CausalEncoder, Sequences, UserError

__all__ = ["CausalSpeechEncoder"]

_BLOCK_SAMPLES = 1 << 18  # of all recordings of a batch together: what is convolved at once where no gradient is wanted


@final
class CausalSpeechEncoder(CausalEncoder):
    """The network of CPC for speech: five strided convolutions give a frame every 160 samples, a GRU their context.

    Every convolution is padded on its left only, so frame j sees samples up to (j + 1) * 160 - 1 and none after. A
    recording of s samples has s // 160 frames, at least 1: a frame that the recording does not fill is left out, and
    a recording too short for one is completed with silence. Batches of any length work: where no gradient is wanted,
    long recordings are convolved block by block, with the same result.

    Args:
        channels: width of the convolutions and so of a frame; 512 in the paper.
        context_width: width of the GRU, and of what is kept.
        strides: of the convolutions; their product is the samples a frame.
        kernels: widths of the convolutions, each at least its stride.
        norm: channels scales the channels of each time step to mean 0 and deviation 1 after every convolution; none
            leaves it out, as the paper does. Both look at one time step alone.

    Raises:
        UserError: strides and kernels do not go together.

    Source:
        van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, section 3.1.

    Example:
        >>> import torch
        >>> from selftaught.core import Sequences
        >>> from selftaught.encoders import CausalSpeechEncoder
        >>> encoder = CausalSpeechEncoder(channels=16, context_width=8)
        >>> batch = Sequences.of([torch.zeros(1700), torch.zeros(400)])
        >>> encoder(batch).shape, encoder.local(batch).shape, encoder.lengths(batch).tolist()
        (torch.Size([2, 8]), torch.Size([2, 10, 8]), [10, 2])
    """

    def __init__(
        self,
        *,
        channels: int = 256,
        context_width: int = 256,
        strides: Sequence[int] = (5, 4, 2, 2, 2),
        kernels: Sequence[int] = (10, 8, 4, 4, 4),
        norm: Literal["channels", "none"] = "channels",
    ) -> None:
        super().__init__()
        if len(strides) != len(kernels) or not strides or any(k < s for s, k in zip(strides, kernels, strict=True)):
            raise UserError(f"expected a kernel for each stride, at least as wide, got {kernels} for {strides}")
        if min(*strides, channels, context_width) < 1:
            raise UserError(f"expected widths and strides of at least 1, got {channels}, {context_width}, {strides}")
        self.channels, self.context_width = channels, context_width
        self.strides, self.kernels, self.norm = list(strides), list(kernels), norm
        self.width, self.frame_width = context_width, channels
        self.samples_per_frame = math.prod(strides)
        widths = [1, *[channels] * len(strides)]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(widths[layer], channels, kernel, stride)
            for layer, (stride, kernel) in enumerate(zip(strides, kernels, strict=True))
        )
        self.norms = nn.ModuleList(
            nn.LayerNorm(channels) if norm == "channels" else nn.Identity() for _ in self.convolutions
        )
        self.recurrent = nn.GRU(channels, context_width, batch_first=True)
        for module in self.modules():
            if isinstance(module, nn.Conv1d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(cast("Tensor", module.bias))

    @property
    def receptive_samples(self) -> int:
        """How many samples, up to its last, a frame sees."""
        seen, spacing = 1, 1
        for stride, kernel in zip(self.strides, self.kernels, strict=True):
            seen, spacing = seen + (kernel - 1) * spacing, spacing * stride
        return seen

    def lengths(self, items: Sequences) -> Int[Tensor, " n"]:
        """How many frames of each recording are real."""
        return (items.lengths // self.samples_per_frame).clamp(min=1)

    def frames(self, items: Sequences) -> Float[Tensor, "n t frame_width"]:
        """One vector a frame of `samples_per_frame` samples, before any context."""
        samples = items.values.masked_fill(~items.mask, 0)  # (n, s)
        count = max(samples.shape[1] // self.samples_per_frame, 1)
        whole = count * self.samples_per_frame
        samples = F.pad(samples, (0, max(whole - samples.shape[1], 0)))[:, :whole]
        block = max(_BLOCK_SAMPLES // (max(len(samples), 1) * self.samples_per_frame), 1)  # frames at once
        if torch.is_grad_enabled() or count <= block:
            return self._convolve(samples)
        before = math.ceil(self.receptive_samples / self.samples_per_frame) - 1  # frames that a frame looks back on
        pieces: list[Tensor] = []
        for start in range(0, count, block):
            first = max(start - before, 0)
            piece = samples[:, first * self.samples_per_frame : (start + block) * self.samples_per_frame]
            pieces.append(self._convolve(piece)[:, start - first :])
        return torch.cat(pieces, dim=1)

    def context(self, frames: Float[Tensor, "n t frame_width"]) -> Float[Tensor, "n t width"]:
        """One vector a frame, of this frame and all before it."""
        return self.recurrent(frames)[0]

    def local(self, items: Sequences) -> Float[Tensor, "n t width"]:
        """The context at every frame."""
        return self.context(self.frames(items))

    def forward(self, items: Sequences) -> Float[Tensor, "n width"]:
        """The mean of the context over the real frames."""
        context, lengths = self.local(items), self.lengths(items)
        real = torch.arange(context.shape[1], device=context.device) < lengths[:, None]  # (n, t)
        return context.masked_fill(~real[..., None], 0).sum(1) / lengths[:, None]

    def _convolve(self, samples: Float[Tensor, "n s"]) -> Float[Tensor, "n t frame_width"]:
        hidden = samples[:, None]  # (n, 1, s)
        for convolution, norm, stride, kernel in zip(
            self.convolutions, self.norms, self.strides, self.kernels, strict=True
        ):
            hidden = convolution(F.pad(hidden, (kernel - stride, 0)))
            hidden = F.relu(norm(hidden.transpose(1, 2))).transpose(1, 2)
        return hidden.transpose(1, 2)
