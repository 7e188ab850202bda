"""Test items that the training items hold already, or nearly."""

from dataclasses import dataclass, field
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

from selftaught.evaluation.rotation import Standard

__all__ = ["Duplicates", "find_duplicates"]

_RULE = (
    "a test item is a near-duplicate if its raw input, each feature divided by its standard deviation, differs "
    "from that of the most similar training item by less than a thousandth of what two random items do, in mean "
    "square"
)
_NEAR = 1e-3
_ROWS = 8192


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """Test items beside the most similar training item.

    Args:
        test_items: how many were looked at.
        near: how many are nearly the same, those that are the same among them.
        identical: how many are the same.
        rule: when they count as such, in words.

    Example:
        >>> from selftaught.evaluation import Duplicates
        >>> Duplicates(test_items=200, near=3, identical=1).sentence(("image", "images"))
        '3 of 200 test images are near-duplicates of a training image (1 of them the same): ...'
    """

    test_items: int
    near: int
    identical: int

    rule: str = field(default=_RULE, repr=False)

    def sentence(self, nouns: tuple[str, str]) -> str:
        """A warning; empty where there are none."""
        if not self.near:
            return ""
        return (
            f"{self.near:,} of {self.test_items:,} test {nouns[1]} are near-duplicates of a training {nouns[0]} "
            f"({self.identical:,} of them the same): accuracies count them as if they were new"
        )

    def as_json(self) -> dict[str, Any]:
        """The counts, and the rule."""
        return {"test_items": self.test_items, "near": self.near, "identical": self.identical, "rule": self.rule}


def find_duplicates(train: Float[Tensor, "n d"], test: Float[Tensor, "o d"], nearest: Int[Tensor, " o"]) -> Duplicates:
    """Count the test items whose raw input some training item has, or nearly.

    Compared is only the most similar training item by cosine, which kNN on the raw input finds anyway. The mean square
    difference of two random items is 2 where each feature is divided by its standard deviation, so that the rule is:

        mean over the features that vary of ((x - y) / deviation)²  <  0.002

    Args:
        train: raw inputs of the training items.
        test: of the test items.
        nearest: the training row most similar to each test item.

    Example:
        >>> import torch
        >>> from selftaught.evaluation import find_duplicates
        >>> train = torch.tensor([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]])
        >>> find_duplicates(train, torch.tensor([[2.0, 0.01], [5.0, 5.0], [1.0, 1.0]]), torch.tensor([1, 2, 2]))
        Duplicates(test_items=3, near=2, identical=1)
    """
    standard = Standard.of(train)
    varies = (train != train[:1]).any(0)
    near = identical = 0
    for rows, beside in zip(test.split(_ROWS), nearest.split(_ROWS), strict=True):
        same = (rows == train[beside]).all(1)
        off = (standard(rows) - standard(train[beside]))[:, varies]
        near += int((same | (off.square().sum(1) < 2 * _NEAR * off.shape[1])).sum())
        identical += int(same.sum())
    return Duplicates(test_items=len(test), near=near, identical=identical)
