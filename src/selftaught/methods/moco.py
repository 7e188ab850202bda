"""MoCo: recognise the other view of an item among a queue of past embeddings.

Paper    He et al. 2019, https://arxiv.org/abs/1911.05722, algorithm 1 (v1); Chen et al. 2020,
         https://arxiv.org/abs/2003.04297 (v2: hidden_width, temperature 0.2, blur, cosine: recipes moco_v2_*)
Needs    2 views per item; a queue much larger than the batch and not larger than the data set
Differs  keys are shuffled over the groups of batch norm by a fixed rule, so that a step is a function of its views
"""

import math
from collections.abc import Mapping
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import Encoder, Method, MultiView, Step, UserError, gather, process_count, process_rank
from selftaught.objectives import cosine_distance, info_nce, key_accuracy, key_bound_nats
from selftaught.parts import Queue, Teacher, mlp, regroup
from selftaught.views import TwoViews

__all__ = ["MoCo"]


@final
class MoCo(Method[MultiView]):
    """A network, its slow copy (the teacher), and a queue of the teacher's past embeddings.

    Args:
        encoder: what is kept after training; its batch norms are regrouped in place.
        embedding_width: width of the embedding that the loss compares.
        hidden_width: of the head's middle layer, as in v2; none makes the head one linear layer, as in v1.
        queue: how many past embeddings are the negatives.
        teacher_momentum: how much of itself the teacher keeps in a step, in [0, 1].
        temperature: of the softmax over key and queue, above 0; 0.07 in v1, 0.2 in v2.
        batch_norm_groups: parts of the batch of all processes with batch statistics of their own. Keys are shuffled
            over them, so that the statistics do not give a query's own key away.

    Raises:
        UserError: a value out of its range; a batch with other than 2 views, or that does not split into the groups.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import SmallResNet
        >>> from selftaught.methods import MoCo
        >>> method = MoCo(SmallResNet(channels=3, image_size=16), queue=64, batch_norm_groups=2)
        >>> method.after_step(method.step(MultiView.example(8, torch.Generator())), progress=0.5)
        >>> int(method.queue.next)
        8
    """

    views_type = MultiView
    view_maker = TwoViews
    view_settings: ClassVar[Mapping[str, object]] = {  # v1's: He et al. 2019, section 3.3, technical details
        **dict.fromkeys(("brightness", "contrast", "saturation", "hue"), 0.4),
        "crop_scale": (0.2, 1.0),
        "colour_probability": 1.0,
        "blur_probability": (0.0, 0.0),
    }
    default_encoder = "small_resnet"
    kinds = ("images",)
    item_order_matters = True  # an item's group decides by which statistics it is normalised

    def __init__(
        self,
        encoder: Encoder,
        *,
        embedding_width: int = 128,
        hidden_width: int | None = None,
        queue: int = 65_536,
        teacher_momentum: float = 0.999,
        temperature: float = 0.07,
        batch_norm_groups: int = 8,
    ) -> None:
        super().__init__()
        if temperature <= 0:
            raise UserError(f"expected a temperature above 0, got {temperature}")
        self.encoder = regroup(encoder, batch_norm_groups)
        widths = [encoder.width, hidden_width, embedding_width]
        self.projector = mlp(*(width for width in widths if width is not None), norm=False)
        self.teacher = Teacher(self.encoder, self.projector, momentum=teacher_momentum)
        self.queue = Queue(queue, embedding_width)
        self.temperature, self.groups = temperature, batch_norm_groups

    def step(self, views: MultiView) -> Step:
        """Pick each query's key out of the key and the queue. Its negatives are older: hence an approximate bound."""
        first, second = views.pair()
        query = self.projector(self.encoder(first))  # (n, embedding_width)
        key = self._keys(second) if self.training else self.teacher(second)  # (n, embedding_width), no gradient
        loss = info_nce(query, key, self.queue.rows, temperature=self.temperature)
        shown = {"approximate_mutual_information_bound_nats": math.log(len(self.queue.rows) + 1) - loss.detach()}
        if not self.training:  # among the batch's keys: a queue of random directions, as at the start, is told at once
            found = key_bound_nats(query, key, temperature=self.temperature)
            shown |= {"top_1_accuracy": key_accuracy(query, key), "mutual_information_bound_nats": found}
        return Step(losses={"info_nce": loss}, remember={"key": key}, metrics=shown)

    def chance(self, views: MultiView) -> Mapping[str, float]:
        """A guess holds every key of the batch, not of the queue, for the query's, all alike: n candidates."""
        return {"top_1_accuracy": 1 / (len(views) * process_count()), "mutual_information_bound_nats": 0.0}

    def after_step(self, step: Step, progress: float) -> None:
        """The teacher follows, then the keys enter the queue."""
        self.teacher.follow(self.encoder, self.projector)
        self.queue.push(step.remember["key"])

    def energy(self, views: MultiView) -> Float[Tensor, " n"]:
        """The squared distance of query and key, scaled to unit length."""
        first, second = views.pair()
        return cosine_distance(self.projector(self.encoder(first)), self.teacher(second))

    @torch.no_grad()
    def _keys(self, items: Tensor) -> Tensor:
        # Deal the items of all processes out to the groups like cards: every group gets some of every query group.
        everyone = gather(items)
        if len(everyone) % self.groups:
            raise UserError(f"expected a batch that splits into {self.groups} equal groups, got {len(everyone)} items")
        dealt = torch.arange(len(everyone), device=items.device).view(-1, self.groups).T.flatten()
        mine = slice(process_rank() * len(items), (process_rank() + 1) * len(items))
        return gather(self.teacher(everyone[dealt[mine]]))[dealt.argsort()[mine]]  # from the dealt order into the own
