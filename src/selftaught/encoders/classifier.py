"""A classifier that was trained on an encoder: what stands behind the encoder, in a folder, and both together."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast, final

from jaxtyping import Float
from safetensors.torch import save
from torch import Tensor, nn

from selftaught.core import UserError
from selftaught.encoders.saving import PretrainedEncoder
from selftaught.encoders.weights import read_weights
from selftaught.parts import BatchNorm

__all__ = ["PretrainedClassifier", "describe_head", "load_head", "save_head"]

_CONFIGURATION, _WEIGHTS = "config.json", "model.safetensors"

# The layers that heads are made of: what the file calls them, and the arguments that make them again.
_LAYERS: dict[str, tuple[type[nn.Module], Sequence[str]]] = {
    "linear": (nn.Linear, ("in_features", "out_features")),
    "batch_norm": (BatchNorm, ("width",)),
    "relu": (nn.ReLU, ()),
    "gelu": (nn.GELU, ("approximate",)),
}


@final
class PretrainedClassifier(nn.Module):
    """An encoder and what stands behind it, from raw items to the logits of classes.

    Args:
        model: the encoder, with its preprocessing.
        head: from the encoder's vectors to a logit for each class.
        classes: their names, in the order of the logits.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from selftaught.encoders import PretrainedClassifier, PretrainedEncoder, Preprocessing, SmallResNet
        >>> model = PretrainedEncoder(SmallResNet(channels=1), Preprocessing(16, 1, (0.5,), (0.5,)))
        >>> classifier = PretrainedClassifier(model, nn.Sequential(nn.Linear(256, 2)), ("cat", "dog")).eval()
        >>> classifier(torch.zeros(3, 1, 16, 16, dtype=torch.uint8)).shape
        torch.Size([3, 2])
    """

    def __init__(self, model: PretrainedEncoder, head: nn.Sequential, classes: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.head, self.classes = model, head, classes

    @property
    def network(self) -> nn.Sequential:
        """From what the encoder takes to logits."""
        return nn.Sequential(self.model.encoder, self.head)

    def forward(self, items: Any) -> Float[Tensor, "n classes"]:
        """The logits of raw items; see `PretrainedEncoder`."""
        return self.head(self.model(items))


def save_head(head: nn.Sequential, classes: Sequence[str], folder: Path) -> None:
    """Write `config.json` and `model.safetensors` of what stands behind an encoder, each aside and then renamed.

    Args:
        head: linear layers, batch norms, ReLUs and GELUs one after another; the last gives a logit for each class.
        classes: their names, in the order of the logits.
        folder: made where there is none.

    Raises:
        UserError: the head has a layer of another kind.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from torch import nn
        >>> from selftaught.encoders import load_head, save_head
        >>> folder = Path(tempfile.mkdtemp())
        >>> save_head(nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2)), ("cat", "dog"), folder)
        >>> head, classes = load_head(folder)
        >>> classes, head[1]
        (('cat', 'dog'), ReLU())
    """
    configuration = {"layers": describe_head(head), "classes": list(classes)}
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in head.state_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / (_WEIGHTS + ".partial")
    aside.write_bytes(save(weights, metadata={"format": "pt"}))
    os.replace(aside, folder / _WEIGHTS)
    aside = folder / (_CONFIGURATION + ".partial")
    aside.write_text(json.dumps(configuration, indent=2) + "\n", encoding="utf-8")
    os.replace(aside, folder / _CONFIGURATION)


def load_head(folder: Path) -> tuple[nn.Sequential, tuple[str, ...]]:
    """What `save_head` wrote, in eval mode: the head, and the names of its classes. Runs no code from the files.

    Raises:
        UserError: a file is missing or damaged.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.encoders import load_head
        >>> load_head(Path("missing"))
        Traceback (most recent call last):
        selftaught.core.errors.UserError: no classifier in missing: expected a file config.json
    """
    for name in (_CONFIGURATION, _WEIGHTS):
        if not (folder / name).is_file():
            raise UserError(f"no classifier in {folder}: expected a file {name}")
    weights = read_weights(folder / _WEIGHTS)
    try:
        configuration = json.loads((folder / _CONFIGURATION).read_text(encoding="utf-8"))
        head = nn.Sequential(*(_rebuilt(layer) for layer in configuration["layers"]))
        head.load_state_dict(weights)
        classes = tuple(str(name) for name in cast("list[object]", configuration["classes"]))
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"{folder / _CONFIGURATION} is damaged, or of other weights ({reason})") from error
    return head.eval(), classes


def describe_head(head: nn.Sequential) -> list[dict[str, Any]]:
    """Everything that rebuilds a head, its weights apart.

    Raises:
        UserError: it has a layer of a kind that `save_head` does not know.

    Example:
        >>> from torch import nn
        >>> from selftaught.encoders.classifier import describe_head
        >>> describe_head(nn.Sequential(nn.Linear(8, 2)))
        [{'layer': 'linear', 'in_features': 8, 'out_features': 2, 'bias': True}]
    """
    return [_described(layer) for layer in head]


def _described(layer: nn.Module) -> dict[str, Any]:
    for name, (kind, arguments) in _LAYERS.items():
        if isinstance(layer, kind):
            found = {argument: getattr(layer, argument) for argument in arguments}
            if isinstance(layer, nn.Linear):
                found["bias"] = "bias" in layer.state_dict()
            if isinstance(layer, BatchNorm):
                found["affine"] = layer.weight is not None
            return {"layer": name, **found}
    raise UserError(f"a head with a layer of {type(layer).__name__} cannot be saved: expected {', '.join(_LAYERS)}")


def _rebuilt(description: Mapping[str, Any]) -> nn.Module:
    arguments = dict(description)
    kind, _ = _LAYERS[arguments.pop("layer")]
    return kind(**arguments)
