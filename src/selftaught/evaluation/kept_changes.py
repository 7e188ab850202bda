"""What a representation keeps of how its images were changed: the projector's reason to exist, measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import Preparation, Source, Track, UserError, silent
from selftaught.evaluation.chosen_probe import fit_chosen
from selftaught.evaluation.corruptions.warping import blur, lengths_factor
from selftaught.evaluation.robustness import few_rows
from selftaught.evaluation.unit_pixels import Normalisation, images_of, to_pixels
from selftaught.extraction import extract_each, reading
from selftaught.views.filters import sobel
from selftaught.views.geometry import quarter_turns
from selftaught.views.photometric import add_noise, grey

__all__ = ["CHANGES", "LEAST_ITEMS", "KeptChange", "KeptChanges", "measure_kept_changes"]

_CPU = torch.device("cpu")
_MOST_ITEMS = 2000
_TEST_SHARE = 5  # one in so many
LEAST_ITEMS = 10  # two to be tested on
_NOISE = 0.1  # deviation, pixels being in 0..1
_BLUR_PIXELS = 1.0  # deviation, in images of 32 pixels
_ROWS = 4096

PixelChange = Callable[[Float[Tensor, "n c h w"], torch.Generator], Float[Tensor, "n c h w"]]


def _same(images: Tensor, generator: torch.Generator) -> Tensor:
    return images


def _grey(images: Tensor, generator: torch.Generator) -> Tensor:
    return grey(images)


def _turned(quarters: int) -> PixelChange:
    def turn(images: Tensor, generator: torch.Generator) -> Tensor:
        return quarter_turns(images, torch.full((len(images),), quarters, device=images.device))

    return turn


def _noisy(images: Tensor, generator: torch.Generator) -> Tensor:
    noise = torch.randn(images.shape, generator=generator, device=generator.device).to(images)
    return add_noise(images, noise, _NOISE)


def _edges(images: Tensor, generator: torch.Generator) -> Tensor:
    return sobel(images)


def _blurred(images: Tensor, generator: torch.Generator) -> Tensor:
    return blur(images, _BLUR_PIXELS * lengths_factor(images))


CHANGES: Mapping[str, tuple[PixelChange, ...]] = {
    "greyscale": (_same, _grey),
    "rotation": (_same, _turned(1), _turned(2), _turned(3)),
    "noise": (_same, _noisy),
    "sobel": (_same, _edges),
    "blur": (_same, _blurred),
}
"""What a probe has to tell apart, by name: the versions of every image. Greyscale needs 3 channels."""


@final
@dataclass(frozen=True, kw_only=True)
class KeptChange:
    """How well probes tell the versions of one change apart. All numbers lie in [0, 1].

    Args:
        chance: of guessing.
        encoder_accuracy: from the encoder's vectors.
        projection_accuracy: from their projection; None where there is none.

    Example:
        >>> from selftaught.evaluation.kept_changes import KeptChange
        >>> KeptChange(chance=0.25, encoder_accuracy=0.7, projection_accuracy=0.3).as_json()["encoder"]
        0.7
    """

    chance: float
    encoder_accuracy: float
    projection_accuracy: float | None

    def as_json(self) -> dict[str, float | None]:
        """Plain numbers."""
        return {"chance": self.chance, "encoder": self.encoder_accuracy, "projection": self.projection_accuracy}


@final
@dataclass(frozen=True, kw_only=True)
class KeptChanges:
    """What `measure_kept_changes` found.

    Args:
        changes: by name.
        left_out: why a change was not measured, by name.
        items: how many images the probes learned from, and how many they were tested on; each in all versions.
        seed: of the sample, the noise and the probes' folds.

    Example:
        >>> from selftaught.evaluation.kept_changes import KeptChange, KeptChanges
        >>> blur = KeptChange(chance=0.5, encoder_accuracy=0.9, projection_accuracy=None)
        >>> KeptChanges(changes={"blur": blur}, left_out={}, items=(80, 20), seed=0).as_json()["items"]
        {'train': 80, 'test': 20}
    """

    changes: Mapping[str, KeptChange]
    left_out: Mapping[str, str]
    items: tuple[int, int]
    seed: int

    def as_json(self) -> dict[str, Any]:
        """By change, from the encoder's output and from the projection side by side."""
        return {
            "changes": {name: each.as_json() for name, each in self.changes.items()},
            "left_out": dict(self.left_out),
            "items": {"train": self.items[0], "test": self.items[1]},
            "seed": self.seed,
        }


