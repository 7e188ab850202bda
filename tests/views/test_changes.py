import torch

from selftaught.views import Change, DrawnView


def darken(images: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    return images * factors.view(-1, 1, 1, 1)


def images() -> torch.Tensor:
    return torch.arange(1.0, 7.0).view(6, 1, 1, 1).expand(6, 2, 3, 3).clone() / 10


def test_each_chosen_image_gets_its_own_numbers() -> None:
    chosen, factors = torch.tensor([True, False, True, True, False, True]), torch.linspace(0, 1, 6)
    found = Change(darken, chosen, [factors]).apply(images(), slice(None))
    expected = torch.where(chosen, factors, torch.ones(6)).view(-1, 1, 1, 1) * images()
    torch.testing.assert_close(found, expected)


def test_rows_are_rows_of_the_batch() -> None:
    chosen, factors = torch.tensor([True, False, True, True, False, True]), torch.linspace(0, 1, 6)
    change = Change(darken, chosen, [factors])
    pieces = [change.apply(images()[rows], rows) for rows in (slice(0, 1), slice(1, 2), slice(2, 6))]
    assert torch.equal(torch.cat(pieces), change.apply(images(), slice(None)))


def test_nothing_is_computed_where_nothing_is_chosen() -> None:
    def refuse(images: torch.Tensor) -> torch.Tensor:
        raise AssertionError

    pixels = images()
    assert Change(refuse, torch.zeros(6, dtype=torch.bool)).apply(pixels, slice(None)) is pixels


def test_changes_follow_each_other_and_leave_the_pixels_alone() -> None:
    everything = torch.ones(6, dtype=torch.bool)
    add, double = Change(lambda x: x + 1, everything), Change(lambda x: x * 2, everything)
    boxes = torch.tensor([[0.0, 0.0, 3.0, 3.0]]).expand(6, 4)
    pixels = images()
    drawn = DrawnView(boxes, ~everything, [add, double])
    found = drawn.change(drawn.crop(pixels, 3, slice(None)), slice(None))
    torch.testing.assert_close(found, (images() + 1) * 2)
    assert torch.equal(pixels, images())
