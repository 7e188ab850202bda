"""ClusterFit: clusters of another encoder's vectors, found once, and wrong versions that the check rejects."""

import math

import numpy as np
import pytest
import torch
from descent import build, descend
from oracles import clustering as oracle

import selftaught
from selftaught.core import AssignedView, Method, UserError
from selftaught.data import open_images
from selftaught.encoders import Preprocessing, SmallResNet, encoder_weights, load_weights, save_encoder
from selftaught.extraction import extract
from selftaught.methods import ClusterFit
from selftaught.parts import kmeans
from selftaught.testing import ExampleEncoder
from selftaught.training import load_checkpoint

ITEMS, GROUPS = 40, 5
PREPARATION = Preprocessing(8, 1, (0.5,), (0.5,))


def pictures(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (ITEMS, 12, 12), dtype=np.uint8)


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The folder of a trained encoder, which sees other sizes than the new one."""
    folder = tmp_path_factory.mktemp("other")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        save_encoder(SmallResNet(channels=1, image_size=8), PREPARATION, folder)
    return folder


def make(encoder, kind=ClusterFit, **options):
    return kind(encoder, items=ITEMS, **{"clusters": GROUPS, **options})


def small():
    return SmallResNet(channels=1, image_size=12)


def views(count=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(count, 1, 12, 12, generator=generator, dtype=torch.float64)
    return AssignedView(torch.randint(ITEMS, (count,), generator=generator), images)


def started(kind, **options):
    """A method around a small network, and what that network was before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = small()
        before = {name: weight.clone() for name, weight in encoder_weights(encoder).items()}
        return kind(encoder, items=ITEMS, clusters=GROUPS, **options), before


def accepts(kind, folder):
    """Whether a new encoder learns the clusters that the other one's vectors make once, by the plain loss."""
    method, before = started(kind, features_of=str(folder))
    if any(not torch.equal(before[name], weight) for name, weight in encoder_weights(method.encoder).items()):
        return False  # it begins from the start that it was given
    looked = method.looks_through()
    source = open_images(pictures()).train
    truth = selftaught.load_encoder(folder)
    vectors = extract(truth.encoder, truth.preprocessing, source)
    if looked is None or not torch.equal(extract(*looked, source), vectors):
        return False
    torch.manual_seed(1)
    if method.before_epoch(lambda: vectors) is not None:
        return False
    torch.manual_seed(1)
    expected = kmeans(vectors, GROUPS).assignments
    method = method.double()
    for turn in range(2):
        clusters = expected.tolist()
        asked = views(seed=turn)
        scores = method.classifier(method.encoder(asked.view)).tolist()
        own = [clusters[row] for row in asked.index.tolist()]
        told = [oracle.surprise(row, cluster) for row, cluster in zip(scores, own, strict=True)]
        step = method.step(asked)
        if abs(step.loss.item() - sum(told) / len(told)) > 1e-10:
            return False
        if method.energy(asked).tolist() != pytest.approx(told, abs=1e-10):
            return False
        descend(method, step)
        method.before_epoch(lambda: vectors.flip(0))  # nothing is found anew
    return all(name.startswith(("encoder.", "classifier.", "clusterings.", "found")) for name in method.state_dict())


class ContinuesTheSameEncoder(ClusterFit):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        load_weights(encoder, encoder_weights(self.looks_through()[0]), origin="the other")


class ClustersOfItsOwnVectors(ClusterFit):
    def looks_through(self):
        return Method.looks_through(self)


class ClustersFoundInEveryEpoch(ClusterFit):
    def before_epoch(self, features):
        self.clusterings.sort(features())


class ClustersNeverFound(ClusterFit):
    def before_epoch(self, features):
        pass


class KeepsTheOtherEncoder(ClusterFit):
    def __init__(self, encoder, **options):
        super().__init__(encoder, **options)
        self.other = self.looks_through()[0]


def test_it_is_accepted(other):
    assert accepts(ClusterFit, other)


@pytest.mark.parametrize(
    "wrong",
    [
        ContinuesTheSameEncoder,
        ClustersOfItsOwnVectors,
        ClustersFoundInEveryEpoch,
        ClustersNeverFound,
        KeepsTheOtherEncoder,
    ],
)
def test_a_wrong_version_is_rejected(wrong, other):
    assert not accepts(wrong, other)


def test_a_run_takes_the_clusters_of_another_encoder_and_can_give_its_own(other, tmp_path):
    numbers = {"epochs": 2, "batch_size": 20, "device": "cpu", "clusters": GROUPS, "image_size": 12, "watch_every": 0}
    run = selftaught.pretrain(
        "cluster_fit", pictures(), tmp_path / "run", settings={**numbers, "features_of": str(other)}
    )
    state = load_checkpoint(run.folder.checkpoint).method
    assert bool(state["found"])
    assert state["clusterings.assignments"][0].bincount(minlength=GROUPS).min() > 0
    assert {n.removeprefix("encoder.") for n in state if n.startswith("encoder.")} == set(encoder_weights(small()))
    again, _ = make(ExampleEncoder(), features_of=str(run.path)).looks_through()
    assert torch.equal(again.conv1.weight, run.encoder().encoder.conv1.weight)


def test_a_run_without_another_is_refused(tmp_path):
    numbers = {"epochs": 1, "batch_size": 8, "device": "cpu", "clusters": GROUPS}
    with pytest.raises(UserError, match="sorts by the vectors of a trained encoder: expected --features-of RUN"):
        selftaught.pretrain("cluster_fit", pictures(), tmp_path / "run", settings=numbers)
    with pytest.raises(UserError, match=r"no encoder in .*nowhere: expected a file config\.json"):
        make(ExampleEncoder(), features_of=str(tmp_path / "nowhere")).looks_through()


def test_chance_is_the_largest_cluster():
    method, asked = build(make).eval(), AssignedView.example(8, torch.Generator())
    method.clusterings.assignments[0, :20] = 3
    sizes = method.clusterings.assignments[0].bincount()
    assert method.chance(asked) == pytest.approx(
        {"accuracy": int(sizes.max()) / ITEMS, "own_cluster": math.log(GROUPS)}
    )
    for weight in method.classifier.parameters():
        weight.data.zero_()
    step = method.step(AssignedView(asked.index, asked.view.double()))
    assert step.loss.item() == pytest.approx(math.log(GROUPS))


def test_the_number_of_clusters_follows_the_data():
    with torch.device("meta"):
        assert ClusterFit(ExampleEncoder(), items=1_281_167).classifier.out_features == 16_014


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UserError, match="clusters: expected between 2 and as many as there are items, 40, got 41"):
        make(ExampleEncoder(), clusters=41)
    with pytest.raises(UserError, match="expected views of the 40 items that were sorted, got row 40"):
        build(make).step(AssignedView(torch.tensor([40]), torch.zeros(1, 3, 16, 16).double()))
