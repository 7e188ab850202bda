"""CPC for images against the paper's loss of the encoder's patches, and wrong versions that the check rejects."""

import math
from dataclasses import replace

import pytest
import torch
from descent import build, descend
from oracles import predictive_coding as oracle
from photographs import pieces
from torch import nn

from selftaught.core import ImagesWithLatents, UserError
from selftaught.encoders import PatchAverage, SmallResNet
from selftaught.methods import CPCImages
from selftaught.parts import ContextFromAbove, overlapping_patches

ROWS = 7


def make(encoder, kind=CPCImages, **options):
    patches = PatchAverage(encoder, image_size=16, patch_grid=ROWS)
    return kind(patches, **{"rows_ahead": 2, "context_width": 4, **options})


def views(count=3, seed=0):
    example = ImagesWithLatents.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def columns(grid):
    """The columns of every image as sequences of rows, from the top."""
    return [grid[i, :, j].tolist() for i in range(len(grid)) for j in range(ROWS)]


def parts(method, asked):
    """Patches of 4x4 pixels of images of 16x16, two apart, cut and encoded one after another in plain indexing."""
    rows = [
        image[:, 2 * r : 2 * r + 4, 2 * c : 2 * c + 4]
        for image in asked.images
        for r in range(ROWS)
        for c in range(ROWS)
    ]
    vectors = method.encoder.of_patches(torch.stack(rows)).view(len(asked), ROWS, ROWS, -1)
    weights = [(0.1 * predictor.weight).tolist() for predictor in method.predictors]
    return weights, columns(method.context(vectors)), columns(vectors), [ROWS] * (ROWS * len(asked))


