"""CPCSpeech: from what was heard so far, recognise the frames that come next among all frames of the batch.

Paper    van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, sections 2.2 and 3.1
Needs    recordings; a larger batch gives more negatives
Differs  the negatives of every prediction are all other frames of the batch, not a sample of them; the default network
         has 256 channels instead of 512, normalises the channels of each time step, and pads so that frame j ends
         with sample 160 (j + 1); recordings shorter than a segment are taken whole, with as many predictions as fit;
         the optimiser is AdamW with a schedule instead of Adam
"""

import math
from collections.abc import Mapping
from typing import cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import CausalEncoder, Encoder, Method, Recordings, Step, UserError, gather
from selftaught.objectives import frame_energy, info_nce_over_frames
from selftaught.views import AudioSegments

__all__ = ["CPCSpeech"]


@final
class CPCSpeech(Method[Recordings]):
    """A causal encoder, and for each number of steps ahead a matrix of its own that predicts from the context.

    Args:
        encoder: what is kept after training; a `CausalEncoder`.
        steps_ahead: how many frames ahead is predicted, from every frame; 12 in the paper.

    Raises:
        UserError: the encoder is not causal, or there is no step ahead.

    Example:
        >>> import torch
        >>> from selftaught.core import Recordings
        >>> from selftaught.encoders import CausalSpeechEncoder
        >>> from selftaught.methods import CPCSpeech
        >>> method = CPCSpeech(CausalSpeechEncoder(channels=16, context_width=8), steps_ahead=2)
        >>> step = method.step(Recordings.example(4, torch.Generator()))
        >>> sorted(step.losses), sorted(step.metrics)
        (['info_nce'], ['accuracy_1', 'accuracy_2', 'info_nce_1', 'info_nce_2', 'mutual_information_bound_nats'])
    """

    views_type = Recordings
    view_maker = AudioSegments
    default_encoder = "causal_speech_encoder"
    kinds = ("audio",)

    def __init__(self, encoder: Encoder, *, steps_ahead: int = 12) -> None:
        super().__init__()
        if not isinstance(encoder, CausalEncoder):
            raise UserError(f"expected an encoder that reads from left to right, got {type(encoder).__name__}")
        if steps_ahead < 1:
            raise UserError(f"steps_ahead: expected at least 1, got {steps_ahead}")
        self.encoder = encoder
        self.predictors = nn.ModuleList(
            nn.Linear(encoder.width, encoder.frame_width, bias=False) for _ in range(steps_ahead)
        )
        self.steps_ahead = steps_ahead

    def step(self, views: Recordings) -> Step:
        """Recognise, from every frame, each of the next ones out of the frames of all processes."""
        predictions, frames = self._predict(views)
        found = info_nce_over_frames(predictions, frames, self._encoder.lengths(views.items))
        metrics = {"mutual_information_bound_nats": math.log(found.candidates) - found.loss.detach()}
        for offset, (loss, accuracy) in enumerate(zip(found.losses, found.accuracies, strict=True), start=1):
            metrics |= {f"info_nce_{offset}": loss, f"accuracy_{offset}": accuracy}
        return Step(losses={"info_nce": found.loss}, metrics=metrics)

    def chance(self, views: Recordings) -> Mapping[str, float]:
        """A guess holds every frame of the batch for the right one, all alike; for steps that some recording holds."""
        lengths = gather(self._encoder.lengths(views.items))
        count = int(lengths.sum())
        offsets = range(1, min(self.steps_ahead, int(lengths.max()) - 1) + 1)
        accuracies = {f"accuracy_{offset}": 1 / count for offset in offsets}
        return {"info_nce": math.log(count), "mutual_information_bound_nats": 0.0, **accuracies} if accuracies else {}

    def energy(self, views: Recordings) -> Float[Tensor, " n"]:
        """How badly each recording's next frames are recognised among its own frames."""
        predictions, frames = self._predict(views)
        return frame_energy(predictions, frames, self._encoder.lengths(views.items))

    @property
    def _encoder(self) -> CausalEncoder:
        return cast("CausalEncoder", self.encoder)

    def _predict(self, views: Recordings) -> tuple[Float[Tensor, "k n t d"], Float[Tensor, "n t d"]]:
        frames = self._encoder.frames(views.items)
        context = self._encoder.context(frames)
        return torch.stack([predictor(context) for predictor in self.predictors]), frames
