"""The error of hidden patches against loops written from the paper, and wrong versions that the same check rejects."""

import pytest
import torch
from embeddings import normal
from oracles import reconstruction as oracle

from selftaught.core import patchify
from selftaught.objectives import normalised_patches, patch_error, patch_statistics

N, SIDE, SIZE, CHANNELS = 3, 12, 3, 2


def accepts(error_of):
    """Whether guesses of hidden patches get the oracle's error, and its gradient."""
    for seed in range(3):
        images = 4 * normal(N, CHANNELS, SIDE, SIDE, seed=seed).detach() + seed
        hidden = torch.rand(N, 16, generator=torch.Generator().manual_seed(seed)).argsort(1)[:, : 10 + seed]
        guesses = normal(N, hidden.shape[1], SIZE * SIZE * CHANNELS, seed=seed + 10).detach()
        expected = [
            oracle.hidden_error(guess, image, places, SIZE)
            for guess, image, places in zip(guesses.tolist(), images.tolist(), hidden.tolist(), strict=True)
        ]
        got = error_of(guesses, images, hidden)
        if got.shape != (N,) or (got - torch.tensor(expected, dtype=torch.float64)).abs().max() > 1e-10:
            return False
    return torch.autograd.gradcheck(
        lambda guess: error_of(guess, images, hidden), guesses.clone().requires_grad_(True), raise_exception=False
    )


def hidden_of(images, hidden):
    patches = patchify(images, SIZE)
    return patches.gather(1, hidden[:, :, None].expand(-1, -1, patches.shape[2]))


def right(guess, images, hidden):
    return patch_error(guess, normalised_patches(hidden_of(images, hidden)))


def target_not_normalised(guess, images, hidden):
    return patch_error(guess, hidden_of(images, hidden))


def normalised_by_the_image(guess, images, hidden):
    target = hidden_of(images, hidden)
    return patch_error(guess, (target - target.mean((1, 2), keepdim=True)) / target.std((1, 2), keepdim=True))


def mean_only(guess, images, hidden):
    target = hidden_of(images, hidden)
    return patch_error(guess, target - target.mean(2, keepdim=True))


def variance_over_all_values(guess, images, hidden):
    target = hidden_of(images, hidden)
    deviation = (target.var(2, keepdim=True, correction=0) + 1e-6).sqrt()
    return patch_error(guess, (target - target.mean(2, keepdim=True)) / deviation)


def each_channel_by_itself(guess, images, hidden):
    target = hidden_of(images, hidden).unflatten(2, (-1, CHANNELS))
    return patch_error(guess, ((target - target.mean(2, keepdim=True)) / target.std(2, keepdim=True)).flatten(2))


def absolute_error(guess, images, hidden):
    return (guess - normalised_patches(hidden_of(images, hidden))).abs().mean((1, 2))


def summed(guess, images, hidden):
    return right(guess, images, hidden) * hidden.shape[1]


def shared_by_all_patches(guess, images, hidden):
    return right(guess, images, hidden) * hidden.shape[1] / 16


def loss_everywhere(guess, images, hidden):
    everything = normalised_patches(patchify(images, SIZE))
    whole = torch.zeros_like(everything).scatter(1, hidden[:, :, None].expand_as(guess), guess)
    return patch_error(whole, everything)


def mean_of_the_batch(guess, images, hidden):
    return right(guess, images, hidden).mean().expand(len(guess))


def guess_without_gradient(guess, images, hidden):
    return right(guess.detach(), images, hidden)


def test_it_is_accepted():
    assert accepts(right)


@pytest.mark.parametrize(
    "wrong",
    [
        target_not_normalised,
        normalised_by_the_image,
        mean_only,
        variance_over_all_values,
        each_channel_by_itself,
        absolute_error,
        summed,
        shared_by_all_patches,
        loss_everywhere,
        mean_of_the_batch,
        guess_without_gradient,
    ],
    ids=lambda wrong: wrong.__name__,
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


@pytest.mark.parametrize("values", [2, 12, 48])
def test_the_same_guess_of_every_patch_has_a_closed_form(values):
    target = normalised_patches(1000 * normal(4, 7, values).detach())
    expected = torch.full((4,), (values - 1) / values, dtype=torch.float64)
    torch.testing.assert_close(patch_error(torch.zeros_like(target), target), expected, rtol=1e-9, atol=0)


def test_brightness_and_contrast_of_a_patch_do_not_matter():
    patches = normal(2, 3, 12).detach()
    torch.testing.assert_close(
        normalised_patches(1e4 * patches + 7), normalised_patches(1e3 * patches), rtol=1e-6, atol=1e-6
    )


def test_flat_patches_stay_finite():
    assert torch.equal(normalised_patches(torch.full((1, 2, 4), 3.0)), torch.zeros(1, 2, 4))


def test_half_precision_is_widened():
    half = torch.randn(2, 3, 4).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        assert patch_error(half, normalised_patches(half)).dtype == torch.float32


def test_statistics_undo_the_normalisation():
    patches = normal(2, 3, 12).detach() + 5
    mean, deviation = patch_statistics(patches)
    torch.testing.assert_close(normalised_patches(patches) * deviation + mean, patches)
