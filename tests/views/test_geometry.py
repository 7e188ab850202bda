import pytest
import torch
import torchvision.transforms.v2.functional as oracle
from scipy.stats import ks_2samp
from torchvision.transforms import RandomResizedCrop

from selftaught.views import Draws
from selftaught.views.geometry import cut_out, quarter_turns, random_crop_boxes, random_squares

N = 3000
SCALE, RATIO = (0.08, 1.0), (3 / 4, 4 / 3)


def torchvision_boxes(height: int, width: int, scale: tuple[float, float], ratio: tuple[float, float]) -> torch.Tensor:
    image = torch.empty(1, height, width)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        boxes = [RandomResizedCrop.get_params(image, list(scale), list(ratio)) for _ in range(N)]
    return torch.tensor(boxes, dtype=torch.float32)


def our_boxes(height: int, width: int, scale: tuple[float, float], ratio: tuple[float, float]) -> torch.Tensor:
    sizes = torch.tensor([[height, width]]).expand(N, 2)
    return random_crop_boxes(sizes, Draws.at(0, height, width, batch=N), scale=scale, ratio=ratio)


def least_p_value(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """Over the four numbers of a box, its area and its aspect."""
    both = [
        torch.cat([boxes, boxes[:, 2:3] * boxes[:, 3:], boxes[:, 3:] / boxes[:, 2:3]], 1).numpy()
        for boxes in (ours, theirs)
    ]
    return min(ks_2samp(both[0][:, column], both[1][:, column], method="asymp").pvalue for column in range(6))


@pytest.mark.parametrize("scale", [SCALE, (0.2, 1.0), (0.9, 1.0)])
@pytest.mark.parametrize(("height", "width"), [(200, 300), (28, 28), (500, 90), (40, 400), (3, 4)])
def test_boxes_have_the_distribution_of_torchvision(height: int, width: int, scale: tuple[float, float]) -> None:
    boxes = our_boxes(height, width, scale, RATIO)
    assert torch.equal(boxes, boxes.round())
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] >= 1).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= torch.tensor([height, width])).all()
    assert least_p_value(boxes, torchvision_boxes(height, width, scale, RATIO)) > 1e-3


def test_wrong_boxes_are_rejected() -> None:
    theirs, ours = torchvision_boxes(200, 300, SCALE, RATIO), our_boxes(200, 300, SCALE, RATIO)
    central = ours.clone()
    central[:, :2] = ((torch.tensor([200, 300]) - ours[:, 2:]) / 2).floor()
    transposed = ours[:, [1, 0, 3, 2]]
    draws = Draws(0, batch=N)
    area, aspect = 60_000 * draws.uniform(*SCALE), draws.uniform(*RATIO)  # uniform, not log-uniform
    uniform_aspect = ours.clone()
    uniform_aspect[:, 2], uniform_aspect[:, 3] = (area / aspect).sqrt().round(), (area * aspect).sqrt().round()
    side_not_area = ours.clone()
    side_not_area[:, 2:] = draws.uniform(*SCALE, 1) * torch.tensor([200.0, 300.0])
    for wrong in (central, transposed, uniform_aspect, side_not_area):
        assert least_p_value(wrong, theirs) < 1e-6


@pytest.mark.parametrize(("height", "width"), [(500, 90), (40, 400)])
def test_where_nothing_fits_the_box_is_the_central_one_of_torchvision(height: int, width: int) -> None:
    scale = (1.0, 1.0)
    assert torch.equal(our_boxes(height, width, scale, RATIO), torchvision_boxes(height, width, scale, RATIO))


def test_images_of_different_sizes_have_their_own_boxes() -> None:
    sizes = torch.tensor([[20, 30], [200, 100], [7, 7]])
    boxes = random_crop_boxes(sizes.repeat(N, 1), Draws(0, batch=3 * N), scale=SCALE, ratio=RATIO)
    for number, (height, width) in enumerate(sizes.tolist()):
        assert least_p_value(boxes[number::3], torchvision_boxes(height, width, SCALE, RATIO)) > 1e-3


def test_squares_lie_inside_and_cover_what_they_should() -> None:
    squares = random_squares(64, Draws(0, batch=N), scale=(0.02, 0.33))
    assert torch.equal(squares[:, 2], squares[:, 3])
    assert (squares[:, :2] >= 0).all()
    assert (squares[:, :2] + squares[:, 2:] <= 64).all()
    share = squares[:, 2] ** 2 / 64**2
    assert abs(share.mean() - 0.175) < 0.01
    assert share.min() > 0.01
    assert share.max() < 0.35


def test_quarter_turns_equal_torchvision() -> None:
    images = torch.rand(6, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    turns = torch.tensor([0, 1, 2, 3, 1, 0])
    expected = [oracle.rotate(image, 90.0 * turn) for image, turn in zip(images, turns.tolist(), strict=True)]
    assert torch.equal(quarter_turns(images, turns), torch.stack(expected))


def test_cut_out_equals_torchvision() -> None:
    images = torch.rand(3, 2, 9, 12, generator=torch.Generator().manual_seed(0))
    boxes = torch.tensor([[0.0, 0, 3, 3], [4, 5, 5, 5], [8, 11, 1, 1]])
    fill = torch.tensor([0.25, 0.75])
    expected = [
        oracle.erase(image, *box, v=fill.view(-1, 1, 1))
        for image, box in zip(images, boxes.int().tolist(), strict=True)
    ]
    assert torch.equal(cut_out(images, boxes, fill), torch.stack(expected))
