"""Dense use: exact masks, figures against peers, and encoders that know everything or nothing of positions."""

import json
from typing import final

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage.measure import regionprops
from sklearn.metrics import jaccard_score

from selftaught.core import Encoder, LocalEncoder, UserError
from selftaught.data import open_images
from selftaught.encoders import Preprocessing
from selftaught.evaluation.composites import make_composites
from selftaught.evaluation.dense_scores import DenseAnswers, box_overlap, boxes_of, mean_iou
from selftaught.evaluation.dense_use import measure_dense_use
from selftaught.evaluation.pairing import pair_dense_use


def masks(n: int = 40) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    smooth = F.avg_pool2d(torch.randn(n, 1, 18, 18, generator=generator), 5, 1, 2)[:, 0]
    return smooth > 0.2


def test_mean_iou_equals_sklearn():
    generator = torch.Generator().manual_seed(0)
    for classes, present in ((2, 2), (5, 5), (7, 4)):
        truth, predicted = torch.randint(present, (2, 10, 6, 6), generator=generator)
        expected = jaccard_score(truth.flatten(), predicted.flatten(), average="macro")
        assert mean_iou(predicted, truth, classes) == pytest.approx(expected, abs=1e-12)
    truth = torch.tensor([[[0, 0], [0, 1]]])
    per_picture = [mean_iou(each[None], truth, 2) for each in (truth[0], 1 - truth[0])]
    together = mean_iou(torch.cat([truth, 1 - truth]), torch.cat([truth, truth]), 2)
    assert together != pytest.approx(sum(per_picture) / 2), "the mean over pictures is another figure"


def test_boxes_equal_skimage():
    given = masks()
    expected = [regionprops(mask.astype(np.uint8))[0].bbox for mask in given.numpy()]
    assert boxes_of(given).tolist() == [list(box) for box in expected]
    assert boxes_of(torch.zeros(1, 4, 5, dtype=torch.bool)).tolist() == [[0, 0, 0, 0]]


def test_overlap_equals_counted_pixels():
    generator = np.random.default_rng(0)
    corners = generator.integers(0, 10, size=(2, 50, 2))
    boxes = np.concatenate([corners, corners + generator.integers(0, 8, size=(2, 50, 2))], 2)
    drawn = np.zeros((2, 50, 20, 20), dtype=bool)
    for part, row in np.ndindex(2, 50):
        top, left, bottom, right = boxes[part, row]
        drawn[part, row, top:bottom, left:right] = True
    either = np.maximum((drawn[0] | drawn[1]).sum((1, 2)), 1)
    expected = (drawn[0] & drawn[1]).sum((1, 2)) / either
    one, other = torch.from_numpy(boxes)
    assert box_overlap(one, other).numpy() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("background", ["photographs", "noise"])
@pytest.mark.parametrize("channels", [1, 3])
def test_masks_are_exact(channels: int, background: str):
    """The same objects on another background differ outside the masks only."""
    first = make_composites(60, image_size=32, channels=channels, part="test", background=background, seed=3)
    assert 0 <= first.images.min()
    assert first.images.max() <= 1
    share = first.masks.float().mean((1, 2))
    assert 0.01 < share.min()
    assert share.max() < 0.5
    again = make_composites(60, image_size=32, channels=channels, part="test", background=background, seed=3)
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, make_composites(60, image_size=32, channels=channels, part="test").images)
    inside = torch.where(first.masks[:, None], first.images, 0)
    colours = inside.flatten(2).amax(2, keepdim=True)  # one colour an object: channels are proportional inside
    ratios = torch.where(first.masks[:, None].flatten(2), inside.flatten(2) / colours, 1)
    assert (ratios - ratios[:, :1]).abs().max() < 1e-5


def test_training_and_test_share_nothing():
    train, test = (make_composites(300, image_size=32, channels=3, part=part, seed=0) for part in ("train", "test"))
    same_place = (train.masks == test.masks).all(2).all(1)
    assert not same_place.any()
    counts = torch.bincount(train.classes, minlength=10)
    assert counts.min() > 10
    clothes = open_images("fashion-mnist-10k")
    assert clothes.test is not None
    rows = clothes.test.labels
    assert set(test.classes.tolist()) <= set(rows.tolist())


def test_what_composites_refuse():
    for wrong in ({"count": 2001}, {"count": 0}, {"image_size": 7}, {"channels": 2}):
        with pytest.raises(UserError, match="expected 1 to 2000 composites"):
            make_composites(**{"count": 5, "image_size": 16, "channels": 1, **wrong}, part="test")


