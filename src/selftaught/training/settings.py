"""Every number of a training run that is not the method's, the encoder's or the views'."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

from selftaught.core.errors import UserError, unknown_name

__all__ = ["TrainingSettings"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a method is trained.

    Args:
        epochs: passes over the data set, above 0; a fraction stops inside one. The items that do not fill the last
            batch of a pass are left out of it; every pass has another order.
        minutes: how long to train, above 0; replaces epochs. A timed warm-up turns it into a number of steps, which
            then stays fixed.
        batch_size: items in a step, over all processes together; at least 2.
        optimiser: adamw, sgd (with momentum) or lars (sgd with a rate scaled layer by layer, for batches of thousands).
        learning_rate: at its peak, above 0. Not scaled with the batch size.
        weight_decay: at least 0; never applied to biases and to the weights of normalisation layers.
        momentum: of sgd and lars, and of the first moment of adamw (its beta1), in [0, 1).
        schedule: of the learning rate after the warm-up: cosine falls to zero at the end of the run, constant stays.
        warmup_epochs: passes over which the learning rate rises linearly from zero; if none is given, a tenth of the
            run, but at most 10.
        clip_norm: gradients longer than this, over all weights, are shortened to it; none leaves them.
        seed: of the order of the images, the views and all other randomness of training.
        device: auto takes a CUDA GPU, else Apple's GPU (mps), else the CPU.
        devices: processes on this machine, each with a device of its own, or with its share of the cores. Under
            torchrun, which starts the processes itself, torchrun decides.
        precision: of the network. auto takes bfloat16 where the hardware multiplies it natively (CUDA, and CPUs with
            AMX or AVX512-BF16), else float32. Losses, weights and the optimiser stay in float32. PyTorch's own setting
            `torch.set_float32_matmul_precision` says whether float32 may use TensorFloat-32.
        embed_in_pieces: how many items of the batch go through the encoder at a time, at least 1; memory then holds one
            such piece. The loss still sees the whole batch, and so does the gradient; a step takes one forward pass
            more, and the encoder's batch norms see pieces. If none is given, the batch goes through at once.
        compile: let torch.compile make faster code of the networks. That takes a minute or so before the first step and
            needs a C++ compiler; what it gained stands in run.json, and is said in the end.
        synchronise_batch_norm: with several processes, let the encoder's batch norms see the whole batch, as in one
            process, instead of each process's part.
        checkpoint_minutes: between two checkpoints, above 0; there is one more at the end and when the run is stopped.
        log_every: steps from one row of metrics.csv to the next, at least 1.
        logger: where the metrics go besides metrics.csv.

    Raises:
        UserError: a value out of its range.

    Example:
        >>> from selftaught.training import TrainingSettings
        >>> TrainingSettings(epochs=0)
        Traceback (most recent call last):
        selftaught.core.errors.UserError: epochs: expected a number above 0, got 0
    """

    epochs: int | float = 100
    minutes: float | None = None
    batch_size: int = 256
    optimiser: Literal["adamw", "sgd", "lars"] = "adamw"
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    momentum: float = 0.9
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup_epochs: float | None = None
    clip_norm: float | None = None
    seed: int = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    devices: int = 1
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    embed_in_pieces: int | None = None
    compile: bool = False
    synchronise_batch_norm: bool = False
    checkpoint_minutes: float = 5.0
    log_every: int = 10
    logger: Literal["csv", "tensorboard", "wandb", "mlflow"] = "csv"

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for field in fields(self):
            value: Any = getattr(self, field.name)
            choices = get_args(hints[field.name])
            if isinstance(value, str) and value not in choices:
                raise unknown_name(field.name, value, choices)
            if isinstance(value, float) and not math.isfinite(value):
                raise UserError(f"{field.name}: expected a finite number, got {value}")
        for name, least in (("batch_size", 2), ("devices", 1), ("log_every", 1), ("embed_in_pieces", 1), ("seed", 0)):
            self._check(name, f"at least {least}", lambda value, least=least: value >= least)
        for name in ("epochs", "learning_rate", "checkpoint_minutes", "minutes", "clip_norm"):
            self._check(name, "a number above 0", lambda value: value > 0)
        for name in ("weight_decay", "warmup_epochs"):
            self._check(name, "at least 0", lambda value: value >= 0)
        self._check("momentum", "a number in [0, 1)", lambda value: 0 <= value < 1)

    def steps_in_epochs(self, items: int) -> int:
        """How many steps the epochs are over so many items; at least 1.

        Example:
            >>> from selftaught.training import TrainingSettings
            >>> TrainingSettings(epochs=1.5, batch_size=10).steps_in_epochs(105)
            15
        """
        return max(1, round(self.epochs * (items // self.batch_size)))

    def _check(self, name: str, expected: str, holds: Callable[[Any], bool]) -> None:
        value = getattr(self, name)
        if value is not None and not holds(value):
            raise UserError(f"{name}: expected {expected}, got {value}")
