"""A bound of the mutual information of codes and feature maps: a critic, and an estimator of what its scores say."""

import math
from collections.abc import Mapping
from typing import Literal, cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core import process_count
from selftaught.objectives import discriminator_loss, donsker_varadhan, info_nce_over_parts, whole_accuracy
from selftaught.parts.part_critics import ConcatCritic, DotCritic

__all__ = ["GlobalAndLocal", "MapInformation"]

_CRITICS = {"dot": (DotCritic, 2048), "concat": (ConcatCritic, 512)}


@final
class MapInformation(nn.Module):
    """What is minimised so that the code of an image says much of its feature map.

    Args:
        code_width: numbers in a code.
        map_shape: channels, height and width of the map.
        seen: the map as one (whole), or by each of its places, the mean over which counts (places).
        estimator: jsd, infonce or dv: by Jensen and Shannon, InfoNCE, or Donsker and Varadhan.
        critic: dot compares with all other images of the batch, concat with one, by a network that sees both together.
        critic_width: of the critic's layers; None for 2048 with dot and 512 with concat.

    Source:
        Hjelm et al. 2018, https://arxiv.org/abs/1808.06670, equations 2, 4 and 5, and 6 for places.

    Example:
        >>> import torch
        >>> from selftaught.parts import MapInformation
        >>> information = MapInformation(4, (8, 7, 7), "places", estimator="infonce", critic="dot", critic_width=16)
        >>> loss, accuracy = information(torch.randn(3, 4), torch.randn(3, 8, 7, 7))
        >>> loss.shape, round(information.guess(3)[0], 4)  # one of 1 + 2 * 49
        (torch.Size([]), 4.5951)
    """

    def __init__(
        self,
        code_width: int,
        map_shape: tuple[int, int, int],
        seen: Literal["whole", "places"],
        *,
        estimator: Literal["jsd", "infonce", "dv"],
        critic: Literal["dot", "concat"],
        critic_width: int | None = None,
    ) -> None:
        super().__init__()
        channels, height, width = map_shape
        part_width, self.places = (channels, height * width) if seen == "places" else (math.prod(map_shape), 1)
        kind, usual = _CRITICS[critic]
        self.critic = kind(code_width, part_width, width=usual if critic_width is None else critic_width)
        self.seen, self.estimator = seen, estimator

    def forward(
        self, codes: Float[Tensor, "n d"], maps: Float[Tensor, "n c h w"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The loss, and how often a code goes best with the map of its own image."""
        own, others = self.critic(codes, self._parts(maps))
        accuracy = whole_accuracy(own, others)
        if self.estimator == "jsd":
            return discriminator_loss(real=own.flatten(), fake=others.flatten()), accuracy
        return (info_nce_over_parts if self.estimator == "infonce" else donsker_varadhan)(own, others), accuracy

    def energy(self, codes: Float[Tensor, "n d"], maps: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        """Minus the mean score of each code with the map beside it."""
        return -self.critic.pairs(codes, self._parts(maps)).mean(1)

    def guess(self, items: int) -> tuple[float, float]:
        """Loss and accuracy of one who gives all pairs one score, 0, with so many items in this process's batch."""
        rivals = self.critic.rivals(items * process_count())
        losses = {"jsd": math.log(4), "infonce": math.log(rivals * self.places + 1), "dv": 0.0}
        return losses[self.estimator], 1 / (rivals + 1)

    def _parts(self, maps: Float[Tensor, "n c h w"]) -> Float[Tensor, "n p e"]:
        return maps.flatten(2).transpose(1, 2) if self.seen == "places" else maps.flatten(1)[:, None]


@final
class GlobalAndLocal(nn.Module):
    """Information of codes and whole maps, and of codes and places of maps, each with a weight.

    Args:
        code_width: numbers in a code.
        map_shape: channels, height and width of the map.
        weights: of each term, by its name: global, local. A term of weight 0 has no critic.
        estimator: see `MapInformation`.
        critic: see `MapInformation`.
        critic_width: see `MapInformation`.

    Source:
        Hjelm et al. 2018, https://arxiv.org/abs/1808.06670, equation 8 without the prior.

    Example:
        >>> import torch
        >>> from selftaught.parts import GlobalAndLocal
        >>> both = GlobalAndLocal(4, (8, 7, 7), {"global": 0.5, "local": 1.0}, estimator="jsd", critic="concat")
        >>> loss, figures = both(torch.randn(3, 4), torch.randn(3, 8, 7, 7))
        >>> sorted(figures)
        ['global', 'global_accuracy', 'local', 'local_accuracy']
    """

    def __init__(
        self,
        code_width: int,
        map_shape: tuple[int, int, int],
        weights: Mapping[str, float],
        *,
        estimator: Literal["jsd", "infonce", "dv"],
        critic: Literal["dot", "concat"],
        critic_width: int | None = None,
    ) -> None:
        super().__init__()
        self.weights = {name: weight for name, weight in weights.items() if weight}
        self.terms = nn.ModuleDict()
        for name in self.weights:
            self.terms[name] = MapInformation(
                code_width,
                map_shape,
                "whole" if name == "global" else "places",
                estimator=estimator,
                critic=critic,
                critic_width=critic_width,
            )

    def forward(
        self, codes: Float[Tensor, "n d"], maps: Float[Tensor, "n c h w"]
    ) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]:
        """The weighed loss, and the loss and the accuracy of each term, without gradient."""
        found = {name: term(codes, maps) for name, term in self.terms.items()}
        shown = {name: loss.detach() for name, (loss, _) in found.items()}
        shown |= {f"{name}_accuracy": accuracy for name, (_, accuracy) in found.items()}
        return torch.stack([self.weights[name] * loss for name, (loss, _) in found.items()]).sum(), shown

    def guess(self, items: int) -> tuple[float, dict[str, float]]:
        """What `forward` gives one who gives all pairs one score, with so many items in this process's batch."""
        found = {name: term.guess(items) for name, term in self._terms.items()}
        shown = {name: loss for name, (loss, _) in found.items()}
        shown |= {f"{name}_accuracy": accuracy for name, (_, accuracy) in found.items()}
        return sum(self.weights[name] * loss for name, (loss, _) in found.items()), shown

    def energy(self, codes: Float[Tensor, "n d"], maps: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        """The weighed sum of the terms' energies."""
        each = [self.weights[name] * term.energy(codes, maps) for name, term in self._terms.items()]
        return torch.stack(each).sum(0)

    @property
    def _terms(self) -> Mapping[str, MapInformation]:
        return {name: cast("MapInformation", term) for name, term in self.terms.items()}
