"""What the vectors of positions are worth: linear segmentation, and finding objects, on pictures with exact masks."""

import math
from dataclasses import dataclass, replace
from typing import Any, final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.core import Encoder, Preparation, Track, UserError, silent
from selftaught.data import open_images
from selftaught.encoders import Preprocessing
from selftaught.evaluation.chosen_probe import fit_chosen
from selftaught.evaluation.composites import Background, Composites, make_composites
from selftaught.evaluation.robustness import few_rows
from selftaught.evaluation.unit_pixels import images_of
from selftaught.extraction import extract_positions

__all__ = [
    "DENSE_CLASSES",
    "DenseUse",
    "box_overlap",
    "boxes_of",
    "dense_figures",
    "enlarged",
    "mean_iou",
    "measure_dense_use",
    "painted_classes",
]

DENSE_CLASSES = 11
"""The background, and ten kinds of clothes."""

_CPU = torch.device("cpu")
_TRAIN_ITEMS, _TEST_ITEMS = 1000, 300
_MOST_POSITIONS = 20_000  # that the probe learns from


@final
@dataclass(frozen=True, kw_only=True)
class DenseUse:
    """What `measure_dense_use` found. All figures lie in [0, 1].

    Args:
        mean_iou: of segmentation, over the background and ten classes.
        ceiling_mean_iou: the same if every position were named rightly: what so coarse a grid allows.
        background_mean_iou: the same if all were named background: the floor.
        box_iou: mean overlap of the box around the found object with the true one.
        ceiling_box_iou: the same if every position were named rightly.
        located: how often that overlap is at least 1/2.
        pointed: how often the pixel that is surest to be of an object is.
        object_share: how many pixels are of objects: what pointing blindly would reach.
        grid: positions along a side.
        items: how many pictures the probe learned from, and how many it was tested on.
        background: of the pictures.
        seed: of the pictures.

    Example:
        >>> from selftaught.evaluation.dense_use import DenseUse
        >>> found = DenseUse(
        ...     mean_iou=0.2, ceiling_mean_iou=0.5, background_mean_iou=0.08, box_iou=0.4, ceiling_box_iou=0.7,
        ...     located=0.3, pointed=0.8, object_share=0.15, grid=4, items=(1000, 300), background="noise", seed=0,
        ... )
        >>> found.as_json()["segmentation"]["mean_iou"]
        0.2
    """

    mean_iou: float
    ceiling_mean_iou: float
    background_mean_iou: float
    box_iou: float
    ceiling_box_iou: float
    located: float
    pointed: float
    object_share: float
    grid: int
    items: tuple[int, int]
    background: Background
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Segmentation and localisation, each with what it can be compared to."""
        return {
            "segmentation": {
                "mean_iou": self.mean_iou,
                "ceiling": self.ceiling_mean_iou,
                "background_only": self.background_mean_iou,
            },
            "localisation": {
                "box_iou": self.box_iou,
                "ceiling": self.ceiling_box_iou,
                "located": self.located,
                "pointed": self.pointed,
                "pointed_blindly": self.object_share,
            },
            "grid": self.grid,
            "items": {"train": self.items[0], "test": self.items[1]},
            "background": self.background,
            "seed": self.seed,
        }


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
    truth = _cells(train, grid)
    few = torch.from_numpy(few_rows(len(vectors), _MOST_POSITIONS, seed))
    values, labels = truth.flatten()[few].unique(return_inverse=True)
    probe = fit_chosen(vectors[few], labels, seed=seed)
    logits = torch.full((len(test.images) * grid**2, DENSE_CLASSES), -torch.inf, dtype=torch.float64)
    logits[:, values] = probe.logits(positions_of(test))
    maps = logits.clamp(min=-1e4).view(len(test.images), grid, grid, DENSE_CLASSES).permute(0, 3, 1, 2)
    return DenseUse(
        **dense_figures(maps, test), items=(train_items, test_items), grid=grid, background=background, seed=seed
    )


def dense_figures(maps: Float[Tensor, "n k g g"], pictures: Composites) -> dict[str, float]:
    """The figures of `DenseUse` for logits of the background and of every class at every position.

    Args:
        maps: the logits.
        pictures: what they are of.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.composites import make_composites
        >>> from selftaught.evaluation.dense_use import dense_figures
        >>> pictures = make_composites(4, image_size=16, channels=1, part="test")
        >>> figures = dense_figures(torch.zeros(4, 11, 4, 4), pictures)  # says background everywhere
        >>> figures["mean_iou"] == figures["background_mean_iou"]
        True
    """
    side, classes = pictures.masks.shape[1], maps.shape[1]
    ideal = F.one_hot(_cells(pictures, maps.shape[2]), classes).double().permute(0, 3, 1, 2)
    painted = painted_classes(pictures)
    found, best = (enlarged(each, side) for each in (maps.double(), ideal))
    some = 1 - found.softmax(1)[:, 0]
    boxes = boxes_of(pictures.masks)
    overlaps = box_overlap(boxes_of(some > 0.5), boxes)
    surest = some.flatten(1).argmax(1, keepdim=True)
    return {
        "mean_iou": mean_iou(found.argmax(1), painted, classes),
        "ceiling_mean_iou": mean_iou(best.argmax(1), painted, classes),
        "background_mean_iou": mean_iou(torch.zeros_like(painted), painted, classes),
        "box_iou": float(overlaps.mean()),
        "ceiling_box_iou": float(box_overlap(boxes_of(best[:, 0] < 0.5), boxes).mean()),
        "located": float((overlaps >= 0.5).double().mean()),
        "pointed": float(pictures.masks.flatten(1).gather(1, surest).double().mean()),
        "object_share": float(pictures.masks.double().mean()),
    }


def painted_classes(pictures: Composites) -> Int[Tensor, "n s s"]:
    """The class of every pixel: 0 is the background.

    Example:
        >>> from selftaught.evaluation.composites import make_composites
        >>> from selftaught.evaluation.dense_use import painted_classes
        >>> pictures = make_composites(1, image_size=16, channels=1, part="test")
        >>> painted_classes(pictures).unique().tolist() == [0, int(pictures.classes[0]) + 1]
        True
    """
    return torch.where(pictures.masks, pictures.classes[:, None, None] + 1, 0)


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


def _cells(pictures: Composites, grid: int) -> Int[Tensor, "n g g"]:
    """The class of each position."""
    covered = F.adaptive_avg_pool2d(pictures.masks[:, None].double(), grid)[:, 0]
    return torch.where(covered >= 0.5, pictures.classes[:, None, None] + 1, 0)


def enlarged(maps: Float[Tensor, "n k g g"], side: int) -> Float[Tensor, "n k s s"]:
    """Maps brought to the size of the pictures bilinearly.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.dense_use import enlarged
        >>> enlarged(torch.zeros(1, 11, 4, 4), 32).shape
        torch.Size([1, 11, 32, 32])
    """
    return F.interpolate(maps, size=(side, side), mode="bilinear", align_corners=False)


def mean_iou(predicted: Int[Tensor, "n h w"], truth: Int[Tensor, "n h w"], classes: int) -> float:
    """The mean over classes of the pixels in both divided by the pixels in either, all pictures taken together.

    Classes that are in neither do not count.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.dense_use import mean_iou
        >>> mean_iou(torch.tensor([[[0, 0, 1, 1]]]), torch.tensor([[[0, 1, 1, 1]]]), 3)  # (1/2 + 2/3) / 2
        0.5833333333333333
    """
    pairs = torch.bincount((truth * classes + predicted).flatten(), minlength=classes**2).view(classes, classes)
    both = pairs.diagonal().double()
    either = pairs.sum(0) + pairs.sum(1) - both
    return float((both / either)[either > 0].mean())


def boxes_of(masks: Bool[Tensor, "n h w"]) -> Int[Tensor, "n 4"]:
    """The smallest box around each mask: first row, first column, and behind the last of each; zeros around nothing.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.dense_use import boxes_of
        >>> boxes_of(torch.tensor([[[False, True, True], [False, True, False]]]))
        tensor([[0, 1, 2, 3]])
    """
    rows, columns = masks.any(2).to(torch.uint8), masks.any(1).to(torch.uint8)
    height, width = masks.shape[1:]
    box = [rows.argmax(1), columns.argmax(1), height - rows.flip(1).argmax(1), width - columns.flip(1).argmax(1)]
    return torch.stack(box, 1) * masks.any((1, 2))[:, None]


def box_overlap(one: Int[Tensor, "n 4"], other: Int[Tensor, "n 4"]) -> Float[Tensor, " n"]:
    """The area in both boxes divided by the area in either; 0 where one is empty.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.dense_use import box_overlap
        >>> box_overlap(torch.tensor([[0, 0, 2, 2]]), torch.tensor([[0, 1, 2, 3]])).tolist()
        [0.3333333333333333]
    """
    shared = (torch.minimum(one[:, 2:], other[:, 2:]) - torch.maximum(one[:, :2], other[:, :2])).clamp(min=0).prod(1)
    areas = (one[:, 2:] - one[:, :2]).prod(1) + (other[:, 2:] - other[:, :2]).prod(1)
    return shared.double() / (areas - shared).clamp(min=1)
