"""The projector of vision transformers: GELU, a narrow end, and no batch norm unless one is asked for."""

from itertools import pairwise

from torch import nn

from selftaught.parts.batch_norm import BatchNorm

__all__ = ["bottleneck"]

_DEVIATION = 0.02


def bottleneck(*widths: int, norm: bool = False) -> nn.Sequential:
    """Linear layers with biases and a GELU between them; weights begin small, biases at 0.

    Args:
        widths: of the input, the middle layers and the output.
        norm: put a batch norm before every GELU.

    Returns:
        A network (n, widths[0]) -> (n, widths[-1]).

    Source:
        Caron et al. 2021, https://arxiv.org/abs/2104.14294, appendix C; the start of the weights and the norms are its
        authors' code.

    Example:
        >>> from selftaught.parts import bottleneck
        >>> bottleneck(384, 2048, 256)
        Sequential(
          (0): Linear(in_features=384, out_features=2048, bias=True)
          (1): GELU(approximate='none')
          (2): Linear(in_features=2048, out_features=256, bias=True)
        )
    """
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        linear = nn.Linear(before, after)
        nn.init.trunc_normal_(linear.weight, std=_DEVIATION)
        nn.init.zeros_(linear.bias)
        layers += [linear, *([BatchNorm(after)] if norm else []), nn.GELU()]
    return nn.Sequential(*layers[: -2 if norm else -1])
