"""What the modules inside an encoder give, averaged over positions."""

import numpy as np
import pytest
import torch
from torch import nn

from selftaught.core import Encoder, Graph, Nodes, Sequences, UserError
from selftaught.data import open_images
from selftaught.encoders import (
    CausalSpeechEncoder,
    GraphConvolution,
    Preprocessing,
    SmallResNet,
    TextTransformer,
    TimmEncoder,
    VisionTransformer,
)
from selftaught.extraction import LayerVectors, extract, extract_each, find_layers, running_stages

PREPARE = Preprocessing(image_size=16, channels=3, mean=(0.5,) * 3, standard_deviation=(0.25,) * 3)


@pytest.fixture
def items() -> torch.Tensor:
    return torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def seen(encoder: Encoder, layers: list[str], items) -> torch.Tensor:
    with torch.no_grad():
        return LayerVectors(encoder.eval(), layers)(items)


def test_maps_are_averaged_over_their_positions(items):
    encoder = SmallResNet().eval()
    with torch.no_grad():
        first = encoder.layer1(torch.relu(encoder.bn1(encoder.conv1(items))))
        second = encoder.layer2(first)
    both = seen(encoder, ["layer2", "layer1"], items)
    torch.testing.assert_close(both, torch.cat([second.mean((2, 3)), first.mean((2, 3))], 1))
    assert not torch.allclose(both[:, :64], second.amax((2, 3)))  # the wrong pooling


def test_the_last_layer_is_the_encoder_itself(items):
    for encoder in (SmallResNet(), VisionTransformer(image_size=16)):
        last = "layer4" if isinstance(encoder, SmallResNet) else "norm"
        with torch.no_grad():
            torch.testing.assert_close(seen(encoder, [last], items), encoder(items))


def test_class_tokens_are_no_patches(items):
    encoder = VisionTransformer("vit_tiny_patch16_224", image_size=16, stem="small").eval()
    inside = seen(encoder, ["blocks.11", "norm"], items)
    with torch.no_grad():
        torch.testing.assert_close(inside[:, 192:], encoder.local(items).mean(1))
        everything = encoder.network.forward_features(items).mean(1)
    assert not torch.allclose(inside[:, 192:], everything)


def test_maps_with_their_channels_last():
    encoder = TimmEncoder("convnext_atto", channels=3, image_size=32).eval()
    items = torch.randn(2, 3, 32, 32)
    inside = LayerVectors(encoder, ["stages.1.blocks.0.norm", "stages.1"])
    with torch.no_grad():
        inside(items)
    assert inside.widths == (80, 80)


def test_sequences_are_averaged_over_real_positions():
    torch.manual_seed(0)
    encoder = TextTransformer(vocabulary_size=20, width=16, layers=2, heads=2)
    short, long = torch.tensor([3, 4, 5]), torch.arange(9)
    batch = seen(encoder, ["blocks.0", "blocks.1"], Sequences.of([short, long]))
    alone = seen(encoder, ["blocks.0", "blocks.1"], Sequences.of([short]))
    torch.testing.assert_close(batch[:1], alone)
    with torch.no_grad():
        torch.testing.assert_close(alone[:, 16:], encoder(Sequences.of([short])))


def test_frames_of_earlier_layers_are_finer():
    torch.manual_seed(0)
    encoder = CausalSpeechEncoder(channels=8, context_width=6)
    recordings = [torch.randn(320), torch.randn(1600)]
    layers = ["norms.1", "convolutions.1", "recurrent"]
    batch = seen(encoder, layers, Sequences.of(recordings))
    torch.testing.assert_close(batch[:1], seen(encoder, layers, Sequences.of(recordings[:1])), rtol=1e-4, atol=1e-5)
    assert batch.shape == (2, 22)
    with torch.no_grad():
        torch.testing.assert_close(batch[:, 16:], encoder(Sequences.of(recordings)))


def test_nodes_are_read_with_their_whole_graph():
    torch.manual_seed(0)
    graph = Graph(torch.randn(5, 4), torch.tensor([[0, 1, 2, 3, 4, 1], [1, 0, 3, 2, 1, 4]]))
    encoder = GraphConvolution(features=4, width=6, layers=2)
    rows = torch.tensor([4, 1])
    inside = seen(encoder, ["activations.1", "activations.0"], Nodes(graph, rows))
    with torch.no_grad():
        torch.testing.assert_close(inside[:, :6], encoder(Nodes(graph, rows)))
    assert inside.shape == (2, 12)


def test_the_prefix_of_timms_networks_may_be_left_out():
    encoder = TimmEncoder("resnet18", channels=3, image_size=32)
    assert find_layers(encoder, ["layer2", "network.layer3"]) == ("network.layer2", "network.layer3")


def test_stages():
    source = open_images(np.zeros((2, 16, 16, 3), dtype=np.uint8)).train
    assert running_stages(VisionTransformer(image_size=16), PREPARE, source) == (
        "patch_embed",
        *(f"blocks.{number}" for number in range(6)),
        "norm",
    )
    resnet = running_stages(TimmEncoder("resnet18", image_size=16), PREPARE, source)
    assert resnet == ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4")


class Twice(Encoder):
    width = 4

    def __init__(self) -> None:
        super().__init__()
        self.line, self.unused, self.pair = nn.Linear(4, 4), nn.Linear(4, 4), nn.Flatten(0)

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        self.pair(items)
        return self.line(self.line(items))


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        ("line", "layer line runs 2 times"),
        ("unused", "layer unused does not run"),
        ("pair", r"layer pair gives \(12,\) for 3 items"),
        ("lime", "unknown layer 'lime': did you mean 'line'"),
    ],
)
def test_what_gives_no_vectors_is_refused(layer, why):
    with pytest.raises(UserError, match=why):
        seen(Twice(), [layer], torch.zeros(3, 4))


def test_hooks_are_gone_afterwards_and_batches_do_not_matter(items):
    encoder = SmallResNet()
    source = open_images(np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), dtype=np.uint8)).train
    before = extract(encoder, PREPARE, source)
    inside = LayerVectors(encoder, ["layer2"])
    [whole] = extract_each([inside], PREPARE, source)
    [small] = extract_each([inside], PREPARE, source, batch_size=2)
    torch.testing.assert_close(whole, small)
    torch.testing.assert_close(extract(encoder, PREPARE, source), before)
    assert not any(module._forward_hooks for module in encoder.modules())
