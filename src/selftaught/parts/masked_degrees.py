"""Which units of a network may see which inputs, so that each output depends on the inputs before its own."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

__all__ = ["draw_degrees", "sees"]


def draw_degrees(
    draw: int, *, dimensions: int, features: int, layers: int
) -> tuple[Int[Tensor, " dimensions"], Int[Tensor, "layers features"]]:
    """An order of the inputs, and how many of them, in that order, each hidden unit may see, less one.

    The order is any with equal chance; a unit of degree m may see the inputs of places 0 to m. Degrees are drawn evenly
    from the lowest of the layer before (0 for the first) to `dimensions` - 2, so that no unit is cut off.

    Args:
        draw: which of the endless series; the same number gives the same.
        dimensions: inputs, at least 2.
        features: units of each hidden layer.
        layers: how many of these there are.

    Source:
        Germain et al. 2015, https://arxiv.org/abs/1502.03509, sections 3 and 4, algorithm 1.

    Example:
        >>> from selftaught.parts import draw_degrees
        >>> order, degrees = draw_degrees(0, dimensions=5, features=6, layers=2)
        >>> sorted(order.tolist()), degrees.shape, bool((degrees < 4).all())
        ([0, 1, 2, 3, 4], torch.Size([2, 6]), True)
    """
    generator = torch.Generator().manual_seed(draw)
    order = torch.randperm(dimensions, generator=generator, device="cpu")
    degrees: list[Tensor] = []
    for _ in range(layers):
        lowest = int(degrees[-1].min()) if degrees else 0
        degrees.append(torch.randint(lowest, dimensions - 1, (features,), generator=generator, device="cpu"))
    return order, torch.stack(degrees)


def sees(
    later: Int[Tensor, " outputs"], earlier: Int[Tensor, " inputs"], *, itself: bool
) -> Bool[Tensor, "outputs inputs"]:
    """The mask of a layer from the degrees of its outputs and of its inputs.

    Args:
        later: degrees, or places in the order, of the outputs.
        earlier: those of the inputs.
        itself: whether equal degrees are connected: yes within the network, no towards the outputs.

    Example:
        >>> import torch
        >>> from selftaught.parts import sees
        >>> sees(torch.tensor([0, 2]), torch.tensor([0, 1, 2]), itself=False).int()
        tensor([[0, 0, 0],
                [1, 1, 0]], dtype=torch.int32)
    """
    return later[:, None] >= earlier if itself else later[:, None] > earlier
