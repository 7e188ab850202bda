"""Fine-tuning: an encoder that knows what matters needs few labels, and the control is the same code."""

import copy
import json
from typing import final

import numpy as np
import pytest
import torch
from torch import nn

from selftaught.core import Encoder, Graph, UserError
from selftaught.data import open_graph, open_images
from selftaught.encoders import GraphPreprocessing, Preprocessing
from selftaught.encoders.graph_convolution import GraphConvolution
from selftaught.evaluation import each_trained_once, tuned_scores
from selftaught.evaluation.budgets import Budget, plan_budgets
from selftaught.evaluation.fine_tuning import fine_tune
from selftaught.evaluation.labelled_training import LabelledTraining
from selftaught.evaluation.tuned_classifier import tune_classifier

PREPARE = Preprocessing(image_size=8, channels=1, mean=(0.5,), standard_deviation=(0.25,))


@final
class Rows(Encoder):
    """A layer on the pixels: with the right weights, the brightness of each row."""

    width = 8

    def __init__(self, *, good: bool) -> None:
        super().__init__()
        self.line, self.norm, self.drop = nn.Linear(64, 8), nn.BatchNorm1d(8), nn.Dropout(0.1)
        generator = torch.Generator().manual_seed(0)
        self.line.weight.data = torch.randn(8, 64, generator=generator) / 8
        if good:
            self.line.weight.data = torch.eye(8).repeat_interleave(8, 1) / 8
        nn.init.zeros_(self.line.bias)

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        return self.drop(self.norm(self.line(items.flatten(1))))


