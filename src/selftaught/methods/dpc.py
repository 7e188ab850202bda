"""DPC: from the first frames of a clip, recognise every place of the next ones among all places of all clips.

Paper    Han et al. 2019, https://arxiv.org/abs/1909.04656, section 3
Needs    clips of a few frames; an encoder that sees frame by frame and has a vector for every square of pixels
Differs  steps are frames and not blocks of five, each seen alone (the paper: 3-D convolutions); what was seen is
         gathered by an LSTM of maps with 3x3 kernels instead of a GRU with 1x1; all frames of a clip are cropped
         and mirrored alike, without the paper's changes of colour frame by frame; kept is the encoder of frames alone
"""

import math
from collections.abc import Mapping
from typing import ClassVar, cast, final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, FutureClips, LocalEncoder, Method, Step, UserError, process_count
from selftaught.objectives import dense_accuracy, dense_energy, dense_info_nce
from selftaught.parts import DensePredictor, frame_maps
from selftaught.views import PastAndFuture

__all__ = ["DPC"]


@final
class DPC(Method[FutureClips]):
    """An encoder of frames, and a predictor of its vectors of frames to come.

    Args:
        encoder: what is kept after training; one with a vector for every square of a frame.
        cell_pixels: side of such a square.
        state_width: channels of the LSTM's state.

    Raises:
        UserError: the encoder has no places, or a value is out of its range.

    Example:
        >>> import torch
        >>> from selftaught.core import FutureClips
        >>> from selftaught.encoders import FrameResNet
        >>> from selftaught.methods import DPC
        >>> method = DPC(FrameResNet(image_size=16, middle_width=16, lightness_only=False), state_width=8)
        >>> step = method.step(FutureClips.example(4, torch.Generator()))
        >>> sorted(step.losses), sorted(step.metrics)
        (['dense_info_nce'], ['accuracy', 'mutual_information_bound_nats'])
    """

    views_type = FutureClips
    view_maker = PastAndFuture
    default_encoder = "frame_resnet"
    encoder_settings: ClassVar[Mapping[str, object]] = {"lightness_only": False}
    kinds = ("video",)

    def __init__(self, encoder: Encoder, *, cell_pixels: int = 4, state_width: int = 64) -> None:
        super().__init__()
        if not isinstance(encoder, LocalEncoder):
            raise UserError(f"expected an encoder with a vector for every place, got {type(encoder).__name__}")
        if min(cell_pixels, state_width) < 1:
            raise UserError(f"expected cell_pixels and state_width above 0, got {cell_pixels} and {state_width}")
        self.encoder, self.cell_pixels = encoder, cell_pixels
        self.predictor = DensePredictor(inputs=encoder.width, width=state_width)

    def step(self, views: FutureClips) -> Step:
        """Recognise each place of each frame to come; all are predicted from the past alone."""
        predicted, true = self._places(views)
        loss = dense_info_nce(predicted, true)
        candidates = predicted.shape[0] * predicted.shape[1] * process_count()
        shown = {"mutual_information_bound_nats": math.log(candidates) - loss.detach()}
        shown["accuracy"] = dense_accuracy(predicted.detach(), true.detach())
        return Step({"dense_info_nce": loss}, metrics=shown)

    def chance(self, views: FutureClips) -> Mapping[str, float]:
        """A guess holds all places for alike: of all clips for the loss, of the same clip for the accuracy."""
        k, _, height, width = views.future.shape[1:]
        places = k * (height // self.cell_pixels) * (width // self.cell_pixels)
        candidates = len(views) * places * process_count()
        return {
            "dense_info_nce": math.log(candidates),
            "mutual_information_bound_nats": 0.0,
            "accuracy": 1 / places,
        }

    def energy(self, views: FutureClips) -> Float[Tensor, " n"]:
        """How badly the places of each clip's frames to come are recognised among themselves."""
        return dense_energy(*self._places(views))

    def _places(self, views: FutureClips) -> tuple[Float[Tensor, "n m d"], Float[Tensor, "n m d"]]:
        """What is expected and what is there, of every place of every frame to come: frame by frame, row by row."""
        frames, past = torch.cat([views.past, views.future], 1), views.past.shape[1]
        maps = frame_maps(cast("LocalEncoder", self.encoder), frames, self.cell_pixels)
        expected = self.predictor(maps[:, :past], views.future.shape[1])
        predicted, true = (each.movedim(2, 4).flatten(1, 3) for each in (expected, maps[:, past:]))
        return predicted, true
