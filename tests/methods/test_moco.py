"""MoCo against the paper's algorithm, traced with a plain list as the queue, and wrong versions that it rejects."""

import copy
import math

import pytest
import torch
from descent import build, descend, flat, views
from oracles import contrastive as oracle
from oracles.distillation import moving_average
from torch.nn import functional as F

from selftaught.core import Encoder, Step, UserError, all_sum, process_count, process_rank
from selftaught.methods import MoCo
from selftaught.objectives import info_nce
from selftaught.parts import BatchNorm
from selftaught.testing import in_processes

SIZE, MOMENTUM, TEMPERATURE, GROUPS = 20, 0.9, 0.2, 4


def make(encoder, kind=MoCo, hidden_width=None):
    return kind(
        encoder,
        embedding_width=6,
        hidden_width=hidden_width,
        queue=SIZE,
        teacher_momentum=MOMENTUM,
        temperature=TEMPERATURE,
        batch_norm_groups=GROUPS,
    )


def keys_of(method, second):
    """The keys, each normalised among items that are not its query's neighbours, one group after the other."""
    teacher, count = copy.deepcopy(method.teacher), len(second)
    keys = [None] * count
    for module in teacher.modules():
        if isinstance(module, BatchNorm):
            module.groups = 1
    for group in range(GROUPS):
        members = list(range(group, count, GROUPS))
        for item, key in zip(members, teacher.train()(second[members]).tolist(), strict=True):
            keys[item] = key
    return keys


def accepts(kind):
    """Whether four steps of training follow algorithm 1 of the paper: loss, teacher and queue."""
    method = build(lambda encoder: make(encoder, kind))
    queue = method.queue.rows.tolist()  # the oldest first
    for turn in range(4):
        batch = views(8, seed=turn)
        first, second = batch.pair()
        query = method.projector(method.encoder(first)).tolist()
        keys = keys_of(method, second)
        step = method.step(batch)
        if abs(step.loss.item() - oracle.info_nce(query, keys, queue, TEMPERATURE)) > 1e-10:
            return False
        descend(method, step)
        before = flat(method.teacher).tolist()
        student = flat(method.encoder, method.projector).tolist()
        method.after_step(step, progress=turn / 4)
        expected = torch.tensor(moving_average(before, student, MOMENTUM), dtype=torch.float64)
        if not torch.allclose(flat(method.teacher), expected, rtol=0, atol=1e-12):
            return False
        queue = (queue + F.normalize(torch.tensor(keys, dtype=torch.float64), dim=1).tolist())[-SIZE:]
    return True


class EnqueuesBeforeTheLogits(MoCo):
    def step(self, views):
        step = super().step(views)
        queue = copy.deepcopy(self.queue)
        queue.push(step.remember["key"])
        query = self.projector(self.encoder(views.pair()[0]))
        loss = info_nce(query, step.remember["key"], queue.rows, temperature=self.temperature)
        return Step({"info_nce": loss}, step.remember)


class OneCropForBoth(MoCo):
    def step(self, views):
        return super().step(type(views)(views.index, (views.views[0], views.views[0])))


class TeacherInEvalMode(MoCo):
    def step(self, views):
        self.teacher.eval()
        return super().step(views)


class KeysInTheirQueriesGroups(MoCo):
    def _keys(self, items):
        return self.teacher(items)


class KeysOfTheStudent(MoCo):
    @torch.no_grad()
    def _keys(self, items):
        return self.projector(self.encoder(items))


class FollowsNothing(MoCo):
    def after_step(self, step, progress):
        self.queue.push(step.remember["key"])


class EnqueuesQueries(MoCo):
    def step(self, views):
        query = self.projector(self.encoder(views.pair()[0]))
        return Step(super().step(views).losses, {"key": query.detach()})


def test_it_is_accepted():
    assert accepts(MoCo)


