"""What one step of a method comes to."""

import torch
from torch import Tensor

from selftaught.core import Method, Views


def gradients(method: Method, views: Views) -> tuple[Tensor, list[Tensor]]:
    """The loss, and the gradient of every weight that has one."""
    method.zero_grad()
    torch.manual_seed(1)
    loss = method.step(views).loss
    loss.backward()
    return loss.detach(), [weight.grad.clone() for weight in method.parameters() if weight.grad is not None]
