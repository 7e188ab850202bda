"""What the vectors of positions are worth: linear segmentation, and finding objects, on pictures with exact masks."""

import math
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, Preparation, Track, UserError, silent
from selftaught.data import open_images
from selftaught.encoders import Preprocessing
from selftaught.evaluation.chosen_probe import fit_chosen
from selftaught.evaluation.composites import Background, Composites, make_composites
from selftaught.evaluation.dense_scores import DENSE_CLASSES, DenseUse, cell_classes, dense_figures
from selftaught.evaluation.robustness import few_rows
from selftaught.evaluation.unit_pixels import images_of
from selftaught.extraction import extract_positions

__all__ = ["measure_dense_use"]

_CPU = torch.device("cpu")
_TRAIN_ITEMS, _TEST_ITEMS = 1000, 300
_MOST_POSITIONS = 20_000  # that the probe learns from


def measure_dense_use(
    encoder: Encoder,
    preparation: Preparation,
    *,
    background: Background = "photographs",
    train_items: int = _TRAIN_ITEMS,
    test_items: int = _TEST_ITEMS,
    device: torch.device = _CPU,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
    track: Track = silent,
) -> DenseUse:
    """Fit a linear classifier to the vectors of positions of a frozen encoder, and segment and locate with it.

    A position's class is that of the object if it covers at least half of its cell, else background. The logits of
    the classes are brought to the size of the picture bilinearly. The object's box is drawn around the pixels where an
    object, of whatever class, is likelier than the background.

    Args:
        encoder: of images, with positions on a square grid, row by row; left as it was.
        preparation: from images to what it takes.
        background: see `make_composites`.
        train_items: pictures that the probe learns from, at most 8,000.
        test_items: pictures it is tested on, at most 2,000.
        device: where the encoder works.
        precision: of the encoder's arithmetic.
        seed: of the pictures, and of the positions taken where there are more than 20,000.
        track: shows progress.

    Raises:
        UserError: the encoder is not of images, or has no square grid of positions.

    Source:
        Oquab et al. 2023, https://arxiv.org/abs/2304.07193, section 7.4, for a linear layer on frozen positions, its
        logits upsampled; the pictures are this library's, and cheap.

    Example:
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.evaluation.dense_use import measure_dense_use
        >>> encoder, prepare = SmallResNet(channels=1, image_size=16), Preprocessing(16, 1, (0.5,), (0.25,))
        >>> found = measure_dense_use(encoder, prepare, train_items=200, test_items=50)
        >>> found.grid, found.mean_iou < found.ceiling_mean_iou
        (2, True)
    """
    whole = replace(images_of(preparation, "dense use"), crop_fraction=1.0)  # masks are of the whole picture
    sides = {"image_size": whole.image_size, "channels": whole.channels}
    train = make_composites(train_items, **sides, part="train", background=background, seed=seed)
    test = make_composites(test_items, **sides, part="test", background=background, seed=seed)

    def positions_of(pictures: Composites) -> Tensor:
        return _positions(encoder, whole, pictures, device, precision, track)

    vectors = positions_of(train)
    grid = math.isqrt(len(vectors) // len(train.images))
    truth = cell_classes(train, grid)
    few = torch.from_numpy(few_rows(len(vectors), _MOST_POSITIONS, seed))
    values, labels = truth.flatten()[few].unique(return_inverse=True)
    probe = fit_chosen(vectors[few], labels, seed=seed)
    logits = torch.full((len(test.images) * grid**2, DENSE_CLASSES), -torch.inf, dtype=torch.float64)
    logits[:, values] = probe.logits(positions_of(test))
    maps = logits.clamp(min=-1e4).view(len(test.images), grid, grid, DENSE_CLASSES).permute(0, 3, 1, 2)
    return DenseUse(
        **dense_figures(maps, test), items=(train_items, test_items), grid=grid, background=background, seed=seed
    )


def _positions(
    encoder: Encoder,
    preparation: Preprocessing,
    pictures: Composites,
    device: torch.device,
    precision: torch.dtype,
    track: Track,
) -> Float[Tensor, "positions width"]:
    source = open_images(pictures.images).train
    vectors, counts = extract_positions(encoder, preparation, source, device=device, precision=precision, track=track)
    each = int(counts[0])
    if (counts != each).any() or math.isqrt(each) ** 2 != each:
        raise UserError(f"expected an encoder with a square grid of positions, got {each} positions an image")
    return vectors
