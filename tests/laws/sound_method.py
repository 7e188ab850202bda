"""A method that keeps every law."""

from torch import nn

from selftaught.core import Method, MultiView, Step
from selftaught.objectives import cosine_distance, info_nce, nt_xent
from selftaught.parts import Queue, Teacher


class Sound(Method):
    """Two contrastive losses, a teacher and a queue."""

    views_type = MultiView

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.projector = nn.Sequential(nn.Linear(encoder.width, 8), nn.ReLU(), nn.Linear(8, 4))
        self.teacher = Teacher(self.encoder, self.projector, momentum=0.9)
        self.queue = Queue(32, 4)

    def embed(self, items):
        return self.projector(self.encoder(items))

    def step(self, views):
        first, second = views.pair()
        a, b, key = self.embed(first), self.embed(second), self.teacher(second)
        losses = {
            "nt_xent": nt_xent(a, b, temperature=0.5),
            "info_nce": info_nce(a, key, self.queue.rows, temperature=0.5),
        }
        return Step(losses, remember={"key": key})

    def after_step(self, step, progress):
        self.teacher.follow(self.encoder, self.projector)
        self.queue.push(step.remember["key"])

    def energy(self, views):
        first, second = views.pair()
        return cosine_distance(self.embed(first), self.teacher(second))


def plus(step, extra):
    return Step({**step.losses, "extra": extra}, step.remember, step.metrics)
