"""Probes at any depth of an encoder: what its inner layers are worth, beside the same layers before training."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from selftaught.core import Encoder, Preparation, Source, Track, silent
from selftaught.evaluation.choosing import DEFAULT_PROTOCOLS
from selftaught.evaluation.exactness import check_finite
from selftaught.evaluation.protocols import evaluate_vectors
from selftaught.evaluation.scores import Protocols
from selftaught.evaluation.splitting import LabelledRows
from selftaught.evaluation.without_labels import MOST_ITEMS, LabelFree, label_free
from selftaught.extraction import LayerVectors, extract_each

__all__ = ["Depth", "measure_depths", "single_layers"]

_NETWORKS = ("encoder", "random_start")


@final
@dataclass(frozen=True, kw_only=True)
class Depth:
    """What one layer is worth.

    Args:
        layer: its dotted name, or those of several side by side with + between.
        width: of its vectors.
        protocols: of "encoder" and of "random_start", the same layer before pre-training; empty without labels.
        label_free: of the same two; empty where it was not asked for.

    Example:
        >>> from selftaught.evaluation import Depth
        >>> Depth(layer="layer2", width=64, protocols={}, label_free={}).as_json()["width"]
        64
    """

    layer: str
    width: int
    protocols: Mapping[str, Protocols]
    label_free: Mapping[str, LabelFree]

    def as_json(self) -> dict[str, Any]:
        """Plain numbers by network."""
        return {
            "width": self.width,
            **{name: protocols.as_json() for name, protocols in self.protocols.items()},
            "label_free": {name: figures.as_json() for name, figures in self.label_free.items()},
        }


def measure_depths(
    encoder: Encoder,
    start_encoder: Encoder,
    layers: Sequence[str],
    preparation: Preparation,
    train_source: Source,
    test_source: Source | None,
    rows: LabelledRows | None,
    *,
    protocols: Collection[str] = DEFAULT_PROTOCOLS,
    device: torch.device | None = None,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
    track: Track = silent,
) -> tuple[Depth, ...]:
    """The protocols on the vectors of inner layers, on the items, labels and draws of an evaluation.

    Args:
        encoder: to be judged; left as it was.
        start_encoder: the same network before pre-training.
        layers: dotted names of modules; see `LayerVectors`. "a+b" are the vectors of both side by side.
        preparation: from raw items to what both take.
        train_source: items that probes learn from.
        test_source: items that `rows.test` counts, where they stand apart.
        rows: which items are labelled, as an evaluation has them; None without labels.
        protocols: what to measure; of these knn, linear, label_curve, clustering, retrieval and label_free.
        device: where the encoders work; the CPU if None.
        precision: of the encoders' arithmetic.
        seed: of draws and intervals.
        track: shows progress.

    Raises:
        UserError: there is no such layer, or it gives no vectors.

    Source:
        Pretext tasks are often best probed before their last layer: Zhang et al. 2016,
        https://arxiv.org/abs/1603.08511, section 3.2; Chen et al. 2020 (iGPT), section 4.1. Several layers side by
        side: Devlin et al. 2018 (BERT), section 5.3.

    Example:
        >>> import dataclasses
        >>> import numpy as np
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.evaluation import measure_depths
        >>> from selftaught.evaluation.splitting import split_rows
        >>> images = open_images(torch.rand(20, 1, 16, 16)).train
        >>> source = dataclasses.replace(images, labels=np.arange(20) % 2)
        >>> one, other = SmallResNet(channels=1), SmallResNet(channels=1)
        >>> prepare, rows = Preprocessing(16, 1, (0.5,), (0.5,)), split_rows(source, None, seed=0)
        >>> layers = ["layer1", "layer3", "layer1+layer3"]
        >>> found = measure_depths(one, other, layers, prepare, source, None, rows, protocols=["knn"])
        >>> [(each.layer, each.width, sorted(each.protocols)) for each in found][1:]
        [('layer3', 128, ['encoder', 'random_start']), ('layer1+layer3', 160, ['encoder', 'random_start'])]
    """
    if not layers:
        return ()
    device = torch.device("cpu") if device is None else device
    place = device if device.type == "cuda" else torch.device("cpu")
    single = single_layers(layers)
    networks = [LayerVectors(each, single) for each in (encoder, start_encoder)]

    def read(source: Source) -> list[list[Tensor]]:
        """By network and layer."""
        vectors = extract_each(networks, preparation, source, device=device, precision=precision, track=track)
        parts = [
            dict(zip(single, each.to(place).split(network.widths, 1), strict=True))
            for each, network in zip(vectors, networks, strict=True)
        ]
        return [[torch.cat([of[name] for name in single_layers([layer])], 1) for layer in layers] for of in parts]

    if rows is None:
        few = np.sort(np.random.default_rng(seed).permutation(len(train_source))[:MOST_ITEMS])
        learned = read(train_source.take(few))
        tested = learned
    else:
        learned = read(train_source.take(rows.train))
        held = test_source if test_source is not None and rows.apart else train_source
        tested = read(held.take(rows.test))
    found: list[Depth] = []
    for number, layer in enumerate(layers):
        of_layer: dict[str, Protocols] = {}
        figures: dict[str, LabelFree] = {}
        for name, train, test in zip(_NETWORKS, learned, tested, strict=True):
            check_finite(train[number], f"vectors of {layer}")
            if rows is not None:
                of_layer[name] = evaluate_vectors(
                    *(train[number], torch.from_numpy(rows.train_labels).to(place)),
                    *(test[number], torch.from_numpy(rows.test_labels).to(place)),
                    seed=seed,
                    protocols=protocols,
                    what=f"vectors of {layer}",
                    track=track,
                )
            if "label_free" in protocols:
                figures[name] = label_free(train[number], seed=seed)
        width = learned[0][number].shape[1]
        found.append(Depth(layer=layer, width=width, protocols=of_layer, label_free=figures))
    return tuple(found)


def single_layers(layers: Sequence[str]) -> list[str]:
    """Every layer that is named, alone or beside others, once.

    Example:
        >>> from selftaught.evaluation.depths import single_layers
        >>> single_layers(["layer1", "layer1 + layer2"])
        ['layer1', 'layer2']
    """
    return list(dict.fromkeys(name.strip() for layer in layers for name in layer.split("+")))
