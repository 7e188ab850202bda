"""How far small, chosen changes of the pixels lead an encoder astray: projected gradient descent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from selftaught.core import Preparation, Source, Track, UserError, silent
from selftaught.evaluation.chosen_probe import Readers
from selftaught.evaluation.robustness import cosine_drift, few_rows
from selftaught.evaluation.unit_pixels import Normalisation, images_of, to_pixels
from selftaught.extraction import reading

__all__ = ["RADII", "AttackResult", "AttackScore", "measure_attack", "projected_gradient"]

RADII = (0.5 / 255, 2 / 255, 8 / 255)
"""Largest change of any pixel, pixels being in 0..1: what no eye sees, hardly sees, and sees."""

_CPU = torch.device("cpu")
_STEPS, _MOST_ITEMS = 20, 200  # three radii, two attacks: 250 passes an item
_BATCH = {"cpu": 64}
_REACH = 2.5  # radii that all steps together can go


@final
@dataclass(frozen=True, kw_only=True)
class AttackScore:
    """What attacks within one radius do.

    Args:
        radius: largest change of a pixel, pixels being in 0..1.
        probe_accuracy: of the probe on items changed to raise its cross-entropy, in [0, 1].
        encoder_probe_accuracy: of the probe on items changed, without labels, to move their vector away.
        encoder_knn_accuracy: of nearest neighbours on those.
        encoder_drift: mean cosine distance by which those vectors moved, in [0, 2].
        right: which items the probe gets right in spite of the attack on it.

    Example:
        >>> from selftaught.evaluation.attack import AttackScore
        >>> AttackScore(
        ...     radius=0.1, probe_accuracy=0.2, encoder_probe_accuracy=0.3, encoder_knn_accuracy=0.3, encoder_drift=0.5
        ... ).as_json()["probe"]
        0.2
    """

    radius: float
    probe_accuracy: float
    encoder_probe_accuracy: float
    encoder_knn_accuracy: float
    encoder_drift: float
    right: Bool[Tensor, " items"] | None = field(default=None, compare=False, repr=False)

    def as_json(self) -> dict[str, Any]:
        """The attack on the probe, and that on the encoder."""
        encoder = {
            "probe": self.encoder_probe_accuracy,
            "knn": self.encoder_knn_accuracy,
            "drift": self.encoder_drift,
        }
        return {"radius": self.radius, "probe": self.probe_accuracy, "encoder": encoder}


@final
@dataclass(frozen=True, kw_only=True)
class AttackResult:
    """What `measure_attack` found.

    Args:
        clean_probe_accuracy: of the probe on the same items, unchanged.
        clean_knn_accuracy: of nearest neighbours on the same items, unchanged.
        scores: by radius, from small to large.
        steps: of each attack.
        items: how many test items.
        seed: of the sample and the random starts.

    Example:
        >>> from selftaught.evaluation.attack import AttackResult
        >>> AttackResult(
        ...     clean_probe_accuracy=0.9, clean_knn_accuracy=0.8, scores=(), steps=20, items=9, seed=0
        ... ).as_json()["clean"]
        {'probe': 0.9, 'knn': 0.8}
    """

    clean_probe_accuracy: float
    clean_knn_accuracy: float
    scores: tuple[AttackScore, ...]
    steps: int
    items: int
    seed: int

    @property
    def answers(self) -> dict[str, Bool[Tensor, "one items"]]:
        """Which items the probe gets right, by radius."""
        return {
            f"probe accuracy under attack within {255 * score.radius:.3g} of 255": score.right[None]
            for score in self.scores
            if score.right is not None
        }

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "clean": {"probe": self.clean_probe_accuracy, "knn": self.clean_knn_accuracy},
            "radii": [score.as_json() for score in self.scores],
            "steps": self.steps,
            "items": self.items,
            "seed": self.seed,
        }


def projected_gradient(
    loss: Callable[[Float[Tensor, "n c h w"]], Float[Tensor, " n"]],
    pixels: Float[Tensor, "n c h w"],
    radius: float | int,
    *,
    steps: int = _STEPS,
    generator: torch.Generator,
) -> Float[Tensor, "n c h w"]:
    """Change each image within a radius so that its loss grows.

        x <- clamp to [0, 1] and to the radius around the image:  x + (2.5 radius / steps) sign(d loss / d x)

    from a random start within the radius; of all places visited, the image itself among them, that with the largest
    loss is kept.

    Args:
        loss: a number an image, which depends on that image alone.
        pixels: images in 0..1.
        radius: largest change of any value, >= 0.
        steps: >= 1.
        generator: of the random start.

    Returns:
        Images in 0..1, none further than the radius from where it was.

    Raises:
        UserError: `radius` or `steps` is out of range.

    Source:
        Madry et al. 2017, https://arxiv.org/abs/1706.06083, section 2.1, in the L-infinity ball.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.attack import projected_gradient
        >>> image = torch.full((1, 1, 1, 2), 0.5)
        >>> found = projected_gradient(lambda x: x[:, 0, 0, 0] - x[:, 0, 0, 1], image, 0.1, generator=torch.Generator())
        >>> found.flatten()
        tensor([0.6000, 0.4000])
    """
    if radius < 0 or steps < 1:
        raise UserError(f"expected a radius >= 0 and at least 1 step, got {radius} and {steps}")
    lowest, highest = (pixels - radius).clamp(min=0), (pixels + radius).clamp(max=1)
    with torch.enable_grad():
        start = torch.rand(pixels.shape, generator=generator, device=generator.device).to(pixels)
        here = torch.lerp(lowest, highest, start)
        best, largest = pixels, loss(pixels).detach()
        for step in range(steps + 1):
            here = here.detach().requires_grad_()
            reached = loss(here)
            further = reached.detach() > largest
            best = torch.where(further.view(-1, 1, 1, 1), here.detach(), best)
            largest = torch.where(further, reached.detach(), largest)
            if step < steps:
                (slope,) = torch.autograd.grad(reached.sum(), here)
                moved = here.detach() + (_REACH * radius / steps) * slope.sign()
                here = moved.maximum(lowest).minimum(highest)
    return best


def measure_attack(
    encoder: nn.Module,
    preparation: Preparation,
    train_vectors: Float[Tensor, "n d"],
    train_labels: Int[Tensor, " n"],
    test_source: Source,
    test_labels: Int[Tensor, " o"],
    *,
    radii: tuple[float, ...] = RADII,
    steps: int = _STEPS,
    most_items: int = _MOST_ITEMS,
    device: torch.device = _CPU,
    seed: int = 0,
    track: Track = silent,
) -> AttackResult:
    """Attack the probe through the encoder with the labels, and the encoder alone without them.

    Gradients are taken in float32 in eval mode, through the preparation's normalisation, at the encoder's image size.

    Args:
        encoder: of images, or a control that takes what it takes; left as it was.
        preparation: from images to what it takes.
        train_vectors: of clean training images, from this encoder; the probe and the neighbours come from them.
        train_labels: their classes, any integers.
        test_source: the images to attack.
        test_labels: their classes; one that no training image has counts as wrong.
        radii: largest change of any pixel, pixels being in 0..1.
        steps: of each attack.
        most_items: a seeded sample of so many test images is used where there are more.
        device: where the encoder works.
        seed: of the sample, the probe's folds and the random starts.
        track: shows progress.

    Raises:
        UserError: the items are no images, sizes disagree, or there are fewer than 2 classes.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.evaluation.attack import measure_attack
        >>> from selftaught.extraction import RawInput, raw_vectors
        >>> labels = torch.arange(60) % 2
        >>> source = open_images(labels.view(-1, 1, 1, 1).float().repeat(1, 1, 16, 16)).train
        >>> prepare = Preprocessing(16, 1, (0.5,), (0.5,))
        >>> vectors = raw_vectors(prepare, source)
        >>> found = measure_attack(RawInput(), prepare, vectors, labels, source, labels, radii=(0.1, 0.9), steps=5)
        >>> [score.probe_accuracy for score in found.scores]
        [1.0, 0.0]
    """
    if len(test_labels) != len(test_source):
        raise UserError(f"expected one label a test item, got {len(test_labels)} for {len(test_source)}")
    images = images_of(preparation, "attack")
    prepare, normalise = to_pixels(images), Normalisation(images)
    readers = Readers.fit(train_vectors, train_labels, seed=seed)
    rows = few_rows(len(test_source), most_items, seed)
    labels = test_labels[torch.from_numpy(rows)]
    truth = readers.truth(labels).clamp(min=0)
    generator = torch.Generator().manual_seed(seed)
    size = _BATCH.get(device.type, 256)
    starts = range(0, len(rows), size)
    clean: list[Tensor] = []
    found: list[list[tuple[Tensor, Tensor]]] = [[] for _ in radii]

    def vectors_of(pixels: Tensor) -> Tensor:
        return encoder(normalise(pixels).contiguous(memory_format=torch.channels_last))

    with reading(encoder, device):
        for start in track(starts, "attacking the test images", len(starts)):
            pixels = prepare(test_source.batch(rows[start : start + size]).to(device))
            there, some = vectors_of(pixels), truth[start : start + size]
            clean.append(there.cpu())

            def misread(pixels: Tensor, some: Tensor = some) -> Tensor:
                logits = readers.probe.logits(vectors_of(pixels).to(readers.bank.device))
                return F.cross_entropy(logits, some, reduction="none").to(pixels)

            def moved(pixels: Tensor, there: Tensor = there) -> Tensor:
                return 1 - F.cosine_similarity(vectors_of(pixels), there, dim=1)

            for radius, into in zip(radii, found, strict=True):
                attacked = [
                    projected_gradient(loss, pixels, radius, steps=steps, generator=generator)
                    for loss in (misread, moved)
                ]
                into.append((vectors_of(attacked[0]).cpu(), vectors_of(attacked[1]).cpu()))
    whole = torch.cat(clean)
    by_probe, by_neighbours = readers.accuracies(whole, labels)
    scores = [_score(radius, each, whole, readers, labels) for radius, each in zip(radii, found, strict=True)]
    return AttackResult(
        clean_probe_accuracy=by_probe,
        clean_knn_accuracy=by_neighbours,
        scores=tuple(scores),
        steps=steps,
        items=len(rows),
        seed=seed,
    )


def _score(
    radius: float, found: list[tuple[Tensor, Tensor]], clean: Tensor, readers: Readers, labels: Tensor
) -> AttackScore:
    of_probe, of_encoder = (torch.cat(parts) for parts in zip(*found, strict=True))
    by_probe, by_neighbours = readers.accuracies(of_encoder, labels)
    right = readers.right(of_probe, labels)[0]
    return AttackScore(
        radius=radius,
        probe_accuracy=float(right.double().mean()),
        encoder_probe_accuracy=by_probe,
        encoder_knn_accuracy=by_neighbours,
        encoder_drift=cosine_drift(clean, of_encoder),
        right=right,
    )
