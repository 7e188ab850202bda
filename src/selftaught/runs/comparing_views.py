"""How alike the method finds the views of one item, and those of different ones."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import nn

from selftaught.core import MultiCrop, MultiView, Source
from selftaught.extraction import reading
from selftaught.views import Draws

__all__ = ["view_similarities"]

_ITEMS = 12


def view_similarities(
    encoders: Mapping[str, nn.Module], heads: Mapping[str, nn.Module], source: Source, make_views: Any, *, seed: int
) -> dict[str, Float[np.ndarray, "n n"]]:
    """The cosines between the first views of a few items, one a line, and their second views, one a column.

    Args:
        encoders: by name; left in the mode and on the device they came in.
        heads: what stands behind each of them, by the same names; without one, the encoder's vectors are compared.
        source: the items.
        make_views: the run's view maker.
        seed: of the sample and the views.

    Returns:
        By name; nothing where the view maker gives no two views of an item, or there are fewer than 2 items.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.runs.comparing_views import view_similarities
        >>> from selftaught.views import TwoViews
        >>> source = open_images(torch.arange(8 * 256).view(8, 1, 16, 16).remainder(251).byte()).train
        >>> encoders, views = {"This encoder": SmallResNet(channels=1)}, TwoViews(image_size=16, channels=1)
        >>> view_similarities(encoders, {}, source, views, seed=0)["This encoder"].shape
        (8, 8)
    """
    rows = np.sort(np.random.default_rng(seed).permutation(len(source))[:_ITEMS])
    if len(rows) < 2:
        return {}
    draws = Draws.at(seed, "similarities", batch=len(rows))
    made = make_views(source.batch(rows), index=torch.from_numpy(rows), draws=draws)
    if not isinstance(made, MultiView | MultiCrop):
        return {}
    several = made.large if isinstance(made, MultiCrop) else made.views
    if len(several) < 2:
        return {}
    found: dict[str, np.ndarray] = {}
    for name, encoder in encoders.items():
        network = nn.Sequential(encoder, heads[name]) if name in heads else encoder
        with reading(network, torch.device("cpu")):
            a, b = (F.normalize(network(view).float(), dim=1) for view in several[:2])
        found[name] = (a @ b.T).numpy()
    return found
