"""What every model of pixels one after another must keep: causality, normalisation, and samples scored as drawn."""

from functools import partial

import torch
from oracles import autoregressive as oracle

from selftaught.core import ImagesWithLatents
from selftaught.encoders import PixelReader
from selftaught.parts import sample_levels


def build(kind, name, channels=3, image_size=4, levels=3, blocks=2, seed=0):
    """A method around a small network with weights large enough to be seen, in float64."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = PixelReader(
            name, channels=channels, image_size=image_size, levels=levels, features=8 * channels, blocks=blocks
        )
        method = kind(encoder, head_width=16 * channels).double().eval()
        with torch.no_grad():
            for weight in method.parameters():
                weight.mul_(1.5).add_(0.1 * torch.randn(weight.shape))
    return method


def influences(method, size):
    """Whether each (channel, row, column) of the guesses depends on each of the values, from slopes at six images."""
    channels, found = method.encoder.channels, 0
    for seed in range(6):
        values = torch.rand(1, channels, size, size, generator=torch.Generator().manual_seed(seed)).double() * 2 - 1
        slopes = torch.autograd.functional.jacobian(
            lambda each: method.levels.head(method.encoder.states(each)), values, vectorize=True
        )  # (1, c, levels, h, w, 1, c, h, w)
        found = found + slopes.abs().sum(2)[0, :, :, :, 0]
    return found > 0


def is_causal(method, size=4):
    """Whether no guess depends on its own or a later value, and each on its neighbours before it; all of them."""
    seen = influences(method, size)
    places = [(c, y, x) for c in range(method.encoder.channels) for y in range(size) for x in range(size)]
    for guess in places:
        for value in places:
            before = oracle.comes_before(value, guess)
            if seen[(*guess, *value)] and not before:
                return False
            beside = value[1] == guess[1] and guess[2] - value[2] in (0, 1)
            near = beside or value[1:] == (guess[1] - 1, guess[2])
            if before and near and not seen[(*guess, *value)]:
                return False
    return True


def sums_to_one(method, channels, height, width):
    """Whether the probabilities of all images of these levels sum to one."""
    levels = method.encoder.levels
    numbers = torch.tensor(list(oracle.every_image(channels, height, width, levels)))
    with torch.no_grad():
        probabilities = (-method.levels.nats(method.encoder, numbers)).exp()
    return abs(probabilities.sum().item() - 1) < 1e-10 and probabilities.min().item() > 0


def scores_what_it_draws(method, count=6, seed=3):
    """Whether images drawn pixel by pixel have the probability that was added up while drawing."""
    encoder = method.encoder
    shape = (count, encoder.channels, encoder.image_size, encoder.image_size)
    uniforms = torch.rand(shape, generator=torch.Generator().manual_seed(seed)).double()
    numbers, logs = sample_levels(partial(method.levels.last_row, encoder), uniforms, rows_above=encoder.rows_above)
    with torch.no_grad():
        return torch.allclose(-method.levels.nats(encoder, numbers), logs, rtol=0, atol=1e-10)


def accepts(kind, name, change=lambda method: None, channels=3):
    """Whether a method keeps all three, with its weights, masks or parts changed or not."""
    for seed in range(2):
        method = build(kind, name, channels=channels, seed=seed)
        tiny = build(kind, name, channels=channels, levels=2, image_size=2, seed=seed)
        change(method), change(tiny)
        if not (is_causal(method) and sums_to_one(tiny, channels, 2, 2) and scores_what_it_draws(method)):
            return False
    return True


def asked(method, count=8, seed=0):
    """Views of images that lie in 0..1, with as many latents as the method needs."""
    encoder, generator = method.encoder, torch.Generator().manual_seed(seed)
    images = torch.rand(count, encoder.channels, encoder.image_size, encoder.image_size, generator=generator).double()
    latents = torch.randn(count, method.levels.values_an_image, generator=generator).double()
    return ImagesWithLatents(torch.arange(count), images, latents)