@final
class Seer(LocalEncoder):
    """Knows the composites by heart, nearly: how much of each cell is of an object of which class."""

    width = 11

    def __init__(self, *, grid: int, channels: int) -> None:
        super().__init__()
        self.grid, self.seen = grid, {}
        for part, count in (("train", 120), ("test", 60)):
            known = make_composites(count, image_size=32, channels=channels, part=part, background="noise", seed=0)
            covered = F.adaptive_avg_pool2d(known.masks[:, None].float(), grid).flatten(1)[..., None]
            exact = torch.cat([covered, covered * F.one_hot(known.classes, 10)[:, None]], 2)
            self.seen[count] = exact + 0.05 * torch.randn(exact.shape, generator=torch.Generator().manual_seed(0))
        self.place = 0

    def forward(self, items):
        return self.local(items).mean(1)

    def local(self, items):
        known = self.seen[120 if self.place < 120 else 60]
        start = self.place % 120
        self.place += len(items)
        return known[start : start + len(items)]


@final
class Blind(LocalEncoder):
    """Sees nothing."""

    width = 4

    def forward(self, items):
        return torch.zeros(len(items), 4)

    def local(self, items):
        return torch.zeros(len(items), 16, 4)


PREPARE = Preprocessing(image_size=32, channels=3, mean=(0.5,) * 3, standard_deviation=(0.25,) * 3, crop_fraction=0.875)
FEW = {"background": "noise", "train_items": 120, "test_items": 60}


def test_who_knows_all_reaches_the_ceiling():
    found = measure_dense_use(Seer(grid=8, channels=3), PREPARE, **FEW)
    assert found.grid == 8
    assert found.mean_iou > 0.9 * found.ceiling_mean_iou
    assert found.box_iou > 0.9 * found.ceiling_box_iou
    assert found.pointed > 0.97
    assert found.located > 0.9
    coarse = measure_dense_use(Seer(grid=4, channels=3), PREPARE, **FEW)
    assert 1 > found.ceiling_mean_iou > coarse.ceiling_mean_iou > coarse.background_mean_iou
    assert found.ceiling_box_iou > coarse.ceiling_box_iou


def test_who_sees_nothing_is_at_the_floor():
    found = measure_dense_use(Blind(), PREPARE, **FEW)
    assert found.mean_iou == pytest.approx(found.background_mean_iou)
    assert found.box_iou == 0
    assert found.located == 0
    assert found.background_mean_iou == pytest.approx((1 - found.object_share) / 11)
    answer = json.loads(json.dumps(found.as_json()))
    assert answer["localisation"]["pointed_blindly"] == found.object_share


def test_two_encoders_are_paired_picture_by_picture():
    knowing, blind = (measure_dense_use(each, PREPARE, **FEW) for each in (Seer(grid=8, channels=3), Blind()))
    paired = {each.figure: each for each in pair_dense_use(knowing, blind, named="dense")}
    assert list(paired) == [f"dense, {name}" for name in ("mean IoU", "overlap of boxes", "located", "pointed")]
    assert {each.sign for each in paired.values()} == {1}
    assert [each.figure for each in paired.values() if each.decides] == ["dense, mean IoU"]
    for each, figure in zip(paired.values(), ("mean_iou", "box_iou", "located", "pointed"), strict=True):
        assert (each.first, each.second) == (getattr(knowing, figure), getattr(blind, figure))
        assert each.interval[0] <= each.first - each.second <= each.interval[1]
    back = pair_dense_use(blind, knowing)[0]
    assert back.interval == pytest.approx([-end for end in reversed(paired["dense, mean IoU"].interval)])
    assert {each.interval for each in pair_dense_use(knowing, knowing)} == {(0.0, 0.0)}
    other = measure_dense_use(Blind(), PREPARE, **{**FEW, "test_items": 50})
    with pytest.raises(UserError, match="the same pictures"):
        pair_dense_use(knowing, other)


def test_mean_iou_of_resamples_is_that_of_the_pictures_drawn():
    """The wrong variant takes the mean of each picture's own IoU."""
    answers = measure_dense_use(Seer(grid=4, channels=3), PREPARE, **FEW).answers
    rows = torch.randint(60, (60,), generator=torch.Generator().manual_seed(0))
    drawn = {name: getattr(answers, name)[rows] for name in ("both", "said", "painted", "overlaps", "pointed")}
    counts = torch.bincount(rows, minlength=60)[None].float()
    expected = DenseAnswers(**drawn).mean_iou(torch.ones(1, 60))
    assert answers.mean_iou(counts).item() == pytest.approx(expected.item(), abs=1e-12)
    alone = answers.mean_iou(torch.eye(60))[rows].mean()
    assert abs(alone - expected.item()) > 1e-3


def test_what_is_refused():
    @final
    class Whole(Encoder):
        width = 4

        def forward(self, items):
            return torch.zeros(len(items), 4)

    @final
    class Fifteen(LocalEncoder):
        width = 4

        def forward(self, items):
            return torch.zeros(len(items), 4)

        def local(self, items):
            return torch.zeros(len(items), 15, 4)

    with pytest.raises(UserError, match="none for positions inside"):
        measure_dense_use(Whole(), PREPARE, **FEW)
    with pytest.raises(UserError, match="square grid of positions, got 15"):
        measure_dense_use(Fifteen(), PREPARE, **FEW)
