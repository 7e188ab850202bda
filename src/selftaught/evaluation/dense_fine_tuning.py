"""Dense use, trained along: encoder and linear layer learn together what the pixels of the composites are."""

import copy
import math
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import AdamW

from selftaught.core import Encoder, ImageBatch, LocalEncoder, Preparation, Track, UserError, silent
from selftaught.encoders import Preprocessing
from selftaught.evaluation.composites import Background, Composites, make_composites
from selftaught.evaluation.dense_scores import (
    DENSE_CLASSES,
    DenseUse,
    dense_figures,
    enlarged,
    mean_iou,
    painted_classes,
)
from selftaught.evaluation.tuned_classifier import RATES
from selftaught.evaluation.unit_pixels import images_of
from selftaught.training.devices import autocast
from selftaught.views import Draws

__all__ = ["DenseFineTuning", "fine_tune_dense_use"]

_CPU = torch.device("cpu")
_TRAIN_ITEMS, _TEST_ITEMS = 1000, 300
_PASSES, _BATCH_SIZE, _WARM_UP_STEPS = 5, 25, 20
_HELD_OUT = 0.2
_FASTER = 10.0  # the linear layer learns, which begins from nothing


@final
@dataclass(frozen=True, kw_only=True)
class DenseFineTuning:
    """What `fine_tune_dense_use` found.

    Args:
        found: the figures on the test composites.
        rate: the learning rate that was taken.
        held_out: of each rate that was tried, the mean IoU on the held-out composites, by which it was chosen.
        passes: over the training composites.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.composites import make_composites
        >>> from selftaught.evaluation.dense_fine_tuning import DenseFineTuning
        >>> from selftaught.evaluation.dense_scores import DenseUse, dense_figures
        >>> pictures = make_composites(4, image_size=16, channels=1, part="test")
        >>> figures = dense_figures(torch.zeros(4, 11, 4, 4), pictures)
        >>> found = DenseUse(**figures, grid=4, items=(0, 4), background="photographs", seed=0)
        >>> tuned = DenseFineTuning(found=found, rate=1e-3, held_out={1e-3: 0.3}, passes=5)
        >>> tuned.as_json()["localisation"]["located"], tuned.as_json()["rate"]
        (0.0, 0.001)
    """

    found: DenseUse
    rate: float
    held_out: dict[float, float]
    passes: int

    def as_json(self) -> dict[str, Any]:
        """As of `DenseUse`, with the rule that chose the rate."""
        tried = [{"rate": rate, "held_out_mean_iou": score} for rate, score in self.held_out.items()]
        return {**self.found.as_json(), "rate": self.rate, "tried": tried, "passes": self.passes}


def fine_tune_dense_use(
    encoder: Encoder,
    preparation: Preparation,
    *,
    background: Background = "photographs",
    train_items: int = _TRAIN_ITEMS,
    test_items: int = _TEST_ITEMS,
    rates: tuple[float, ...] = RATES,
    passes: int = _PASSES,
    device: torch.device = _CPU,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
    track: Track = silent,
) -> DenseFineTuning:
    """Train all weights of an encoder, with a linear layer on its positions, to name the class of every pixel.

    The composites are those of `measure_dense_use`, and so are the figures. The layer's logits are brought to the size
    of the picture bilinearly, and the loss is the cross-entropy of the pixels. A fifth of the training composites is
    held out, every rate is tried on the others, and the one whose mean IoU on the held-out ones is highest is taken (of
    equal ones the smaller); then a new training runs on all of them. Test composites only count what is right. Each
    training makes the same number of passes with AdamW, whose rate rises over 20 steps and then stays; the layer, which
    begins from zeros, learns ten times as fast as the encoder.

    With two rates and five passes the encoder sees 13,000 pictures forward and backward, whatever it is: about as long
    as five epochs of a method of two views on 1,300 images.

    Args:
        encoder: of images, with positions on a square grid, row by row; left as it was.
        preparation: from images to what it takes.
        background: see `make_composites`.
        train_items: composites to learn from, 10 to 8,000.
        test_items: composites to be tested on, at most 2,000.
        rates: learning rates to choose from, > 0; one is no choice, and nothing is held out.
        passes: over the composites in each training, >= 1.
        device: where to train.
        precision: of the network's arithmetic.
        seed: of everything random.
        track: shows progress.

    Raises:
        UserError: the encoder is not of images, or has no square grid of positions; a number is out of its range.

    Source:
        The rule of `fine_tune` for one budget, with a fixed number of passes; the linear layer is that of
        `measure_dense_use`.

    Example:
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.evaluation.dense_fine_tuning import fine_tune_dense_use
        >>> encoder, prepare = SmallResNet(channels=1, image_size=16), Preprocessing(16, 1, (0.5,), (0.25,))
        >>> tuned = fine_tune_dense_use(encoder, prepare, train_items=50, test_items=20, rates=(1e-3,), passes=1)
        >>> tuned.rate, tuned.held_out, tuned.found.grid
        (0.001, {}, 2)
    """
    whole = replace(images_of(preparation, "dense use"), crop_fraction=1.0)  # masks are of the whole picture
    if not isinstance(encoder, LocalEncoder):
        raise UserError(f"{type(encoder).__name__} has one vector an item and none for positions inside")
    if not rates or min(rates) <= 0 or passes < 1 or train_items < 10:
        given = f"rates={rates}, passes={passes}, train_items={train_items}"
        raise UserError(f"expected rates above 0, at least 1 pass and 10 composites to learn from, got {given}")
    sides = {"image_size": whole.image_size, "channels": whole.channels}
    train = make_composites(train_items, **sides, part="train", background=background, seed=seed)
    test = make_composites(test_items, **sides, part="test", background=background, seed=seed)
    training = _Training(whole, passes, device, precision, seed, track)
    mixed = np.random.default_rng(Draws.at(seed, "dense, held out", batch=1).seed).permutation(train_items)
    held, others = np.split(mixed, [int(_HELD_OUT * train_items)])
    scores: dict[float, float] = {}
    for rate in rates if len(rates) > 1 else ():
        maps = training.maps(training.fit(encoder, _some(train, others), rate), _some(train, held))
        named = enlarged(maps, whole.image_size).argmax(1)
        scores[rate] = mean_iou(named, painted_classes(_some(train, held)), DENSE_CLASSES)
    rate = max(sorted(rates), key=lambda each: scores.get(each, 0.0))
    maps = training.maps(training.fit(encoder, train, rate), test)
    found = DenseUse(
        **dense_figures(maps, test),
        grid=maps.shape[2],
        items=(train_items, test_items),
        background=background,
        seed=seed,
    )
    return DenseFineTuning(found=found, rate=rate, held_out=scores, passes=passes)


