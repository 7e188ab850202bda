"""Fine-tuning from a layer of the projection head: which layers are kept, and whose weights the control has."""

import numpy as np
import pytest
import torch
from torch import nn

from selftaught.core import UserError
from selftaught.encoders import SmallResNet
from selftaught.evaluation import labelled_training
from selftaught.methods import MoCo, SimCLR
from selftaught.runs import evaluate, pretrain
from selftaught.runs.asking_methods import heads_of


def methods(seed: int = 0):
    torch.manual_seed(seed)
    return {name: SimCLR(SmallResNet(), hidden_width=8, embedding_width=4) for name in ("trained", "start")}


def kinds(head: nn.Module) -> list[str]:
    return [type(part).__name__ for part in head.children()]


def test_layers_end_before_the_next_linear_one():
    both = methods()
    assert heads_of(both, 0) == {}
    assert kinds(heads_of(both, 1)["encoder"]) == ["Linear", "BatchNorm", "ReLU"]  # with its ReLU, not without
    whole = heads_of(both, 2)["encoder"]
    assert kinds(whole) == ["Linear", "BatchNorm", "ReLU", "Linear", "BatchNorm"]
    items = torch.randn(3, 256)
    torch.testing.assert_close(whole.eval()(items), both["trained"].projector.eval()(items))


def test_each_network_has_its_own_weights():
    both = methods()
    heads = heads_of(both, 1)
    assert heads["encoder"][0] is both["trained"].projector[0]
    assert heads["random_start"][0] is both["start"].projector[0]  # the trained ones would be no control


def test_a_head_of_one_layer():
    method = MoCo(SmallResNet(), queue=16, hidden_width=None)
    assert kinds(heads_of({"trained": method}, 1)["encoder"]) == ["Linear"]


@pytest.mark.parametrize(
    ("given", "layers", "said"), [(True, 3, "0 to 2"), (True, -1, "0 to 2"), (False, 1, "rebuilt")]
)
def test_what_is_not_there_is_refused(given, layers, said):
    with pytest.raises(UserError, match=said):
        heads_of(methods() if given else None, layers)


def test_evaluate_hands_both_heads_to_fine_tuning(tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    images = random.integers(0, 128, (40, 8, 8, 3), dtype=np.uint8)
    images[::2] += 127
    np.savez(tmp_path / "images.npz", images=images, labels=np.arange(40) % 2)
    settings = {"epochs": 1, "batch_size": 8, "hidden_width": 8, "device": "cpu", "watch_every": 0}
    run = pretrain("simclr", tmp_path / "images.npz", tmp_path / "run", settings=settings)
    with pytest.raises(UserError, match="expected fine_tune among the protocols"):
        evaluate(run, tmp_path / "images.npz", fine_tune_from=1, device="cpu")
    seen: list[list[int]] = []
    fit = labelled_training.LabelledTraining.fit

    def watched(self, network, rows, **how):
        seen.append([part.out_features for part in network[1].modules() if isinstance(part, nn.Linear)])
        return fit(self, network, rows, **{**how, "epochs": 1})

    monkeypatch.setattr(labelled_training.LabelledTraining, "fit", watched)
    found = evaluate(run, tmp_path / "images.npz", protocols="fine_tune", fine_tune_from=1, device="cpu")
    assert found["rules"]["fine_tune_from"] == 1
    assert seen
    assert all(widths == [8] for widths in seen)
    assert set(found["protocols"]["fine_tune"]["from_encoder"]) == set(found["protocols"]["fine_tune"]["from_scratch"])
