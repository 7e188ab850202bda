"""Batch normalisation whose statistics are those of a stated part of the batch of all processes."""

from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TypeVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.core import UserError, all_sum, process_count

__all__ = ["BatchNorm", "is_unsettled", "regroup", "running_statistics_kept", "settle_statistics", "synchronised"]

M = TypeVar("M", bound=nn.Module)

_TORCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class _Normaliser(nn.Module, ABC):
    """What both kinds of batch norm do."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(
        self, width: int, *, groups: int = 1, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True
    ) -> None:
        super().__init__()
        self.width, self.groups, self.eps, self.momentum = width, groups, eps, momentum
        self.weight = nn.Parameter(torch.ones(width)) if affine else None
        self.bias = nn.Parameter(torch.zeros(width)) if affine else None
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))
        self.register_buffer("num_batches_tracked", torch.zeros((), dtype=torch.long))

    def extra_repr(self) -> str:
        """What `print` shows between the brackets."""
        return f"{self.width}, groups={self.groups}"

    @abstractmethod
    def forward(self, items: Tensor) -> Tensor:
        """Normalise, and what belongs to it."""

    def normalise(self, items: Tensor) -> Tensor:
        """By the groups' statistics while training, by the running ones in eval mode."""
        if self.training:
            self.num_batches_tracked.add_(1)
            if self.groups > 1:
                return self._by_groups(items)
            if process_count() > 1:
                return self._synchronised(items)
        return F.batch_norm(
            items, self.running_mean, self.running_var, self.weight, self.bias, self.training, self.momentum, self.eps
        )

    def _synchronised(self, items: Tensor) -> Tensor:
        axes, shape = [0, *range(2, items.dim())], [1, -1] + [1] * (items.dim() - 2)
        wide = items if items.dtype == torch.float64 else items.float()
        count = process_count() * items.numel() // self.width
        mean = all_sum(wide.sum(axes)) / count  # (width,)
        centred = wide - mean.view(shape)
        variance = all_sum(centred.square().sum(axes)) / count
        self._follow(mean, variance * count / (count - 1))
        normal = centred * (variance + self.eps).rsqrt().view(shape)
        if self.weight is not None and self.bias is not None:
            normal = normal * self.weight.view(shape) + self.bias.view(shape)
        return normal.to(items.dtype)

    def _by_groups(self, items: Tensor) -> Tensor:
        here = self.groups // process_count()
        if here * process_count() != self.groups or len(items) % here:
            raise UserError(
                f"expected a batch that splits into {self.groups} equal groups over {process_count()} processes, "
                f"got {len(items) * process_count()} items"
            )
        means = self.running_mean.new_zeros(here, self.width)
        variances = torch.zeros_like(means)
        outputs = [  # momentum 1: each group's running statistics are its own mean and variance
            F.batch_norm(part, mean, variance, self.weight, self.bias, training=True, momentum=1.0, eps=self.eps)
            for part, mean, variance in zip(items.chunk(here), means, variances, strict=True)
        ]
        self._follow(all_sum(means.mean(0)) / process_count(), all_sum(variances.mean(0)) / process_count())
        return torch.cat(outputs)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
        self.running_var.lerp_(variance.to(self.running_var.dtype), self.momentum)


@final
class BatchNorm(_Normaliser):
    """Batch norm over (n, width, ...), with statistics over groups of the batch of all processes.

    One group is synchronised batch norm: every process normalises by the mean and variance of the whole batch. It works
    on gloo, where PyTorch's own does not run. Several groups are contiguous parts of the whole batch, each normalised
    by itself, as if each lay on a device of its own. Names and shapes of its tensors are PyTorch's.

    Args:
        width: channels.
        groups: parts of the batch of all processes; each process must hold a whole number of them.
        eps: added to the variance.
        momentum: how far the running statistics move towards those of a batch.
        affine: follow the normalisation by a trained scale and shift.

    Raises:
        UserError: groups do not divide over the processes, or items over the groups.

    Source:
        Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167; groups as in He et al. 2019,
        https://arxiv.org/abs/1911.05722, section 3.3.

    Example:
        >>> import torch
        >>> from selftaught.parts import BatchNorm
        >>> items = torch.tensor([[0.0], [2.0], [10.0], [14.0]])
        >>> BatchNorm(1, groups=2)(items).detach().flatten().round()
        tensor([-1.,  1., -1.,  1.])
    """

    def forward(self, items: Tensor) -> Tensor:
        """Normalise: by the groups' statistics while training, by the running ones in eval mode."""
        return self.normalise(items)


@final
class _ActivatedBatchNorm(_Normaliser):
    """In place of timm's fusion of batch norm, drop and activation."""

    drop: nn.Module
    act: nn.Module

    def forward(self, items: Tensor) -> Tensor:
        """Normalise, drop, activate."""
        return self.act(self.drop(self.normalise(items)))


