"""The same numbers and gradients as other libraries on the same float64 tensors; where a peer departs, by how much.

docs/peers.md lists what departs. A peer that is not installed is skipped: `pip install -e ".[peers]"`.
"""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from selftaught.objectives import (
    barlow_twins,
    covariance_penalty,
    cross_crop_entropy,
    info_nce,
    mean_squared_distance,
    negative_cosine,
    nt_xent,
    sinkhorn,
    sup_con,
    variance_hinge,
)
from selftaught.testing import in_processes

TEMPERATURES = (0.07, 0.5)


@pytest.fixture
def lightly():
    """The losses of lightly."""
    return pytest.importorskip("lightly.loss", reason="lightly is not installed")


@pytest.fixture
def metric_learning():
    """The losses of pytorch-metric-learning."""
    return pytest.importorskip("pytorch_metric_learning.losses", reason="pytorch-metric-learning is not installed")


def drawn(*shape: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(*shape, generator=generator, dtype=torch.float64)).requires_grad_()


def two_views(items: int = 16, width: int = 12, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    first = drawn(items, width, scale=scale)
    return first, (first.detach() + drawn(items, width, seed=1).detach()).requires_grad_()


def off_by(ours: Callable[..., Tensor], theirs: Callable[..., Tensor], *given: Tensor) -> float:
    """How far values and gradients are apart at most, beside the largest of them."""
    found = []
    for loss in (ours, theirs):
        value = loss(*given).squeeze()
        found.append(torch.cat([value.detach().view(1), *(g.flatten() for g in torch.autograd.grad(value, given))]))
    assert found[0].dtype == torch.float64
    return ((found[0] - found[1]).abs().max() / found[1].abs().max()).item()


def vicreg(a: Tensor, b: Tensor, weights: tuple[float, float, float]) -> Tensor:
    variance, covariance = variance_hinge(a) + variance_hinge(b), covariance_penalty(a) + covariance_penalty(b)
    return weights[0] * mean_squared_distance(a, b).mean() + weights[1] * variance + weights[2] * covariance


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_nt_xent_is_lightly_s(lightly, temperature: float) -> None:
    peer = lightly.NTXentLoss(temperature=temperature)
    assert off_by(lambda a, b: nt_xent(a, b, temperature=temperature), peer, *two_views()) < 1e-12
    assert off_by(lambda a, b: nt_xent(a, b, temperature=2 * temperature), peer, *two_views()) > 1e-2


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_nt_xent_is_that_of_metric_learning(metric_learning, temperature: float) -> None:
    peer, items = metric_learning.NTXentLoss(temperature=temperature), torch.arange(16).repeat(2)

    def theirs(a: Tensor, b: Tensor) -> Tensor:
        return peer(torch.cat([a, b]), items)

    assert off_by(lambda a, b: nt_xent(a, b, temperature=temperature), theirs, *two_views()) < 1e-12
    assert off_by(lambda a, b: nt_xent(a, b, temperature=2 * temperature), theirs, *two_views()) > 1e-2


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_supervised_contrast_is_that_of_metric_learning(metric_learning, temperature: float) -> None:
    peer, labels = metric_learning.SupConLoss(temperature=temperature), torch.arange(16) % 5

    def theirs(a: Tensor, b: Tensor) -> Tensor:
        return peer(torch.cat([a, b]), labels.repeat(2))

    assert off_by(lambda a, b: sup_con(a, b, labels, temperature=temperature), theirs, *two_views()) < 1e-12
    assert off_by(lambda a, b: nt_xent(a, b, temperature=temperature), theirs, *two_views()) > 1e-2


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_info_nce_with_a_bank_is_lightly_s(lightly, temperature: float) -> None:
    peer, bank = lightly.NTXentLoss(temperature=temperature, memory_bank_size=(24, 12)), drawn(24, 12, seed=2).detach()
    query, key = two_views()

    def theirs(query: Tensor) -> Tensor:
        peer.memory_bank.bank = F.normalize(bank, dim=1)
        return peer(query, key.detach())

    assert off_by(lambda q: info_nce(q, key.detach(), bank, temperature=temperature), theirs, query) < 1e-12
    assert off_by(lambda q: info_nce(q, key.detach(), bank[:23], temperature=temperature), theirs, query) > 1e-4


def test_info_nce_with_a_bank_is_that_of_metric_learning(metric_learning) -> None:
    peer, bank = metric_learning.NTXentLoss(temperature=0.1), drawn(24, 12, seed=2).detach()

    def theirs(query: Tensor, key: Tensor) -> Tensor:
        others = 1 + torch.arange(len(bank))
        rows = [
            peer(
                q[None],
                torch.tensor([0]),
                ref_emb=torch.cat([k[None], bank]),
                ref_labels=torch.cat([0 * others[:1], others]),
            )
            for q, k in zip(query, key, strict=True)
        ]
        return torch.stack(rows).mean()

    assert off_by(lambda q, k: info_nce(q, k, bank, temperature=0.1), theirs, *two_views()) < 1e-12
    assert off_by(lambda q, k: info_nce(q, k, bank[:23], temperature=0.1), theirs, *two_views()) > 1e-4


def test_negative_cosine_is_lightly_s(lightly) -> None:
    peer = lightly.NegativeCosineSimilarity()
    assert off_by(lambda p, z: negative_cosine(p, z).mean(), peer, *two_views()) < 1e-12
    assert off_by(lambda p, z: -(p * z).sum(1).mean(), peer, *two_views()) > 1e-2


@pytest.mark.parametrize("weight", [5e-3, 1.0])
def test_barlow_twins_is_lightly_s(lightly, weight: float) -> None:
    peer = lightly.BarlowTwinsLoss(lambda_param=weight)
    assert off_by(lambda a, b: barlow_twins(a, b, redundancy_weight=weight), peer, *two_views()) < 1e-9
    assert off_by(lambda a, b: barlow_twins(a, b, redundancy_weight=2 * weight), peer, *two_views()) > 1e-3


def test_vicreg_is_lightly_s_with_half_the_variance(lightly) -> None:
    """Equation 6 adds the variance terms of both views; the authors' program and lightly take their mean."""
    views = two_views(scale=0.5)
    assert off_by(lambda a, b: vicreg(a, b, (25, 12.5, 1)), lightly.VICRegLoss(), *views) < 1e-12
    assert off_by(lambda a, b: vicreg(a, b, (25, 25, 1)), lightly.VICRegLoss(), *views) > 1e-2


def test_vicreg_is_that_of_metric_learning_with_half_the_variance(metric_learning) -> None:
    """Its docstring has the paper's sum; its program halves each term."""
    views, peer = two_views(scale=0.5), metric_learning.VICRegLoss()
    assert off_by(lambda a, b: vicreg(a, b, (25, 12.5, 1)), lambda a, b: peer(a, ref_emb=b), *views) < 1e-12
    assert off_by(lambda a, b: vicreg(a, b, (25, 25, 1)), lambda a, b: peer(a, ref_emb=b), *views) > 1e-2


def _barlow_twins_of_part(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    from lightly.loss import BarlowTwinsLoss

    rank, count = torch.distributed.get_rank(), torch.distributed.get_world_size()
    mine = a.chunk(count)[rank], b.chunk(count)[rank]
    return BarlowTwinsLoss(gather_distributed=True)(*mine), barlow_twins(*mine)


@pytest.mark.usefixtures("lightly")
def test_lightly_standardises_each_process_s_part_by_itself() -> None:
    """Though it gathers the correlations; section 2.1 of the paper has the mean and deviation of the batch."""
    views = [view.detach() for view in two_views()]
    parts = in_processes(_barlow_twins_of_part, *views, count=2)
    theirs, ours = (torch.stack(each).mean() for each in zip(*parts, strict=True))
    whole = barlow_twins(*views)
    torch.testing.assert_close(ours, whole, rtol=1e-10, atol=1e-12)
    assert (theirs - whole).abs() > 0.01 * whole


@pytest.mark.parametrize(("items", "prototypes"), [(6, 5), (5, 6), (32, 8)])
def test_sinkhorn_is_lightly_s(lightly, items: int, prototypes: int) -> None:
    scores = F.normalize(drawn(items, 4), dim=1).detach() @ F.normalize(drawn(prototypes, 4, seed=1), dim=1).detach().T
    theirs = lightly.swav_loss.sinkhorn(scores)
    torch.testing.assert_close(sinkhorn(scores), theirs, rtol=1e-10, atol=1e-12)
    assert (sinkhorn(scores, iterations=1) - theirs).abs().max() > 1e-4


def _codes_of_part(scores: Tensor) -> Tensor:
    from lightly.loss.swav_loss import sinkhorn as peer

    rank, count = torch.distributed.get_rank(), torch.distributed.get_world_size()
    return peer(scores.chunk(count)[rank])


@pytest.mark.usefixtures("lightly")
def test_lightly_s_codes_are_of_each_process_alone() -> None:
    """Its default; `gather_distributed` is off. The paper's codes are of the whole batch."""
    scores = F.normalize(drawn(12, 4), dim=1).detach() @ F.normalize(drawn(5, 4, seed=1), dim=1).detach().T
    parts = torch.cat(in_processes(_codes_of_part, scores, count=2))
    assert (parts - sinkhorn(scores)).abs().max() > 0.01


@pytest.mark.parametrize("small", [0, 3])
def test_swav_s_loss_is_lightly_s(lightly, small: int) -> None:
    peer, scores = lightly.SwaVLoss(temperature=0.1), drawn(2 + small, 6, 5)

    def ours(scores: Tensor, temperature: float = 0.1) -> Tensor:
        codes = torch.stack([sinkhorn(each) for each in scores[:2]])
        return cross_crop_entropy(scores, codes, temperature=temperature).mean()

    def theirs(scores: Tensor) -> Tensor:
        return peer(list(scores[:2]), list(scores[2:]))

    assert off_by(ours, theirs, scores) < 1e-12
    assert off_by(lambda scores: ours(scores, 0.2), theirs, scores) > 1e-2


def test_swav_s_loss_with_a_queue_is_lightly_s(lightly) -> None:
    peer, scores, queued = lightly.SwaVLoss(temperature=0.1), drawn(3, 6, 5), drawn(2, 9, 5, seed=2).detach()

    def ours(scores: Tensor) -> Tensor:
        codes = [sinkhorn(torch.cat(both))[:6] for both in zip(scores[:2], queued, strict=True)]
        return cross_crop_entropy(scores, torch.stack(codes), temperature=0.1).mean()

    assert off_by(ours, lambda scores: peer(list(scores[:2]), list(scores[2:]), list(queued)), scores) < 1e-12


@pytest.mark.parametrize("small", [0, 3])
def test_dino_s_loss_and_centre_are_lightly_s(lightly, small: int) -> None:
    """It moves its centre in every forward pass; ours is moved by the method, after the step."""
    peer = lightly.DINOLoss(output_dim=5, teacher_temp=0.05, student_temp=0.1).double()
    scores, teacher = drawn(2 + small, 6, 5), drawn(2, 6, 5, seed=4).detach()
    centre = drawn(5, seed=3, scale=0.1).detach()

    def ours(scores: Tensor) -> Tensor:
        return cross_crop_entropy(scores, ((teacher - centre) / 0.05).softmax(-1), temperature=0.1).mean()

    def theirs(scores: Tensor) -> Tensor:
        peer.center.copy_(centre)
        return peer(list(teacher), list(scores))

    assert off_by(ours, theirs, scores) < 1e-6, "it holds the teacher's temperature as float32"
    moved = 0.9 * centre + 0.1 * teacher.mean((0, 1))
    torch.testing.assert_close(peer.center.flatten(), moved, rtol=1e-10, atol=1e-12)
    assert (
        off_by(
            lambda scores: cross_crop_entropy(scores, (teacher / 0.05).softmax(-1), temperature=0.1).mean(),
            theirs,
            scores,
        )
        > 1e-3
    )


def test_lightly_s_bank_drops_what_does_not_fit(lightly) -> None:
    """A batch that reaches over its end loses the rest; MoCo's queue, as ours, wraps around."""
    from selftaught.parts import Queue

    peer, queue = lightly.NTXentLoss(memory_bank_size=(8, 4)).memory_bank, Queue(8, 4)
    batches = [F.normalize(drawn(5, 4, seed=seed), dim=1).detach().float() for seed in range(2)]
    peer.bank = queue.rows.clone()
    for batch in batches:
        peer(batch, update=True)
        queue.push(batch)
    last = batches[1]
    kept = [any(torch.allclose(row, one, atol=1e-6) for row in peer.bank) for one in last]
    assert kept == [True, True, True, False, False]
    assert all(any(torch.allclose(row, one, atol=1e-6) for row in queue.rows) for one in last)


def test_lightly_s_head_of_simclr_ends_in_a_batch_norm() -> None:
    heads = pytest.importorskip("lightly.models.modules.heads", reason="lightly is not installed")
    names = [type(layer).__name__ for layer in heads.SimCLRProjectionHead(8, 8, 4).layers]
    assert names == ["Linear", "BatchNorm1d", "ReLU", "Linear", "BatchNorm1d"]