def sees_below(context):
    """Whether what stands in a row is felt in a row above it."""
    vectors = torch.zeros(1, ROWS, ROWS, 16, dtype=torch.float64)
    other = vectors.clone()
    other[0, 4] = torch.randn(ROWS, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return not torch.equal(context(vectors)[0, :4], context(other)[0, :4])


def accepts(method):
    """Whether two steps have the paper's loss of a context that sees no target, and energies are each column's own."""
    for turn in range(2):
        if sees_below(method.context):
            return False
        asked = views(seed=turn)
        step = method.step(asked)
        if not abs(step.loss.item() - oracle.loss(*parts(method, asked))) <= 1e-10:
            return False
        descend(method, step)
    method.eval()
    asked = views(seed=9)
    weights, context, vectors, _ = parts(method, asked)
    each = [oracle.energy(weights, c, z, ROWS) for c, z in zip(context, vectors, strict=True)]
    expected = torch.tensor(each, dtype=torch.float64).view(len(asked), ROWS).mean(1)
    return torch.allclose(method.energy(asked), expected, rtol=0, atol=1e-10)


class Changed(nn.Module):
    """A predictor that gives something else than its matrix says."""

    def __init__(self, predictor, change):
        super().__init__()
        self.predictor, self.change, self.weight = predictor, change, predictor.weight

    def forward(self, context):
        return self.change(self.predictor(context), context)


def with_predictors(change):
    method = build(make)
    method.predictors = nn.ModuleList(Changed(predictor, change) for predictor in method.predictors)
    return method


def one_matrix_for_all_offsets():
    method = build(make)
    first, second = method.predictors
    method.predictors = nn.ModuleList([first, Changed(second, lambda _, context: first(context))])
    return method


def unit_length_and_temperature():
    return with_predictors(lambda found, _: nn.functional.normalize(found, dim=-1) / 0.1)


def the_top_row_only():
    return with_predictors(lambda found, _: found[:, :1].expand_as(found))


def context_that_sees_the_target():
    method = build(make)
    for block in method.context.blocks:
        block.down = nn.Conv2d(4, 4, (3, 1), padding=(1, 0)).double()
        block.forward = lambda vectors, block=block: (
            vectors + block.after(block.down(block.across(block.before(vectors).relu())).relu())
        )
    return method


class NegativesOfTheSameImage(CPCImages):
    def step(self, asked):
        each = [super(NegativesOfTheSameImage, self).step(asked.take(torch.tensor([i]))) for i in range(len(asked))]
        return replace(each[0], losses={"info_nce": torch.stack([step.loss for step in each]).mean()})


class PredictsToTheRight(CPCImages):
    def _columns(self, images):
        return super()._columns(images.mT)


def test_it_is_accepted():
    assert accepts(build(make))
    assert accepts(with_predictors(lambda found, _: found))


@pytest.mark.parametrize(
    "wrong",
    [one_matrix_for_all_offsets, unit_length_and_temperature, the_top_row_only, context_that_sees_the_target],
    ids=lambda wrong: wrong.__name__,
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong())


@pytest.mark.parametrize("wrong", [NegativesOfTheSameImage, PredictsToTheRight])
def test_a_wrong_question_is_rejected(wrong):
    assert not accepts(build(lambda encoder: make(encoder, wrong)))


def test_patches_that_do_not_overlap_are_rejected(monkeypatch):
    def tiles(images, *, grid):
        return images[:, :, :14, :14].unfold(2, 2, 2).unfold(3, 2, 2).permute(0, 2, 3, 1, 4, 5)

    monkeypatch.setattr("selftaught.encoders.patch_average.overlapping_patches", tiles)
    assert not accepts(build(make))


def test_the_context_sees_all_rows_above_and_its_own():
    torch.manual_seed(0)
    context = ContextFromAbove(16, hidden_width=8, blocks=6).double()
    vectors = torch.randn(1, ROWS, ROWS, 16, dtype=torch.float64, requires_grad=True)
    felt = torch.autograd.grad(context(vectors)[0, 6, 3].sum(), vectors)[0].abs().sum((0, 3))  # (rows, columns)
    assert (felt > 0).all()
    felt = torch.autograd.grad(context(vectors)[0, 2, 3].sum(), vectors)[0].abs().sum((0, 3))
    assert (felt[:3, 3] > 0).all()
    assert not felt[3:].any()


@pytest.mark.parametrize(
    ("side", "pixels", "last"), [(28, 8, 20), (32, 8, 24), (96, 24, 72), (224, 56, 168), (9, 2, 7)]
)
def test_patches_reach_from_edge_to_edge(side, pixels, last):
    image = torch.arange(float(side * side)).view(1, 1, side, side)
    cut = overlapping_patches(image)
    assert cut.shape == (1, ROWS, ROWS, 1, pixels, pixels)
    assert torch.equal(cut[0, 0, 0, 0], image[0, 0, :pixels, :pixels])
    assert torch.equal(cut[0, 6, 0, 0], image[0, 0, last:, :pixels])
    assert torch.equal(cut[0, 0, 6, 0], image[0, 0, :pixels, last:])
    apart = (cut[0, :, 0, 0, 0, 0] / side).diff()
    assert (apart > 0).all()
    assert apart.max() <= pixels


def test_loss_and_accuracy_of_each_offset_are_logged():
    method, asked = build(make), views()
    step = method.step(asked)
    expected = oracle.losses(*parts(method, asked))
    for offset in (1, 2):
        assert step.metrics[f"info_nce_{offset}"].item() == pytest.approx(expected[offset - 1], abs=1e-10)
        assert 0 <= step.metrics[f"accuracy_{offset}"].item() <= 1
    bound = step.metrics["mutual_information_bound_nats"].item()
    assert bound == pytest.approx(math.log(3 * 49) - step.loss.item())


def test_it_begins_near_a_guess_and_learns_colour_photographs():
    """With predictions ten times as long the context's last ReLU dies on CIFAR-10, and the loss stays a guess's."""
    torch.manual_seed(0)
    patches = PatchAverage(SmallResNet(channels=3, image_size=16, features=16), image_size=32, patch_grid=ROWS)
    method = CPCImages(patches, rows_ahead=5, context_width=128)
    optimiser, losses = torch.optim.AdamW(method.parameters(), lr=1e-3), []
    for turn in range(60):
        images = pieces(16, size=32, seed=turn).float()
        step = method.step(ImagesWithLatents(torch.arange(16), images, torch.zeros(16, 1)))
        optimiser.zero_grad()
        step.loss.backward()
        optimiser.step()
        losses.append(step.loss.item())
    guess = math.log(16 * ROWS**2)
    assert abs(losses[0] - guess) < 0.5
    assert losses[-1] < guess - 0.5


def test_predictions_of_zero_score_chance():
    method, asked = build(make).eval(), views()
    for predictor in method.predictors:
        nn.init.zeros_(predictor.weight)
    step, chance = method.step(asked), method.chance(asked)
    assert step.loss.item() == pytest.approx(chance["info_nce"]) == math.log(3 * 49)
    assert step.metrics["mutual_information_bound_nats"].item() == pytest.approx(0.0, abs=1e-12)
    assert chance["accuracy_2"] == 1 / (3 * 49)


@pytest.mark.parametrize("options", [{"rows_ahead": 0}, {"rows_ahead": 7}, {"context_width": 0}])
def test_wrong_numbers_are_refused(options):
    with pytest.raises(UserError, match="expected rows_ahead from 1 to 6 and a context_width above 0, got"):
        build(lambda encoder: make(encoder, **options))


def test_images_that_are_too_small_are_refused():
    with pytest.raises(UserError, match="at least 8 pixels to cut into 7x7, got 7"):
        overlapping_patches(torch.zeros(1, 3, 7, 7))


def test_an_encoder_of_whole_images_is_refused():
    with pytest.raises(UserError, match=r"patch by patch: --encoder\.patch-grid"):
        CPCImages(SmallResNet(image_size=16))


def test_another_grid():
    method = CPCImages(PatchAverage(SmallResNet(image_size=6), image_size=16, patch_grid=5), rows_ahead=4)
    asked = ImagesWithLatents.example(3, torch.Generator().manual_seed(0))
    assert method.chance(asked)["info_nce"] == math.log(3 * 25)
    assert math.isfinite(method.step(asked).loss.item())
    assert method.energy(asked).shape == (3,)
