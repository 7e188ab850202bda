"""The figures of dense use: how well maps of logits segment and locate the objects of pictures with exact masks."""

from dataclasses import dataclass, field
from typing import Any, final

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from selftaught.evaluation.composites import Background, Composites

__all__ = [
    "DENSE_CLASSES",
    "DenseAnswers",
    "DenseUse",
    "box_overlap",
    "boxes_of",
    "cell_classes",
    "dense_figures",
    "enlarged",
    "mean_iou",
    "painted_classes",
]

DENSE_CLASSES = 11
"""The background, and ten kinds of clothes."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class DenseAnswers:
    """What every picture adds to the figures of `DenseUse`, so that two encoders can be paired picture by picture.

    Args:
        both: pixels of each class that were said to be of it.
        said: pixels that were said to be of each class.
        painted: pixels that are of it.
        overlaps: of the box that was found and the true one.
        pointed: whether the surest pixel is on the object.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.dense_scores import DenseAnswers
        >>> pixels = torch.tensor([[6.0, 2.0]])
        >>> answers = DenseAnswers(
        ...     both=torch.tensor([[6.0, 0.0]]), said=torch.tensor([[8.0, 0.0]]), painted=pixels,
        ...     overlaps=torch.tensor([0.5]), pointed=torch.tensor([True]),
        ... )
        >>> answers.mean_iou(torch.ones(1, 1)).item()  # (6/8 + 0/2) / 2
        0.375
    """

    both: Float[Tensor, "n k"]
    said: Float[Tensor, "n k"]
    painted: Float[Tensor, "n k"]
    overlaps: Float[Tensor, " n"]
    pointed: Bool[Tensor, " n"]

    def mean_iou(self, counts: Float[Tensor, "resamples n"]) -> Float[Tensor, " resamples"]:
        """The mean IoU of the pictures, each taken so often; classes that are in none do not count."""
        both, said, painted = (counts.double() @ each.double() for each in (self.both, self.said, self.painted))
        either = said + painted - both
        shares = torch.where(either > 0, both / either, 0)
        return shares.sum(1) / (either > 0).sum(1)


@final
@dataclass(frozen=True, kw_only=True)
class DenseUse:
    """What `measure_dense_use` or training along found. All figures lie in [0, 1].

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
        answers: what every picture adds to these figures.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.composites import make_composites
        >>> from selftaught.evaluation.dense_scores import DenseUse, dense_figures
        >>> pictures = make_composites(4, image_size=16, channels=1, part="test")
        >>> figures = dense_figures(torch.zeros(4, 11, 4, 4), pictures)
        >>> DenseUse(**figures, grid=4, items=(0, 4), background="photographs", seed=0).located
        0.0
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
    answers: DenseAnswers = field(compare=False, repr=False)

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


def dense_figures(maps: Float[Tensor, "n k g g"], pictures: Composites) -> dict[str, Any]:
    """The figures of `DenseUse` for logits of the background and of every class at every position.

    Args:
        maps: the logits.
        pictures: what they are of.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.composites import make_composites
        >>> from selftaught.evaluation.dense_scores import dense_figures
        >>> pictures = make_composites(4, image_size=16, channels=1, part="test")
        >>> figures = dense_figures(torch.zeros(4, 11, 4, 4), pictures)  # says background everywhere
        >>> figures["mean_iou"] == figures["background_mean_iou"]
        True
    """
    side, classes = pictures.masks.shape[1], maps.shape[1]
    ideal = F.one_hot(cell_classes(pictures, maps.shape[2]), classes).double().permute(0, 3, 1, 2)
    painted = painted_classes(pictures)
    found, best = (enlarged(each, side) for each in (maps.double(), ideal))
    some = 1 - found.softmax(1)[:, 0]
    boxes = boxes_of(pictures.masks)
    overlaps = box_overlap(boxes_of(some > 0.5), boxes)
    surest = some.flatten(1).argmax(1, keepdim=True)
    pointed = pictures.masks.flatten(1).gather(1, surest)[:, 0]
    answers = DenseAnswers(**_counts(found.argmax(1), painted, classes), overlaps=overlaps, pointed=pointed)
    return {
        "answers": answers,
        "mean_iou": float(answers.mean_iou(torch.ones(1, len(painted)))),
        "ceiling_mean_iou": mean_iou(best.argmax(1), painted, classes),
        "background_mean_iou": mean_iou(torch.zeros_like(painted), painted, classes),
        "box_iou": float(overlaps.mean()),
        "ceiling_box_iou": float(box_overlap(boxes_of(best[:, 0] < 0.5), boxes).mean()),
        "located": float((overlaps >= 0.5).double().mean()),
        "pointed": float(pointed.double().mean()),
        "object_share": float(pictures.masks.double().mean()),
    }


