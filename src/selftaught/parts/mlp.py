"""The projectors and predictors that most methods put on an encoder."""

from itertools import pairwise

from torch import nn

from selftaught.parts.batch_norm import BatchNorm

__all__ = ["mlp"]


def mlp(*widths: int, norm: bool = True, final_norm: bool = False) -> nn.Sequential:
    """Linear layers with a ReLU between them.

    Args:
        widths: of the input, the middle layers and the output; two widths make one linear layer.
        norm: put a batch norm before every ReLU.
        final_norm: put a batch norm behind the last layer, too.

    Returns:
        A network (n, widths[0]) -> (n, widths[-1]). Without norms the layers have a bias; with norms, which
        cancel it, none has, the last one included.

    Source:
        SimCLR's head has both norms in its authors' code, BYOL's (appendix B) only the first, MoCo v2's none.

    Example:
        >>> from selftaught.parts import mlp
        >>> mlp(512, 2048, 128)
        Sequential(
          (0): Linear(in_features=512, out_features=2048, bias=False)
          (1): BatchNorm(2048, groups=1)
          (2): ReLU()
          (3): Linear(in_features=2048, out_features=128, bias=False)
        )
    """
    layers: list[nn.Module] = []
    for before, after in pairwise(widths[:-1]):
        layers += [nn.Linear(before, after, bias=not norm), *([BatchNorm(after)] if norm else []), nn.ReLU()]
    layers += [
        nn.Linear(widths[-2], widths[-1], bias=not (norm or final_norm)),
        *([BatchNorm(widths[-1])] if final_norm else []),
    ]
    return nn.Sequential(*layers)
