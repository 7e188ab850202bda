"""SimCLR as lightly's users run it: its Lightning example, with the network and widths that we train beside it.

After lightly's `examples/pytorch_lightning/simclr.py`, changed in four places: timm's ResNet-18 with the small-image
stem instead of torchvision's, embeddings of 128 numbers, our images as PIL images, and two workers.
"""

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import timm
import torch
from lightly.loss import NTXentLoss
from lightly.models.modules import SimCLRProjectionHead
from lightly.transforms import SimCLRTransform
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

__all__ = ["PilImages", "resnet18_with_small_stem", "step_times", "train_for"]


class PilImages(Dataset[tuple[list[Tensor], int]]):
    """An array of images as a data set of torchvision's kind: each becomes a PIL image and goes through a transform.

    Args:
        pixels: uint8, (n, height, width, 3).
        transform: from a PIL image to its views.
    """

    def __init__(self, pixels: np.ndarray, transform: Callable[[Image.Image], list[Tensor]]) -> None:
        self.pixels = pixels
        self.transform = transform

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, row: int) -> tuple[list[Tensor], int]:
        return self.transform(Image.fromarray(self.pixels[row])), 0


class _SimCLR(lightning.LightningModule):
    def __init__(self, backbone: nn.Module, width: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection_head = SimCLRProjectionHead(width, 2048, 128)
        self.criterion = NTXentLoss()

    def forward(self, x: Tensor) -> Tensor:
        return self.projection_head(self.backbone(x))

    def training_step(self, batch: list, batch_index: int) -> Tensor:
        x0, x1 = batch[0]
        return self.criterion(self.forward(x0), self.forward(x1))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.06)


class _Clock(lightning.Callback):
    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_batch_end(self, *_: object) -> None:
        self.times.append(time.perf_counter())


def resnet18_with_small_stem() -> nn.Module:
    """The ResNet-18 of timm for images up to 64 pixels: a 3x3 first convolution of stride 1, no first pooling."""
    network = timm.create_model("resnet18", num_classes=0)
    network.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=1, padding=1, bias=False)
    network.maxpool = nn.Identity()
    return network


def step_times(pixels: np.ndarray, *, steps: int, batch_size: int, workers: int, precision: str) -> list[float]:
    """Train a ResNet-18 that many steps; when each ended, by `time.perf_counter`."""
    clock = _Clock()
    method = _SimCLR(resnet18_with_small_stem(), 512)
    loader = _loader(pixels, batch_size, workers)
    _trainer(precision, callbacks=[clock], max_steps=steps).fit(model=method, train_dataloaders=loader)
    return clock.times


def train_for(
    seconds: float, network: nn.Module, width: int, pixels: np.ndarray, *, batch_size: int, workers: int, precision: str
) -> int:
    """Train a network in place for so many seconds, the workers' start included; how many steps that were."""
    method, trainer = _SimCLR(network, width), _trainer(precision, max_time={"seconds": seconds})
    trainer.fit(model=method, train_dataloaders=_loader(pixels, batch_size, workers))
    return trainer.global_step


def _loader(pixels: np.ndarray, batch_size: int, workers: int) -> DataLoader[tuple[list[Tensor], int]]:
    dataset = PilImages(pixels, SimCLRTransform(input_size=pixels.shape[1]))
    return DataLoader(dataset, batch_size=batch_size, shuffle=True, drop_last=True, num_workers=workers)


def _trainer(precision: str, **limits: Any) -> lightning.Trainer:
    warnings.filterwarnings("ignore")
    return lightning.Trainer(
        accelerator="auto",
        devices=1,
        precision=precision,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **limits,
    )