def regroup(module: M, groups: int) -> M:
    """Give every batch norm inside a module statistics over groups of the batch of all processes.

    The weights and running statistics stay the same tensors under the same names, so the module saves and loads as
    before.

    Args:
        module: changed in place.
        groups: see `BatchNorm`.

    Returns:
        The same module.

    Raises:
        UserError: fewer than 1 group, or a module that is itself a batch norm of PyTorch.

    Example:
        >>> from torch import nn
        >>> from selftaught.parts import regroup
        >>> regroup(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)), 4)[1]
        BatchNorm(8, groups=4)
    """
    if groups < 1:
        raise UserError(f"expected at least 1 batch norm group, got {groups}")
    synchronised(module)
    for part in module.modules():
        if isinstance(part, _Normaliser):
            part.groups = groups
    return module


def synchronised(module: M) -> M:
    """Give every batch norm of PyTorch inside a module the statistics of the whole batch of all processes.

    A `BatchNorm` of this library keeps its groups.

    Args:
        module: changed in place.

    Returns:
        The same module.

    Raises:
        UserError: the module is itself a batch norm of PyTorch, which cannot be changed in place.

    Example:
        >>> from torch import nn
        >>> from selftaught.parts import synchronised
        >>> synchronised(nn.Sequential(nn.BatchNorm2d(8)))[0]
        BatchNorm(8, groups=1)
    """
    if isinstance(module, _TORCH_NORMS):
        raise UserError(f"expected a module with batch norms inside, got a {type(module).__name__}")
    for name, child in module.named_children():
        if isinstance(child, _TORCH_NORMS):
            setattr(module, name, _replaced(child))
        else:
            synchronised(child)
    return module


@contextmanager
def running_statistics_kept(network: nn.Module) -> Generator[None]:
    """Inside, batch norms normalise by the batch while they train, and remember nothing of it.

    For what a network sees only while it trains: small crops, tiles of an image, or the same items a second time.
    Otherwise the statistics that it is used with would be partly theirs.

    Args:
        network: with batch norms of PyTorch or of this library, or without any.

    Example:
        >>> import torch
        >>> from selftaught.parts import BatchNorm, running_statistics_kept
        >>> norm = BatchNorm(1)
        >>> with running_statistics_kept(norm):
        ...     _ = norm(torch.tensor([[5.0], [7.0]]))
        >>> norm.running_mean
        tensor([0.])
    """
    norms = _norms(network)
    before = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
        norm.num_batches_tracked = None if norm.num_batches_tracked is None else norm.num_batches_tracked.clone()
    try:
        yield
    finally:
        for norm, (momentum, counted) in zip(norms, before, strict=True):
            norm.momentum, norm.num_batches_tracked = momentum, counted


def is_unsettled(network: nn.Module) -> bool:
    """Whether it has batch norms that have seen nothing yet.

    Example:
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.parts import is_unsettled
        >>> is_unsettled(SmallResNet())
        True
    """
    return any(norm.num_batches_tracked is not None and int(norm.num_batches_tracked) == 0 for norm in _norms(network))


@torch.no_grad()
def settle_statistics(network: nn.Module, items: Any) -> None:
    """Let the batch norms take the statistics of some items for those that they are used with.

    Before it has seen anything, a batch norm in eval mode changes nothing, and its network is another one than while
    it trains.

    Args:
        network: in any mode, in which it is left.
        items: a batch of what it takes, drawn from all that it will see.

    Example:
        >>> import torch
        >>> from selftaught.parts import BatchNorm, settle_statistics
        >>> norm = BatchNorm(1)
        >>> settle_statistics(norm, torch.tensor([[5.0], [7.0]]))
        >>> norm.running_mean, norm.running_var
        (tensor([6.]), tensor([2.]))
    """
    modes, norms = [(module, module.training) for module in network.modules()], _norms(network)
    momenta = [norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
    try:
        network(items)
    finally:
        for module, mode in modes:
            module.training = mode
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


def _norms(network: nn.Module) -> list[Any]:
    return [
        module for module in network.modules() if "num_batches_tracked" in dict(module.named_buffers(recurse=False))
    ]


def _replaced(old: nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) -> _Normaliser:
    from timm.layers.norm_act import BatchNormAct2d  # slow to import

    kind = _ActivatedBatchNorm if isinstance(old, BatchNormAct2d) else BatchNorm
    new = kind(old.num_features, eps=old.eps, momentum=old.momentum or 0.1, affine=old.affine)
    for name, weight in old.named_parameters(recurse=False):
        new.register_parameter(name, weight)
    for name, statistic in old.named_buffers(recurse=False):
        new.register_buffer(name, statistic)
    for name, child in old.named_children():  # drop and act
        new.add_module(name, child)
    return new.train(old.training)
