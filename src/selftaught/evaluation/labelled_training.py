"""A short training loop on labels: what fine-tuning and its control share."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.optim import AdamW

from selftaught.core import Preparation, Source, Track, silent
from selftaught.encoders import Preprocessing
from selftaught.evaluation.unit_pixels import to_pixels
from selftaught.extraction import extract_each
from selftaught.training.devices import autocast
from selftaught.views import Draws
from selftaught.views.random_crops import RandomCrops

__all__ = ["LabelledTraining"]

_LEAST_CROP = 0.5  # share of the image's area
_WARM_UP_STEPS = 20


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledTraining:
    """Everything about training on labels that is the same for all networks, rates and draws.

    Args:
        preparation: from raw items to what networks take.
        source: the items.
        labels: their classes, from 0 on.
        classes: how many there are.
        batch_size: items at a time; items that mean nothing apart, as the nodes of a graph, are taken all at once.
        device: where to train.
        precision: of the networks' arithmetic.
        label_smoothing: share of each label that is spread evenly over all classes, in [0, 1]; the losses that `fit`
            tells of held-out items are without.
        track: shows the progress of each training.

    Source:
        Szegedy et al. 2015, https://arxiv.org/abs/1512.00567, section 7, for the smoothing.

    Example:
        >>> import numpy as np
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.evaluation.labelled_training import LabelledTraining
        >>> labels = torch.arange(64) % 2
        >>> source = open_images(torch.rand(64, 1, 8, 8) * 0.4 + 0.5 * labels.view(-1, 1, 1, 1)).train
        >>> training = LabelledTraining(
        ...     preparation=Preprocessing(8, 1, (0.5,), (0.5,)), source=source, labels=labels, classes=2, batch_size=16,
        ...     device=torch.device("cpu"), precision=torch.float32,
        ... )
        >>> model, curve = training.fit(nn.Flatten(), np.arange(64), rate=0.01, epochs=20, order=(0,))
        >>> bool((training.logits(model, source).argmax(1) == labels).all()), curve
        (True, [])
    """

    preparation: Preparation
    source: Source
    labels: Int[Tensor, " n"]
    classes: int
    batch_size: int
    device: torch.device
    precision: torch.dtype
    label_smoothing: int | float = 0.0
    track: Track = silent

    def steps_an_epoch(self, items: int) -> int:
        """How many batches so many items make."""
        return 1 if self.source.in_one_batch else -(-items // self.batch_size)

    def fit(
        self,
        network: nn.Module,
        rows: Int[np.ndarray, " some"],
        *,
        rate: float,
        epochs: int,
        order: Sequence[int | str],
        held_out: Int[np.ndarray, " others"] | None = None,
    ) -> tuple[nn.Module, list[tuple[float, float]]]:
        """Train a copy of a network with a linear classifier behind it.

        Args:
            network: gives one vector an item; left as it was.
            rows: of the items to learn from.
            rate: of AdamW.
            epochs: passes over the items.
            order: of items and crops, any numbers and names; the same give the same.
            held_out: rows of items to try the network on after every epoch.

        Returns:
            The trained network, from items to the logits of the classes, and accuracy and loss in nats on the
            held-out items after every epoch.
        """
        width = self.logits(network, self.source.take(rows[:1])).shape[1]
        classifier = nn.Linear(width, self.classes)
        nn.init.zeros_(classifier.weight)
        nn.init.zeros_(classifier.bias)
        model = nn.Sequential(copy.deepcopy(network), classifier).to(self.device)
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        optimiser = AdamW(weights, lr=rate)
        seen = self._view_maker()
        curve: list[tuple[float, float]] = []
        step = 0
        cuda = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(cuda):
            torch.manual_seed(Draws.at(*order, "inside", batch=1).seed % 2**63)
            for epoch in self.track(range(epochs), "training on labels", epochs):
                model.train()
                mixed = rows[np.random.default_rng(Draws.at(*order, epoch, batch=1).seed).permutation(len(rows))]
                for batch in np.array_split(mixed, self.steps_an_epoch(len(rows))):
                    step += 1
                    for group in optimiser.param_groups:
                        group["lr"] = rate * min(1.0, step / _WARM_UP_STEPS)
                    items = seen(self.source.batch(batch), Draws.at(*order, epoch, step, batch=len(batch)))
                    with autocast(self.device, self.precision):
                        logits = model(items)
                    labels = self.labels[torch.from_numpy(batch)].to(self.device)
                    loss = F.cross_entropy(logits.float(), labels, label_smoothing=self.label_smoothing)
                    optimiser.zero_grad()
                    loss.backward()
                    optimiser.step()
                if held_out is not None:
                    curve.append(self._tried(model, held_out))
        return model, curve

    def logits(self, model: nn.Module, source: Source) -> Float[Tensor, "n outputs"]:
        """What a network gives for every item, in eval mode."""
        (found,) = extract_each([model], self.preparation, source, device=self.device, precision=self.precision)
        return found

    def _tried(self, model: nn.Module, rows: Int[np.ndarray, " n"]) -> tuple[float, float]:
        logits, labels = self.logits(model, self.source.take(rows)), self.labels[torch.from_numpy(rows)]
        return float((logits.argmax(1) == labels).double().mean()), float(F.cross_entropy(logits, labels))

    def _view_maker(self) -> Callable[[Any, Draws], Any]:
        """Light crops of images, mirrored half the time; other items as evaluation sees them."""
        preparation, device = self.preparation, self.device
        if not isinstance(preparation, Preprocessing):
            return lambda batch, draws: preparation(batch.to(device)).to(device)
        pixels = to_pixels(preparation)
        crops = RandomCrops(
            image_size=preparation.image_size,
            channels=preparation.channels,
            mean=preparation.mean,
            standard_deviation=preparation.standard_deviation,
            crop_scale=(_LEAST_CROP, 1.0),
        )
        return lambda batch, draws: crops(pixels(batch.to(device)), draws)