def measure_kept_changes(
    encoder: nn.Module,
    projection: nn.Module | None,
    preparation: Preparation,
    source: Source,
    *,
    most_items: int = _MOST_ITEMS,
    device: torch.device = _CPU,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
    track: Track = silent,
) -> KeptChanges:
    """Predict from its vector which change was made to an image, before the projection and behind it.

    A projection that was trained to give the views of an image one vector forgets what tells them apart; what the
    encoder in front of it still knows, it has kept for other tasks. Needs no labels.

    Args:
        encoder: of images; left as it was.
        projection: takes the encoder's vectors, such as SimCLR's projector; None where a method has none.
        preparation: from images to what the encoder takes.
        source: the images; a fifth is kept for the test, whole images with all their versions.
        most_items: a seeded sample of so many is used where there are more.
        device: where the networks work.
        precision: of the encoder's arithmetic.
        seed: of the sample, the noise and the folds.
        track: shows progress.

    Raises:
        UserError: the items are no images, or fewer than 10.

    Source:
        Chen et al. 2020, https://arxiv.org/abs/2002.05709, table 3. There the probes are MLPs, the change was also
        among the views in pre-training, and there is no blur; here the probes are linear, what was among the views is
        the run's affair, and every version is equally frequent.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.evaluation.kept_changes import measure_kept_changes
        >>> from selftaught.extraction import RawInput
        >>> source = open_images(torch.rand(60, 1, 8, 8)).train
        >>> forgets = nn.AvgPool1d(64)  # only the mean of all pixels
        >>> found = measure_kept_changes(RawInput(), forgets, Preprocessing(8, 1, (0.5,), (0.5,)), source)
        >>> found.changes["rotation"].projection_accuracy, found.left_out
        (0.25, {'greyscale': 'needs 3 channels, and the encoder takes 1'})
    """
    images = images_of(preparation, "kept changes")
    if min(len(source), most_items) < LEAST_ITEMS:
        raise UserError(f"expected at least {LEAST_ITEMS} images, got {min(len(source), most_items)}")
    few = source.take(few_rows(len(source), most_items, seed))
    without_colour = images.channels != 3
    chosen = {name: each for name, each in CHANGES.items() if not (without_colour and name == "greyscale")}
    versions = list(dict.fromkeys(version for each in chosen.values() for version in each))
    networks = [
        _Changed(encoder, Normalisation(images), version, torch.Generator().manual_seed(seed), device)
        for version in versions
    ]
    found = extract_each(networks, to_pixels(images), few, device=device, precision=precision, track=track)
    behind = None if projection is None else [_projected(projection, each, device) for each in found]
    tested = np.random.default_rng(seed).permutation(len(few)) < len(few) // _TEST_SHARE
    places = {version: place for place, version in enumerate(versions)}
    changes: dict[str, KeptChange] = {}
    for name, each in track(chosen.items(), "telling changes apart", len(chosen)):
        which = [places[version] for version in each]
        changes[name] = KeptChange(
            chance=1 / len(which),
            encoder_accuracy=_told_apart([found[place] for place in which], tested, seed),
            projection_accuracy=None
            if behind is None
            else _told_apart([behind[place] for place in which], tested, seed),
        )
    reason = f"needs 3 channels, and the encoder takes {images.channels}"
    return KeptChanges(
        changes=changes,
        left_out={"greyscale": reason} if without_colour else {},
        items=(int((~tested).sum()), int(tested.sum())),
        seed=seed,
    )


def _projected(projection: nn.Module, vectors: Float[Tensor, "n d"], device: torch.device) -> Float[Tensor, "n k"]:
    with reading(projection, device):
        return torch.cat([projection(rows.to(device)).float().cpu() for rows in vectors.split(_ROWS)])


def _told_apart(versions: list[Tensor], tested: np.ndarray, seed: int) -> float:
    test = torch.from_numpy(tested)
    train_vectors, test_vectors = (torch.cat([each[part] for each in versions]) for part in (~test, test))
    numbers = torch.arange(len(versions))
    labels = numbers.repeat_interleave(len(train_vectors) // len(versions))
    truth = numbers.repeat_interleave(len(test_vectors) // len(versions))
    probe = fit_chosen(train_vectors, labels, seed=seed)
    return float((probe.predict(test_vectors) == truth).double().mean())


@final
class _Changed(nn.Module):
    """The encoder behind a change of its pixels."""

    def __init__(
        self,
        encoder: nn.Module,
        normalise: Normalisation,
        change: PixelChange,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        super().__init__()
        self.encoder, self.normalise, self.change = encoder, normalise, change
        self.generator, self.device = generator, device

    def forward(self, pixels: Tensor) -> Tensor:
        with torch.autocast(self.device.type, enabled=False):
            items = self.normalise(self.change(pixels, self.generator))
        return self.encoder(items)