def _some(pictures: Composites, rows: np.ndarray) -> Composites:
    chosen = torch.from_numpy(rows)
    return Composites(pictures.images[chosen], pictures.masks[chosen], pictures.classes[chosen])


@final
class _Segmenter(nn.Module):
    """From images to a map of logits for every class."""

    def __init__(self, encoder: LocalEncoder) -> None:
        super().__init__()
        self.encoder, self.linear = encoder, nn.Linear(encoder.width, DENSE_CLASSES)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, items: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k g g"]:
        local = self.encoder.local(items)  # (n, positions, width)
        grid = math.isqrt(local.shape[1])
        if grid**2 != local.shape[1]:
            raise UserError(
                f"expected an encoder with a square grid of positions, got {local.shape[1]} positions an image"
            )
        return self.linear(local).transpose(1, 2).unflatten(2, (grid, grid))


@final
@dataclass(frozen=True)
class _Training:
    """What all trainings share."""

    preparation: Preprocessing
    passes: int
    device: torch.device
    precision: torch.dtype
    seed: int
    track: Track

    def fit(self, encoder: LocalEncoder, pictures: Composites, rate: float) -> _Segmenter:
        """Train a copy of an encoder."""
        model = _Segmenter(copy.deepcopy(encoder)).to(self.device).train()
        body = [weight for weight in model.encoder.parameters() if weight.requires_grad]
        groups = [{"params": body, "of_rate": 1.0}, {"params": model.linear.parameters(), "of_rate": _FASTER}]
        optimiser = AdamW(groups, lr=rate)
        painted = painted_classes(pictures)
        pieces = -(-len(painted) // _BATCH_SIZE)
        steps = [(passed, piece) for passed in range(self.passes) for piece in range(pieces)]
        with torch.random.fork_rng([self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(Draws.at(self.seed, "dense, inside", batch=1).seed % 2**63)
            for step, (passed, piece) in enumerate(self.track(steps, "training on composites", len(steps)), 1):
                order = np.random.default_rng(Draws.at(self.seed, "dense", passed, batch=1).seed)
                rows = torch.from_numpy(np.array_split(order.permutation(len(painted)), pieces)[piece])
                for group in optimiser.param_groups:
                    group["lr"] = group["of_rate"] * rate * min(1.0, step / _WARM_UP_STEPS)
                with autocast(self.device, self.precision):
                    maps = model(self._seen(pictures.images[rows]))
                logits = enlarged(maps.float(), painted.shape[1])
                loss = F.cross_entropy(logits, painted[rows].to(self.device))
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
        return model

    @torch.no_grad()
    def maps(self, model: _Segmenter, pictures: Composites) -> Float[Tensor, "n k g g"]:
        """The logits of every position, in eval mode."""
        model.eval()
        found: list[Tensor] = []
        for images in pictures.images.split(_BATCH_SIZE):
            with autocast(self.device, self.precision):
                found.append(model(self._seen(images)).float().cpu())
        return torch.cat(found)

    def _seen(self, images: Tensor) -> Tensor:
        return self.preparation(ImageBatch.of(images.to(self.device)))