@pytest.mark.parametrize(
    "wrong",
    [
        EnqueuesBeforeTheLogits,
        OneCropForBoth,
        TeacherInEvalMode,
        KeysInTheirQueriesGroups,
        KeysOfTheStudent,
        FollowsNothing,
        EnqueuesQueries,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def neighbours(embed, images):
    """Which items' images change which items' embeddings, in train mode: (n, n)."""
    before = embed(images)
    rows = []
    for item in range(len(images)):
        changed = images.clone()
        changed[item] += 1
        rows.append((embed(changed) - before).abs().amax(1) > 1e-9)
    return torch.stack(rows)


def test_batch_statistics_tell_a_query_nothing_of_its_key():
    method, images = build(make), views(16).views[0]
    with torch.no_grad():
        of_queries = neighbours(lambda items: method.projector(method.encoder(items)), images)
        of_keys = neighbours(
            lambda items: method.step(type(views())(torch.arange(16), (images, items))).remember["key"], images
        )
    assert of_queries.sum(0).tolist() == of_keys.sum(0).tolist() == [16 // GROUPS] * 16
    assert (of_queries & of_keys).sum(0).tolist() == [1] * 16  # an item shares both groups with itself alone


def test_the_queue_is_in_the_checkpoint():
    method = build(make)
    assert {"queue.rows", "queue.next"} <= set(method.state_dict())
    assert not any(weight is row for row in (method.queue.rows,) for weight in method.parameters())


def test_version_two_has_a_hidden_layer_and_version_one_none():
    one, two = build(make), build(lambda encoder: make(encoder, hidden_width=12))
    assert [layer.out_features for layer in one.projector if isinstance(layer, torch.nn.Linear)] == [6]
    assert [layer.out_features for layer in two.projector if isinstance(layer, torch.nn.Linear)] == [12, 6]


def test_the_bound_counts_the_queue_and_the_key():
    step = build(make).step(views(8))
    (bound,) = step.metrics.values()
    assert bound.item() == pytest.approx(math.log(SIZE + 1) - step.loss.item())


def train(method, batch):
    """Two steps on this process's part: losses, averaged gradients, and what after_step left."""
    share = len(batch) // process_count()
    mine = batch.take(slice(process_rank() * share, (process_rank() + 1) * share))
    trace = []
    for _ in range(2):
        method.zero_grad()
        step = method.step(mine)
        step.loss.backward()
        for weight in method.parameters():
            if weight.requires_grad:
                weight.grad = all_sum(weight.grad) / process_count()
                weight.data -= 0.5 * weight.grad
                trace.append(weight.grad)
        method.after_step(step, progress=0.5)
        trace += [all_sum(step.loss.detach()) / process_count(), method.queue.rows.clone(), flat(method.teacher)]
    return trace


def test_groups_and_shuffled_keys_do_not_depend_on_the_number_of_processes():
    method, batch = build(make), views(16)
    alone = train(copy.deepcopy(method), batch)
    for trace in in_processes(train, method, batch, count=2):
        for got, expected in zip(trace, alone, strict=True):
            torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    "setting", [{"temperature": 0.0}, {"teacher_momentum": 1.5}, {"batch_norm_groups": 0}, {"queue": 0}]
)
def test_values_out_of_range_are_refused(setting):
    with pytest.raises(UserError, match="expected"):
        build(lambda encoder: MoCo(encoder, **setting))


def test_a_batch_that_does_not_split_into_the_groups_is_refused():
    with pytest.raises(UserError, match="splits into 4 equal groups"):
        build(make).step(views(6))


class Unnormalised(Encoder):
    """An encoder without batch norm, as vision transformers are."""

    width = 8

    def __init__(self):
        super().__init__()
        self.network = torch.nn.Conv2d(3, 8, 3)

    def forward(self, items):
        return self.network(items).relu().mean((2, 3))


def test_nor_is_it_taken_by_an_encoder_without_batch_norm():
    with pytest.raises(UserError, match="splits into 4 equal groups"):
        make(Unnormalised()).double().step(views(6))
