"""A prior over grids of codes, trained on the codes that a method gives to images."""

import copy
import math

import torch
from jaxtyping import Int
from torch import Tensor

from selftaught.core import Track, UserError, silent
from selftaught.extraction import reading
from selftaught.parts import CodePrior
from selftaught.training.schedules import cosine

__all__ = ["bits_per_code", "fit_code_prior"]

_CPU = torch.device("cpu")
_READ_TOGETHER = 256  # grids
_WARMUP_STEPS = 20


def bits_per_code(prior: CodePrior, codes: Int[Tensor, "n h w"], *, device: torch.device = _CPU) -> float:
    """Bits that each code takes, on average, where grids are coded by the prior: exact.

    Args:
        prior: left in the mode and on the device it came in.
        codes: grids, at least one.
        device: where the prior works.

    Example:
        >>> import torch
        >>> from selftaught.parts import CodePrior
        >>> from selftaught.training import bits_per_code
        >>> prior = CodePrior(16, features=8, blocks=1, head_width=8)
        >>> _ = torch.nn.init.zeros_(prior.head.logits.weight), torch.nn.init.zeros_(prior.head.logits.bias)
        >>> round(bits_per_code(prior, torch.randint(16, (5, 4, 4))), 4)  # all 16 codes equally likely
        4.0
    """
    with reading(prior, device):
        nats = sum(float(prior.nats(some.to(device)).double().sum()) for some in codes.split(_READ_TOGETHER))
    return nats / codes.numel() / math.log(2)


def fit_code_prior(
    prior: CodePrior,
    codes: Int[Tensor, "n h w"],
    held_out: Int[Tensor, "m h w"],
    *,
    epochs: int = 30,
    batch_size: int = 64,
    learning_rate: int | float = 2e-3,
    device: torch.device = _CPU,
    seed: int = 0,
    track: Track = silent,
) -> list[float]:
    """Make grids of codes likely, and leave the prior as it was when grids held out were likeliest.

    AdamW, with a rate that rises over 20 steps and then falls by a cosine to 0.

    Args:
        prior: trained in place, on the device it lies on afterwards.
        codes: grids to learn.
        held_out: grids that choose the epoch.
        epochs: passes over the grids, at least 1.
        batch_size: grids a step.
        learning_rate: its peak, above 0.
        device: where to train.
        seed: of the order of the grids.
        track: who watches.

    Returns:
        Bits per code of the grids held out, after each epoch.

    Raises:
        UserError: there are no grids of one kind, or a number is out of its range.

    Example:
        >>> import torch
        >>> from selftaught.parts import CodePrior
        >>> from selftaught.training import fit_code_prior
        >>> grids = torch.zeros(64, 2, 2, dtype=torch.int64)
        >>> _ = torch.manual_seed(0)
        >>> bits = fit_code_prior(CodePrior(4, features=8, blocks=1, head_width=8), grids, grids[:8], epochs=30)
        >>> len(bits), min(bits) < 2  # as many as four codes that are equally likely need
        (30, True)
    """
    if min(len(codes), len(held_out)) < 1:
        raise UserError(f"expected grids to learn and grids held out, got {len(codes)} and {len(held_out)}")
    if min(epochs, batch_size) < 1 or learning_rate <= 0:
        raise UserError(
            "expected at least 1 epoch, 1 grid a step and a rate above 0, got "
            f"{epochs}, {batch_size} and {learning_rate}"
        )
    prior.to(device).train()
    optimiser = torch.optim.AdamW(prior.parameters(), lr=learning_rate)
    generator = torch.Generator().manual_seed(seed)
    steps_an_epoch = -(-len(codes) // batch_size)
    steps = epochs * steps_an_epoch
    bits: list[float] = []
    best = copy.deepcopy(prior.state_dict())
    order = torch.arange(len(codes))
    for step in track(range(steps), "fitting the prior over codes", steps):
        place = step % steps_an_epoch
        if place == 0:
            order = torch.randperm(len(codes), generator=generator)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * cosine(step, steps, min(_WARMUP_STEPS, steps // 2))
        grids = codes[order[place * batch_size : (place + 1) * batch_size]].to(device)
        optimiser.zero_grad()
        prior.nats(grids).mean().div(grids[0].numel()).backward()
        optimiser.step()
        if place == steps_an_epoch - 1:
            bits.append(bits_per_code(prior, held_out, device=device))
            best = copy.deepcopy(prior.state_dict()) if bits[-1] == min(bits) else best
    prior.load_state_dict(best)
    return bits