def stripes(n: int, *, seed: int):
    """Noise with one of four rows brighter; crops keep which of them, mirroring changes nothing."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 4
    images = torch.rand(n, 1, 8, 8, generator=generator) * 0.6
    images[torch.arange(n), 0, 2 * labels] += 0.4
    return open_images(images).train, labels


def tune(encoder, fresh, *, test_labels=None, **settings):
    (train, labels), (test, truth) = stripes(400, seed=0), stripes(200, seed=1)
    truth = truth if test_labels is None else test_labels(truth)
    settings = {"budgets": ("10%",), "rates": (3e-3,), "most_steps": 8, "draws": 1, "batch_size": 32, **settings}
    return fine_tune(encoder, fresh, PREPARE, train, labels, test, truth, **settings)


def test_a_good_encoder_needs_fewer_labels():
    good, fresh = Rows(good=True), Rows(good=False)
    before = copy.deepcopy(good.state_dict())
    found = tune(good, fresh, most_steps=30, draws=2)
    assert found.from_encoder["10%"].mean > found.from_scratch["10%"].mean + 0.1
    assert all(torch.equal(each, before[name]) for name, each in good.state_dict().items())
    assert len(found.from_encoder["10%"].accuracies) == 2
    answer = json.loads(json.dumps(found.as_json()))
    assert answer["from_encoder"]["10%"]["mean"] == pytest.approx(found.from_encoder["10%"].mean)
    assert answer["missing"] == {}


def test_the_control_is_the_same_code():
    same = Rows(good=False)
    torch.manual_seed(1)
    found = tune(same, copy.deepcopy(same))
    assert found.from_encoder == found.from_scratch
    torch.manual_seed(2)
    assert tune(same, same) == found, "nothing comes from outside the seed"
    assert tune(same, same, seed=5) != found


def test_test_labels_choose_nothing():
    good, fresh = Rows(good=True), Rows(good=False)
    rates = (1e-4, 3e-3)
    found = tune(good, fresh, rates=rates)
    shuffled = tune(good, fresh, rates=rates, test_labels=lambda labels: labels - 1)
    for one, other in ((found.from_encoder, shuffled.from_encoder), (found.from_scratch, shuffled.from_scratch)):
        assert (one["10%"].rates, one["10%"].epochs) == (other["10%"].rates, other["10%"].epochs)
    assert shuffled.from_encoder["10%"].mean < 0.5, "classes are off by one, and -1 is none"


def test_the_rate_that_learns_is_chosen():
    found = tune(Rows(good=True), Rows(good=False), rates=(1e-9, 3e-3))
    assert found.from_scratch["10%"].rates == (3e-3,)


def test_budgets_are_those_of_the_probe():
    found = tune(Rows(good=True), Rows(good=False), budgets=("1%", "all"), draws=3)
    _, missing = plan_budgets((np.arange(400) % 4), 0)
    assert "1%" not in missing
    assert {name: len(score.accuracies) for name, score in found.from_encoder.items()} == {"1%": 3, "all": 1}
    # Four labels, one a class: nothing can be held out.
    assert found.from_encoder["1%"].rates == (3e-3,) * 3
    assert found.from_encoder["1%"].epochs == (8,) * 3
    few, labels = stripes(40, seed=0)
    short = fine_tune(
        *(Rows(good=True), Rows(good=False), PREPARE, few, labels, few, labels),
        budgets=("1%",), rates=(1e-3,), most_steps=1,
    )  # fmt: skip
    assert short.from_encoder == {}
    assert set(short.missing) == {"1%"}


def test_fewer_held_out_labels_than_classes_choose_nothing():
    """The wrong variant chose the first epoch by two labels: the network from scratch had learned nothing."""
    everything = np.arange(100)
    for labels, chosen in ((19, False), (20, True)):
        rows = torch.from_numpy(everything[:labels])[None]
        held_out = torch.arange(labels)[None, None] < labels // 5
        budget = Budget(name="all", rows=rows, held_out=held_out)
        tuned = tune_classifier(
            training(), Rows(good=True), budget, 0, order=(0,), rates=(1e-3, 1e-2), most_steps=2, most_epochs=2
        )
        assert tuned.chosen is chosen
        if not chosen:
            assert (tuned.rate, tuned.epochs) == (1e-2, 2)


def test_a_head_is_trained_along_and_left_as_it_was():
    head = nn.Sequential(nn.Linear(8, 5), nn.ReLU())
    before = copy.deepcopy(head.state_dict())
    with_head = tune(Rows(good=True), Rows(good=False), head=head, most_steps=30)
    assert with_head.from_encoder["10%"].mean > 0.5
    assert all(torch.equal(each, before[name]) for name, each in head.state_dict().items())


def training(**settings) -> LabelledTraining:
    source, labels = stripes(100, seed=0)
    given = {"preparation": PREPARE, "source": source, "labels": labels, "classes": 4, "batch_size": 32}
    return LabelledTraining(**given, device=torch.device("cpu"), precision=torch.float32, **settings)


def test_all_weights_move_and_loss_falls_on_held_out_items():
    network = Rows(good=True)
    model, curve = training().fit(network, np.arange(80), rate=0.01, epochs=20, order=(0,), held_out=np.arange(80, 100))
    assert len(curve) == 20
    assert curve[-1][1] < curve[0][1]
    moved = dict(model[0].named_parameters())
    assert all(not torch.equal(weight, moved[name]) for name, weight in network.named_parameters())


def test_no_batch_is_of_one_item():
    sizes: list[int] = []

    @final
    class Counting(Encoder):
        width = 64

        def forward(self, items: torch.Tensor) -> torch.Tensor:
            if self.training:
                sizes.append(len(items))
            return items.flatten(1)

    training().fit(Counting(), np.arange(65), rate=0.01, epochs=2, order=(0,))
    assert sizes == [22, 22, 21] * 2


def test_nodes_of_a_graph():
    labels = torch.arange(60) % 2
    one, other = torch.randint(30, (2, 200), generator=torch.Generator().manual_seed(0))
    edges = torch.cat([torch.stack([2 * one + part, 2 * other + part]) for part in range(2)], 1)  # within a class
    graph = Graph(torch.rand(60, 5) * 0.5 + labels[:, None] * 0.5, torch.cat([edges, edges.flip(0)], 1))
    source, prepare = open_graph(graph).train, GraphPreprocessing(features=5, normalise_rows=False)
    encoders = [GraphConvolution(features=5, width=8) for _ in range(2)]
    found = fine_tune(
        *(*encoders, prepare, source, labels, source, labels), budgets=("all",), rates=(0.05,), most_steps=30
    )
    assert found.from_encoder["all"].mean > 0.9


def test_what_is_refused():
    (source, labels), encoder = stripes(40, seed=0), Rows(good=True)
    with pytest.raises(UserError, match="3 for 40 and 40 for 40"):
        fine_tune(encoder, encoder, PREPARE, source, labels[:3], source, labels)
    with pytest.raises(UserError, match="at least 2 classes"):
        fine_tune(encoder, encoder, PREPARE, source, labels * 0, source, labels)
    for wrong in ({"rates": ()}, {"rates": (0.0,)}, {"draws": 0}, {"most_steps": 0}, {"batch_size": 1}):
        with pytest.raises(UserError, match="expected rates above 0"):
            fine_tune(encoder, encoder, PREPARE, source, labels, source, labels, **wrong)


def test_smoothed_labels_cost_what_the_paper_says():
    """A mixture of the label and the uniform distribution: answers that are sure cost more."""
    network = Rows(good=True)
    plain, smooth = (
        training(label_smoothing=share).fit(network, np.arange(100), rate=0.05, epochs=30, order=(0,))[0]
        for share in (0.0, 0.3)
    )
    source, _ = stripes(100, seed=0)
    sure, unsure = (training().logits(model, source).softmax(1).amax(1).mean() for model in (plain, smooth))
    assert unsure < sure - 0.05


def test_a_control_that_several_share_is_trained_once(monkeypatch):
    trained = []

    def counted(training, network, *given, **settings):
        trained.append(network)
        return tune_classifier(training, network, *given, **settings)

    monkeypatch.setattr(tuned_scores, "tune_classifier", counted)
    fresh, good = Rows(good=False), Rows(good=True)
    other = Rows(good=False)
    other.line.weight.data[0, 0] += 1e-3
    apart = [tune(good, fresh), tune(other, fresh)]
    assert len(trained) == 4
    trained.clear()
    with each_trained_once():
        together = [tune(good, fresh), tune(other, copy.deepcopy(fresh))]
        assert len(trained) == 3
        assert [each.as_json() for each in together] == [each.as_json() for each in apart]
        for changed in ({"most_steps": 9}, {"test_labels": lambda truth: truth.flip(0)}, {"seed": 1}):
            trained.clear()
            tune(good, fresh, **changed)
            assert len(trained) == 2, f"other {list(changed)} are another training"
    trained.clear()
    tune(good, fresh)
    assert len(trained) == 2, "nothing is remembered outside"