def painted_classes(pictures: Composites) -> Int[Tensor, "n s s"]:
    """The class of every pixel: 0 is the background.

    Example:
        >>> from selftaught.evaluation.composites import make_composites
        >>> from selftaught.evaluation.dense_scores import painted_classes
        >>> pictures = make_composites(1, image_size=16, channels=1, part="test")
        >>> painted_classes(pictures).unique().tolist() == [0, int(pictures.classes[0]) + 1]
        True
    """
    return torch.where(pictures.masks, pictures.classes[:, None, None] + 1, 0)


def cell_classes(pictures: Composites, grid: int) -> Int[Tensor, "n g g"]:
    """The class of each position: that of the object where it covers at least half of the cell, else background.

    Example:
        >>> from selftaught.evaluation.composites import make_composites
        >>> from selftaught.evaluation.dense_scores import cell_classes
        >>> cell_classes(make_composites(2, image_size=16, channels=1, part="test"), 4).shape
        torch.Size([2, 4, 4])
    """
    covered = F.adaptive_avg_pool2d(pictures.masks[:, None].double(), grid)[:, 0]
    return torch.where(covered >= 0.5, pictures.classes[:, None, None] + 1, 0)


def enlarged(maps: Float[Tensor, "n k g g"], side: int) -> Float[Tensor, "n k s s"]:
    """Maps brought to the size of the pictures bilinearly.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.dense_scores import enlarged
        >>> enlarged(torch.zeros(1, 11, 4, 4), 32).shape
        torch.Size([1, 11, 32, 32])
    """
    return F.interpolate(maps, size=(side, side), mode="bilinear", align_corners=False)


def mean_iou(predicted: Int[Tensor, "n h w"], truth: Int[Tensor, "n h w"], classes: int) -> float:
    """The mean over classes of the pixels in both divided by the pixels in either, all pictures taken together.

    Classes that are in neither do not count.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.dense_scores import mean_iou
        >>> mean_iou(torch.tensor([[[0, 0, 1, 1]]]), torch.tensor([[[0, 1, 1, 1]]]), 3)  # (1/2 + 2/3) / 2
        0.5833333333333333
    """
    each = _counts(predicted, truth, classes)
    either = each["said"] + each["painted"] - each["both"]
    return float((each["both"].sum(0) / either.sum(0))[either.sum(0) > 0].mean())


def _counts(
    predicted: Int[Tensor, "n h w"], truth: Int[Tensor, "n h w"], classes: int
) -> dict[str, Float[Tensor, "n k"]]:
    """Of every picture the pixels in both, in what was said, and in what is painted, by class."""
    pictures = torch.arange(len(truth), device=truth.device)[:, None, None]
    pairs = (pictures * classes + truth) * classes + predicted
    table = torch.bincount(pairs.flatten(), minlength=len(truth) * classes**2).view(-1, classes, classes).double()
    return {"both": table.diagonal(dim1=1, dim2=2), "said": table.sum(1), "painted": table.sum(2)}


def boxes_of(masks: Bool[Tensor, "n h w"]) -> Int[Tensor, "n 4"]:
    """The smallest box around each mask: first row, first column, and behind the last of each; zeros around nothing.

    Example:
        >>> import torch
        >>> from selftaught.evaluation.dense_scores import boxes_of
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
        >>> from selftaught.evaluation.dense_scores import box_overlap
        >>> box_overlap(torch.tensor([[0, 0, 2, 2]]), torch.tensor([[0, 1, 2, 3]])).tolist()
        [0.3333333333333333]
    """
    shared = (torch.minimum(one[:, 2:], other[:, 2:]) - torch.maximum(one[:, :2], other[:, :2])).clamp(min=0).prod(1)
    areas = (one[:, 2:] - one[:, :2]).prod(1) + (other[:, 2:] - other[:, :2]).prod(1)
    return shared.double() / (areas - shared).clamp(min=1)
