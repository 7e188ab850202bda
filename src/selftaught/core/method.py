"""A way of learning without labels."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from jaxtyping import Float
from torch import Tensor, nn

from selftaught.core.encoder import Encoder
from selftaught.core.source import Preparation
from selftaught.core.step import Step
from selftaught.core.views import Views

__all__ = ["Method", "ParameterGroup"]

V = TypeVar("V", bound=Views)


@dataclass(frozen=True)
class ParameterGroup:
    """Weights that share a learning rate.

    Args:
        name: how the log calls them.
        parameters: the weights.
        learning_rate_factor: multiplies the run's learning rate.
        constant_learning_rate: keep the peak rate instead of following the schedule, as SimSiam's predictor does.
    """

    name: str
    parameters: Sequence[nn.Parameter]
    learning_rate_factor: float = 1.0
    constant_learning_rate: bool = False


class Method(nn.Module, ABC, Generic[V]):
    """Views in, losses out. `encoder` is what is kept after training.

    A method knows no trainer: `step` computes, the caller moves the weights, `after_step` moves what follows them.

    Class attributes, by which the command line finds what a method needs:
        views_type: the shape of question it asks.
        view_maker: what makes such views of raw items.
        view_settings: where the paper's views differ from the view maker's defaults.
        view_arguments: arguments of the view maker that are no options, and the attribute of the method that decides
            each, as in {"patch_pixels": "encoder.patch_pixels"}.
        default_encoder: the network taken when none is named.
        encoder_settings: where its encoder differs from the defaults of what builds encoders.
        kinds: the kinds of data it takes.
        item_order_matters: whether the loss depends on the order of the items in the batch.
        teacher_classifies: whether its `teacher` gives logits of classes, and not vectors.

    Some constructor arguments are no options. `items` is the number of items in the data set, for methods that keep
    something of every item; `teacher` is a trained network, a `parts.FixedTeacher`, which a user names by where it
    lies; `labels` are classes of some items, of which a user names the share.
    """

    views_type: ClassVar[type[Views]]
    view_maker: ClassVar[Callable[..., Any]]
    view_settings: ClassVar[Mapping[str, object]] = {}
    view_arguments: ClassVar[Mapping[str, str]] = {}
    default_encoder: ClassVar[str]
    encoder_settings: ClassVar[Mapping[str, object]] = {}
    kinds: ClassVar[tuple[str, ...]]
    item_order_matters: ClassVar[bool] = False
    teacher_classifies: ClassVar[bool] = False

    encoder: Encoder

    @abstractmethod
    def step(self, views: V) -> Step:
        """The losses of one batch. Changes nothing but the running statistics of normalisation layers."""

    @abstractmethod
    def energy(self, views: V) -> Float[Tensor, " n"]:
        """How incompatible the parts of each item are; low means that they belong together.

        In eval mode each item's energy depends on that item alone.
        """

    def after_step(self, step: Step, progress: float) -> None:
        """Move what follows the weights: teachers, queues, banks. Called after the optimiser.

        Args:
            step: what `step` returned.
            progress: how much of the run is done, in [0, 1], for schedules.
        """

    def looks_through(self) -> tuple[Encoder, Preparation] | None:
        """Whose vectors `before_epoch` is given, and what that encoder sees; None for its own encoder's."""
        return None

    def before_epoch(self, features: Callable[[], Float[Tensor, "n width"]]) -> Float[Tensor, " n"] | None:
        """Work on the whole data set before an epoch, as clustering methods do.

        Args:
            features: gives the vector of every item of the data set, in its order; see `looks_through`.

        Returns:
            How often to draw each item in this epoch, in any scale; None for each item once.
        """
        return None

    def chance(self, views: V) -> Mapping[str, float]:
        """What the losses and metrics of `step` come to, in eval mode, for one who guesses.

        Whoever guesses knows the question and how its answers are spread, and has not looked at the items: the values
        depend on the views and the settings, not on the weights. What is not named here has no such value, as a
        distance that a collapse makes small. `selftaught evaluate` reports what is named, on held-out views.
        """
        return {}

    def players(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """The weights of each player, for methods in which several minimise a loss each.

        Names are those of `Step.losses`. The gradient that a player gets from the sum of all losses must be that of
        its own: an opponent enters another's loss through `torch.func.functional_call` with detached weights. None
        for methods in which all weights minimise all losses.
        """
        return {}

    def pictures(self, views: V) -> Mapping[str, Tensor]:
        """What the method makes of views, by name, to be looked at: reconstructions, samples.

        Returns:
            Images (n, channels, height, width), normalised as those in the views are. None where it makes no images.
        """
        return {}

    def parameter_groups(self) -> Sequence[ParameterGroup]:
        """The trainable weights by learning rate; each in exactly one group."""
        return [ParameterGroup("all", [weight for weight in self.parameters() if weight.requires_grad])]
