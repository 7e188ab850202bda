"""Images drawn pixel by pixel."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["draw_level", "sample_in_order", "sample_levels", "uniform_of"]


def uniform_of(normal: Float[Tensor, "n ..."]) -> Float[Tensor, "n ..."]:
    """Numbers spread evenly over (0, 1) from normally distributed ones: the share of the distribution below them.

    Example:
        >>> import torch
        >>> from selftaught.parts import uniform_of
        >>> uniform_of(torch.tensor([-9.0, 0.0, 9.0]))
        tensor([0.0000, 0.5000, 1.0000])
    """
    return torch.special.ndtr(normal)


def draw_level(
    logits: Float[Tensor, "n levels"], uniforms: Float[Tensor, " n"]
) -> tuple[Int[Tensor, " n"], Float[Tensor, " n"]]:
    """One level for each row, by its softmax, and its log probability in nats.

    Args:
        logits: of the levels.
        uniforms: numbers of chance, in [0, 1]: the level is the first whose cumulated probability is not below it.

    Example:
        >>> import torch
        >>> from selftaught.parts import draw_level
        >>> draw_level(torch.zeros(3, 4), torch.tensor([0.1, 0.3, 0.9]))[0]
        tensor([0, 1, 3])
    """
    logs = logits.log_softmax(1)
    chosen = (logs.exp().cumsum(1) < uniforms[:, None]).sum(1).clamp(max=logits.shape[1] - 1)
    return chosen, logs.gather(1, chosen[:, None]).squeeze(1)


@torch.no_grad()
def sample_levels(
    logits_of_last_row: Callable[[Int[Tensor, "n c rows w"]], Float[Tensor, "n c levels w"]],
    uniforms: Float[Tensor, "n c h w"],
    *,
    rows_above: int | None = None,
) -> tuple[Int[Tensor, "n c h w"], Float[Tensor, " n"]]:
    """Images of levels, drawn pixel by pixel and channel by channel, all images of the batch at once.

    Args:
        logits_of_last_row: of every level, at every pixel of the last row that is given, from what stands before it.
        uniforms: numbers of chance in [0, 1], one for each channel of each pixel.
        rows_above: how many rows above it the logits of a row depend on, so that earlier ones need not be given; None
            for all.

    Returns:
        The levels, and the log probability of each image in nats.

    Example:
        >>> import torch
        >>> from selftaught.parts import sample_levels
        >>> levels, logs = sample_levels(lambda before: torch.zeros(5, 1, 4, 3), torch.rand(5, 1, 2, 3))
        >>> levels.shape, round(logs[0].exp().item() * 4**6, 4)  # 6 pixels of 4 levels, all equally likely
        (torch.Size([5, 1, 2, 3]), 1.0)
    """
    count, channels, height, width = uniforms.shape
    numbers = torch.zeros(uniforms.shape, dtype=torch.int64, device=uniforms.device)
    total = uniforms.new_zeros(count)
    for row in range(height):
        first = 0 if rows_above is None else max(row - rows_above, 0)
        for column in range(width):
            for channel in range(channels):
                logits = logits_of_last_row(numbers[:, :, first : row + 1])[:, channel, :, column]
                place = (slice(None), channel, row, column)
                numbers[place], log_probability = draw_level(logits, uniforms[place])
                total += log_probability
    return numbers, total


@torch.no_grad()
def sample_in_order(
    logits_of: Callable[[Int[Tensor, "n c h w"]], Float[Tensor, "n c levels h w"]],
    uniforms: Float[Tensor, "n c h w"],
    order: Int[Tensor, " values"],
) -> tuple[Int[Tensor, "n c h w"], Float[Tensor, " n"]]:
    """Images of levels, drawn value by value in any order, all images of the batch at once.

    Args:
        logits_of: of every level of every value, each from the values before it in the order.
        uniforms: numbers of chance in [0, 1], one for each channel of each pixel.
        order: each value's place, the values being counted channel by channel, row by row.

    Returns:
        The levels, and the log probability of each image in nats.

    Example:
        >>> import torch
        >>> from selftaught.parts import sample_in_order
        >>> equal = torch.zeros(5, 1, 4, 2, 3)
        >>> levels, logs = sample_in_order(lambda before: equal, torch.rand(5, 1, 2, 3), torch.randperm(6))
        >>> levels.shape, round(logs[0].exp().item() * 4**6, 4)  # 6 values of 4 levels, all equally likely
        (torch.Size([5, 1, 2, 3]), 1.0)
    """
    numbers = torch.zeros(uniforms.shape, dtype=torch.int64, device=uniforms.device)
    flat, total = numbers.view(len(numbers), -1), uniforms.new_zeros(len(uniforms))
    for value in order.argsort():
        logits = logits_of(numbers).movedim(2, -1).flatten(1, 3)[:, value]
        flat[:, value], log_probability = draw_level(logits, uniforms.flatten(1)[:, value])
        total += log_probability
    return numbers, total
