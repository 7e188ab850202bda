"""NCE with a bank against loops written from the paper, and wrong versions that the same checks reject."""

import math

import pytest
import torch
from embeddings import normal
from oracles import noise_contrastive as oracle
from torch.nn import functional as F

from selftaught.objectives import instance_softmax, log_normaliser, noise_contrastive, row_scores
from selftaught.testing import in_processes

TEMPERATURE = 0.3


def case(n=3, rows=7, drawn=5, width=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    bank = F.normalize(torch.randn(rows, width, generator=generator, dtype=torch.float64), dim=1)
    own = torch.randperm(rows, generator=generator)[:n]
    places = torch.randint(rows, (n, drawn), generator=generator)
    return normal(n, width, seed=seed + 50), bank, own, places


def nce(embeddings, bank, own, places, z, temperature=TEMPERATURE):
    scores = row_scores(embeddings, bank, torch.cat([own[:, None], places], 1), temperature=temperature)
    log_z = torch.tensor(math.log(z), dtype=torch.float64)
    return noise_contrastive(scores[:, 0], scores[:, 1:], log_z, rows=len(bank))


def accepts(loss):
    """Whether a function is the paper's loss with a given Z: the oracle's value, and the gradient of that value."""
    for seed, z in enumerate((3.0, 40.0, 7.0)):
        embeddings, bank, own, places = case(drawn=3 + 4 * seed, seed=seed)
        expected = oracle.nce(embeddings.tolist(), bank.tolist(), own.tolist(), places.tolist(), TEMPERATURE, z)
        if abs(loss(embeddings, bank, own, places, z).item() - expected) > 1e-10 * max(1, expected):
            return False
    embeddings, bank, own, places = case()
    return torch.autograd.gradcheck(
        lambda each: loss(each, bank, own, places, 5.0), (embeddings,), raise_exception=False
    )


def noise_taken_from_the_batch(embeddings, bank, own, places, z):
    others = own[None].expand(len(own), -1)
    return nce(embeddings, bank, own, others, z)


def without_the_share_of_noise(embeddings, bank, own, places, z):
    return nce(embeddings, bank, own, places, z * len(bank) / places.shape[1])


def z_of_this_batch(embeddings, bank, own, places, z):
    scores = row_scores(embeddings, bank, places, temperature=TEMPERATURE)
    return nce(embeddings, bank, own, places, log_normaliser(scores, rows=len(bank)).exp().item())


def embeddings_not_normalised(embeddings, bank, own, places, z):
    scores = torch.einsum("nd,nmd->nm", embeddings, bank[torch.cat([own[:, None], places], 1)]) / TEMPERATURE
    return noise_contrastive(scores[:, 0], scores[:, 1:], torch.tensor(z).double().log(), rows=len(bank))


def mean_over_the_noise(embeddings, bank, own, places, z):
    scores = row_scores(embeddings, bank, torch.cat([own[:, None], places], 1), temperature=TEMPERATURE)
    shift = math.log(z * places.shape[1] / len(bank))
    return -(F.logsigmoid(scores[:, 0] - shift) + F.logsigmoid(shift - scores[:, 1:]).mean(1)).mean()


def softmax_over_the_drawn(embeddings, bank, own, places, z):
    scores = row_scores(embeddings, bank, torch.cat([own[:, None], places], 1), temperature=TEMPERATURE)
    return (scores.logsumexp(1) - scores[:, 0]).mean()


def temperature_ignored(embeddings, bank, own, places, z):
    return nce(embeddings, bank, own, places, z, temperature=1.0)


def test_nce_is_accepted():
    assert accepts(nce)


@pytest.mark.parametrize(
    "wrong",
    [
        noise_taken_from_the_batch,
        without_the_share_of_noise,
        z_of_this_batch,
        embeddings_not_normalised,
        mean_over_the_noise,
        softmax_over_the_drawn,
        temperature_ignored,
    ],
)
def test_a_wrong_loss_is_rejected(wrong):
    assert not accepts(wrong)


def test_the_normaliser_is_that_of_equation_8():
    embeddings, bank, _, places = case(n=4, drawn=6)
    expected = oracle.normaliser(embeddings.tolist(), bank.tolist(), places.tolist(), TEMPERATURE)
    found = log_normaliser(row_scores(embeddings, bank, places, temperature=TEMPERATURE), rows=len(bank))
    assert found.exp().item() == pytest.approx(expected, abs=1e-10)
    assert not found.requires_grad


def test_the_whole_softmax():
    embeddings, bank, own, _ = case()
    expected = oracle.softmax(embeddings.tolist(), bank.tolist(), own.tolist(), TEMPERATURE)
    assert instance_softmax(embeddings, own, bank, temperature=TEMPERATURE).item() == pytest.approx(expected, abs=1e-10)
    assert torch.autograd.gradcheck(
        lambda each: instance_softmax(each, own, bank, temperature=TEMPERATURE), (embeddings,)
    )


def test_nce_has_the_gradient_of_the_softmax_where_all_rows_are_noise_and_z_is_known():
    embeddings, bank, own, _ = case(n=1)
    every = torch.arange(len(bank)).repeat(1, 2000)
    z = (F.normalize(embeddings, dim=1) @ bank.T / TEMPERATURE).exp().sum().item()
    (expected,) = torch.autograd.grad(instance_softmax(embeddings, own, bank, temperature=TEMPERATURE), embeddings)
    (found,) = torch.autograd.grad(nce(embeddings, bank, own, every, z), embeddings)
    torch.testing.assert_close(found, expected, rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("rows", [5, 1000])  # multiplied with the whole table, and copied
def test_scores_are_products_with_the_rows(rows, monkeypatch):
    monkeypatch.setitem(row_scores.__globals__, "_NUMBERS_AT_ONCE", 64)
    embeddings, bank, _, places = case(n=9, rows=max(rows, 9), drawn=6)
    scores = row_scores(embeddings, bank, places, temperature=0.5)
    expected = torch.einsum("nd,nmd->nm", F.normalize(embeddings, dim=1), bank[places]) / 0.5
    torch.testing.assert_close(scores, expected, rtol=0, atol=1e-12)
    weights = torch.randn(9, 6, dtype=torch.float64)
    got, wanted = (torch.autograd.grad((each * weights).sum(), embeddings)[0] for each in (scores, expected))
    torch.testing.assert_close(got, wanted, rtol=0, atol=1e-12)


def test_a_second_derivative_is_refused():
    embeddings, bank, _, places = case()
    with pytest.raises(NotImplementedError, match="no derivative"):
        torch.autograd.grad(row_scores(embeddings, bank, places, temperature=0.5).sum(), embeddings, create_graph=True)


def test_half_precision_is_widened():
    embeddings, bank, own, places = case()
    half, table = embeddings.detach().to(torch.bfloat16), bank.float()
    assert row_scores(half, table, places, temperature=0.07).dtype == torch.float32
    assert instance_softmax(half, own, table, temperature=0.07).dtype == torch.float32


def test_large_scores_stay_finite():
    own, noise = torch.tensor([400.0]), torch.tensor([[-400.0, 400.0]])
    log_z = log_normaliser(noise, rows=10)
    assert log_z.item() == pytest.approx(400 + math.log(5))
    assert noise_contrastive(own, noise, log_z, rows=10).isfinite()


def _estimate(noise):
    return log_normaliser(noise[torch.distributed.get_rank() * 2 :][:2], rows=50)


def test_processes_estimate_one_normaliser():
    noise = 3 * torch.randn(4, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for found in in_processes(_estimate, noise):
        torch.testing.assert_close(found, log_normaliser(noise, rows=50), rtol=0, atol=1e-12)
