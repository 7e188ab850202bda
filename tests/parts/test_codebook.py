"""A codebook against plain loops, and wrong versions that the same check rejects; grids decoded cell by cell."""

import pytest
import torch
from oracles import quantisation as oracle

from selftaught.core import Encoder, LocalEncoder, UserError
from selftaught.objectives import perplexity, straight_through, vector_distance
from selftaught.parts import Codebook, GridDecoder, grid_side
from selftaught.testing import ExampleEncoder

DECAY = 0.7


def filled(kind=Codebook, **settings):
    codebook = kind(5, 3, **{"decay": DECAY, **settings}).double()
    with torch.no_grad():
        codebook.rows.copy_(torch.randn(5, 3, generator=torch.Generator().manual_seed(0)))
        if codebook.decay is not None:
            codebook.sums.copy_(codebook.rows)
    return codebook


def batch(seed, n=40):
    return torch.randn(n, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def accepts(kind):
    codebook = filled(kind)
    expected = oracle.MovingMeans(codebook.rows.tolist(), DECAY)
    for turn in range(4):
        vectors = batch(turn) + turn
        numbers = codebook.nearest(vectors)
        if numbers.tolist() != oracle.nearest(vectors.tolist(), expected.rows):
            return False
        codebook.follow(vectors, numbers)
        expected.follow(vectors.tolist())
        for found, wanted in ((codebook.rows, expected.rows), (codebook.usage, expected.counts)):
            if not torch.allclose(found, found.new_tensor(wanted), rtol=0, atol=1e-10):
                return False
    return True


class LargestProduct(Codebook):
    def nearest(self, vectors):
        return (vectors @ self.rows.T).argmax(1)


class OfTheBatchAlone(Codebook):
    def follow(self, vectors, numbers):
        decay, self.decay = self.decay, 0.0
        super().follow(vectors, numbers)
        self.decay = decay


class MeansWithoutCounts(Codebook):
    """Every batch's mean weighs alike, however many vectors it was of."""

    def follow(self, vectors, numbers):
        super().follow(vectors, numbers)
        means = [vectors[numbers == row].mean(0) for row in range(5)]
        rows = [old if mean.isnan().any() else mean for old, mean in zip(self.rows, means, strict=True)]
        self.rows.lerp_(torch.stack(rows), 1 - self.decay)


class CountsNotSmoothed(Codebook):
    def follow(self, vectors, numbers):
        super().follow(vectors, numbers)
        self.rows.copy_(self.sums / self.usage[:, None])


def test_it_is_accepted():
    assert accepts(Codebook)


@pytest.mark.parametrize("wrong", [LargestProduct, OfTheBatchAlone, MeansWithoutCounts, CountsNotSmoothed])
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_gradient_is_that_of_doing_nothing():
    vectors, codes = batch(0).requires_grad_(True), batch(1).requires_grad_(True)
    weights = batch(2)
    (weights * straight_through(vectors, codes).tanh()).sum().backward()
    at_the_codes = weights * (1 - codes.detach().tanh().square())
    assert codes.grad is None
    assert torch.allclose(vectors.grad, at_the_codes, rtol=0, atol=1e-12)
    assert torch.allclose(straight_through(vectors, codes), codes, rtol=0, atol=1e-12)


def test_distances_and_perplexity_are_the_oracles():
    vectors, codes = batch(0), batch(1)
    expected = oracle.vector_distance(vectors.tolist(), codes.tolist())
    assert abs(vector_distance(vectors, codes).item() - expected) < 1e-10
    numbers = filled().nearest(vectors)
    found = perplexity(filled().counts(numbers)).item()
    assert abs(found - oracle.perplexity(numbers.tolist())) < 1e-10
    assert perplexity(torch.tensor([0.0, 7.0, 0.0])).item() == pytest.approx(1)  # a collapsed codebook
    assert perplexity(torch.full((9,), 3.0)).item() == pytest.approx(9)


def far_away(**settings):
    """After many batches near the origin, of five rows of which four lie far from it."""
    codebook = filled(**settings)
    codebook.rows[1:] += 100
    codebook.sums.copy_(codebook.rows)
    for turn in range(30):
        vectors = batch(turn)
        codebook.follow(vectors, codebook.nearest(vectors))
    return codebook.counts(codebook.nearest(batch(99)))


def test_dead_codes_stay_dead_unless_they_are_revived():
    assert (far_away() > 0).sum() == 1
    assert (far_away(revive_below=0.01) > 0).sum() == 5


def test_revived_codes_are_different_vectors_of_the_batch():
    codebook = filled(revive_below=0.9, decay=0.5)
    codebook.usage.fill_(1e-3)
    vectors = batch(0, 20) + 50  # nearest to one row
    codebook.follow(vectors, torch.full((20,), 2))
    revived = [row for row in range(5) if (codebook.rows[row] == vectors).all(1).any()]
    assert revived == [0, 1, 3, 4]
    assert len(codebook.rows[revived].unique(dim=0)) == 4
    assert codebook.usage[revived].tolist() == [1.0] * 4
    few = filled(revive_below=0.9)
    few.usage.fill_(1e-3)
    few.follow(batch(0, 2), torch.tensor([0, 0]))  # two vectors cannot stand for five rows
    assert bool(few.rows.isfinite().all())


def test_learned_codes_are_left_to_their_loss():
    codebook = filled(decay=None)
    before = codebook.rows.detach().clone()
    codebook.follow(batch(0), codebook.nearest(batch(0)))
    assert torch.equal(codebook.rows, before)
    assert [name for name, _ in codebook.named_parameters()] == ["rows"]


@pytest.mark.parametrize("settings", [{"decay": 1.0}, {"revive_below": -1}, {"decay": None, "revive_below": 0.5}])
def test_what_makes_no_sense_is_refused(settings):
    with pytest.raises(UserError, match="expected "):
        filled(**settings)


def test_grids_of_any_side_are_decoded_to_the_images_size():
    for side, size in ((1, 8), (4, 28), (7, 28), (8, 8), (5, 32)):
        decoder = GridDecoder(6, side=side, channels=2, image_size=size, width=2)
        assert decoder(torch.randn(3, side**2, 6)).shape == (3, 2, size, size)
    with pytest.raises(UserError, match="expected images of at least 9 pixels"):
        GridDecoder(6, side=9, channels=2, image_size=8)


def test_a_position_makes_the_part_of_the_image_where_it_stands():
    decoder = GridDecoder(6, side=8, channels=1, image_size=16, width=2).eval()
    grid = torch.randn(1, 64, 6)
    other = grid.clone()
    other[0, 8 * 2 + 5] += 1  # the third row, the sixth column
    changed = (decoder(grid) - decoder(other))[0, 0].abs() > 1e-6
    rows, columns = changed.nonzero().unbind(1)
    assert rows.float().mean().item() == pytest.approx(2 * 2 + 0.5, abs=1.5)
    assert columns.float().mean().item() == pytest.approx(2 * 5 + 0.5, abs=1.5)


class Row(LocalEncoder):
    width, channels, image_size = 3, 1, 8

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(3))

    def local(self, items):
        return items.new_ones(len(items), 6, 1) * self.weight

    def forward(self, items):
        return self.local(items).mean(1)


def test_encoders_without_a_square_grid_are_refused():
    assert issubclass(ExampleEncoder, Encoder)
    with pytest.raises(UserError, match="expected an encoder with positions, such as small_resnet, got ExampleEncoder"):
        grid_side(ExampleEncoder())
    with pytest.raises(UserError, match="a square grid of positions, got 6 of them"):
        grid_side(Row())
