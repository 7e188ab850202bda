"""DPC's loss against loops written from the paper, and wrong versions that the same checks reject."""

import math

import pytest
import torch
import torch.nn.functional as F
from oracles import dense_prediction as oracle

from selftaught.objectives import dense_accuracy, dense_energy, dense_info_nce


def places(seed, n=3, m=4):
    return torch.randn(n, m, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def nats(scores):
    """Of the diagonal, each row's candidates being its columns."""
    return (scores.logsumexp(-1) - scores.diagonal(dim1=-2, dim2=-1)).mean()


def own_clip_only(predicted, true):
    return nats(predicted @ true.transpose(1, 2))


def same_place_only(predicted, true):
    return nats(predicted.transpose(0, 1) @ true.permute(1, 2, 0))


def other_clips_only(predicted, true):
    scores = torch.einsum("nmd,jld->nmjl", predicted, true)
    right = (predicted * true).sum(2)
    own = torch.eye(len(true), dtype=torch.bool)[:, None, :, None]
    others = scores.masked_fill(own, float("-inf")).flatten(2).logsumexp(2)
    return (torch.logaddexp(others, right) - right).mean()


def by_cosine(predicted, true):
    return dense_info_nce(F.normalize(predicted, dim=2), F.normalize(true, dim=2))


def over_predictions(predicted, true):
    return dense_info_nce(true, predicted)


def with_temperature(predicted, true):
    return dense_info_nce(predicted / 0.07, true)


def summed(predicted, true):
    return dense_info_nce(predicted, true) * predicted.shape[1]


def accepts(objective):
    predicted, true = places(0), places(1)
    close = abs(objective(predicted, true).item() - oracle.loss(predicted.tolist(), true.tolist())) < 1e-10
    inputs = (predicted.requires_grad_(), true.requires_grad_())
    return close and torch.autograd.gradcheck(objective, inputs, raise_exception=False)


def test_the_loss_is_the_papers():
    assert accepts(dense_info_nce)


@pytest.mark.parametrize(
    "wrong",
    [own_clip_only, same_place_only, other_clips_only, by_cosine, over_predictions, with_temperature, summed],
)
def test_wrong_versions_are_rejected(wrong):
    assert not accepts(wrong)


def test_energy_and_accuracy_are_of_each_clip_alone():
    predicted, true = places(0), places(1)
    pairs = list(zip(predicted.tolist(), true.tolist(), strict=True))
    assert dense_energy(predicted, true).tolist() == pytest.approx([oracle.energy(*pair) for pair in pairs], abs=1e-10)
    assert dense_energy(predicted[:1], true[:1])[0] == dense_energy(predicted, true)[0]
    expected = oracle.accuracy(predicted.tolist(), true.tolist())
    assert dense_accuracy(predicted, true).item() == pytest.approx(expected)
    assert dense_accuracy(true, true * 9).item() > 0.5


def test_collapse_is_chance():
    same = torch.ones(3, 4, 5).double()
    assert dense_info_nce(same, same).item() == pytest.approx(math.log(12))
    assert dense_energy(same, same).tolist() == pytest.approx([math.log(4)] * 3)
    assert dense_accuracy(same, same).item() == pytest.approx(1 / 4)
