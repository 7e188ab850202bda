"""Graph convolutions against the dense formula, on any part of a graph, and wrong versions that the check rejects."""

import copy
import pickle

import pytest
import torch
from oracles import mutual_information as oracle

from selftaught.core import Graph, Nodes, UserError
from selftaught.encoders import GraphConvolution
from selftaught.encoders.sparse_matrix import SparseMatrix, normalised_adjacency


def graph(nodes=9, features=5, seed=0, *, directed=False, sparse=False):
    generator = torch.Generator().manual_seed(seed)
    edges = torch.randint(nodes - 1, (2, 2 * nodes), generator=generator)  # the last node has no edge
    edges = edges[:, edges[0] != edges[1]]
    edges = (edges if directed else torch.cat([edges, edges.flip(0)], dim=1)).unique(dim=1)
    values = torch.randn(nodes, features, generator=generator, dtype=torch.float64)
    if sparse:
        values = values * (torch.rand(values.shape, generator=generator) < 0.04)
    return Graph(values, edges)


def everyone(whole):
    return Nodes(whole, torch.arange(len(whole.features)))


def build(features=5, width=4, layers=1):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = GraphConvolution(features=features, width=width, layers=layers).double()
        for bias in encoder.biases:
            torch.nn.init.normal_(bias)
    return encoder


def dense(encoder, whole):
    """The paper's formula, layer by layer, with full matrices."""
    hidden = whole.features.tolist()
    edges = [tuple(edge) for edge in whole.edge_index.T.tolist()]
    for weight, bias, activation in zip(encoder.weights, encoder.biases, encoder.activations, strict=True):
        hidden = oracle.graph_convolution(hidden, edges, weight.tolist(), [bias.tolist()], activation.weight.item())
    return torch.tensor(hidden, dtype=torch.float64)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize(("features", "width", "layers"), [(5, 4, 1), (3, 6, 1), (5, 4, 2), (3, 6, 3)])
def test_it_is_the_dense_formula(features, width, layers, directed):
    encoder, whole = build(features, width, layers), graph(features=features, directed=directed)
    torch.testing.assert_close(encoder(everyone(whole)), dense(encoder, whole), rtol=1e-10, atol=1e-12)


def test_features_that_are_mostly_zeros_are_no_exception():
    encoder, whole = build(features=200), graph(features=200, sparse=True)
    assert 0 < whole.features.count_nonzero() < 0.05 * whole.features.numel()
    torch.testing.assert_close(encoder(everyone(whole)), dense(encoder, whole), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("wrong", ["no self-loops", "row normalisation", "no normalisation", "directions swapped"])
def test_a_wrong_adjacency_is_rejected(wrong):
    whole = graph(directed=True)
    count = len(whole.features)
    there = torch.zeros(count, count, dtype=torch.float64)
    there[whole.edge_index[1], whole.edge_index[0]] = 1
    right = normalised_adjacency(whole.edge_index, count).times(torch.eye(count, dtype=torch.float64))
    loops = there + torch.eye(count)
    degrees = loops.sum(1)
    made = {
        "no self-loops": there / (there.sum(1)[:, None] * there.sum(1)).clamp(min=1).sqrt(),
        "row normalisation": loops / degrees[:, None],
        "no normalisation": loops,
        "directions swapped": right.T,
    }
    torch.testing.assert_close(right, loops / (degrees[:, None] * degrees).sqrt(), rtol=1e-12, atol=1e-12)
    assert (made[wrong] - right).abs().max() > 0.01


@pytest.mark.parametrize("layers", [1, 2])
def test_some_nodes_get_the_answer_of_the_whole_graph(layers):
    encoder, whole = build(layers=layers), graph()
    everything = encoder(everyone(whole))
    for rows in ([3], [8, 0, 0, 5], list(range(8, -1, -1))):
        some = encoder(Nodes(whole, torch.tensor(rows)))
        torch.testing.assert_close(some, everything[rows], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("rows", [range(9), (2, 7)])
def test_gradients_are_those_of_the_function(directed, rows):
    encoder, whole = build(layers=2), graph(directed=directed)
    names, weights = zip(*encoder.named_parameters(), strict=True)

    def function(features, *values):
        nodes = Nodes(Graph(features, whole.edge_index), torch.tensor(list(rows)))
        return torch.func.functional_call(encoder, dict(zip(names, values, strict=True)), (nodes,))

    assert torch.autograd.gradcheck(function, (whole.features.clone().requires_grad_(), *weights))


def test_gradients_of_sparse_features_are_those_of_dense_ones():
    encoder, whole = build(features=200), graph(features=200, sparse=True)
    encoder(everyone(whole)).square().sum().backward()
    sparse = encoder.weights[0].grad.clone()
    encoder.zero_grad()
    features = whole.features.clone().requires_grad_()  # takes the dense way
    encoder(everyone(Graph(features, whole.edge_index))).square().sum().backward()
    torch.testing.assert_close(encoder.weights[0].grad, sparse, rtol=1e-10, atol=1e-12)


def test_another_graph_is_not_taken_for_the_last():
    encoder, one = build(), graph()
    encoder(everyone(one))
    for other in (graph(seed=1), graph(nodes=12), Graph(one.features, one.edge_index[:, :-2])):
        torch.testing.assert_close(encoder(everyone(other)), dense(encoder, other), rtol=1e-10, atol=1e-12)
    one.edge_index[:, 0] = torch.tensor([0, 8])  # changed in place
    torch.testing.assert_close(encoder(everyone(one)), dense(encoder, one), rtol=1e-10, atol=1e-12)


def test_what_is_remembered_of_a_graph_is_neither_copied_nor_saved():
    encoder = build()
    before = encoder(everyone(graph()))
    for other in (copy.deepcopy(encoder), pickle.loads(pickle.dumps(encoder))):
        assert other._last is None
        assert torch.equal(other(everyone(graph())), before)
    assert set(encoder.state_dict()) == {"weights.0", "biases.0", "activations.0.weight"}


def test_half_precision_and_a_self_loop_of_the_data():
    encoder, whole = build().float(), graph()
    single = Graph(whole.features.float(), whole.edge_index)
    with torch.autocast("cpu", torch.bfloat16):
        half = encoder(everyone(single))
    torch.testing.assert_close(half.float(), encoder(everyone(single)), rtol=0.05, atol=0.05)
    loop = Graph(single.features, torch.cat([whole.edge_index, torch.tensor([[2], [2]])], dim=1))
    torch.testing.assert_close(encoder(everyone(loop)), encoder(everyone(single)))


def test_a_symmetric_matrix_is_its_own_transpose():
    assert (matrix := normalised_adjacency(graph().edge_index, 9)).transposed is matrix
    uneven = SparseMatrix.of(torch.tensor([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]]))
    torch.testing.assert_close(uneven.transposed.times(torch.eye(2)), torch.tensor([[0.0, 1], [2, 0], [0, 3]]))


@pytest.mark.parametrize("directed", [False, True])
def test_torch_geometric_agrees(directed):
    geometric = pytest.importorskip("torch_geometric.nn")
    encoder, whole = build(), graph(directed=directed)
    layer = geometric.GCNConv(5, 4).double()
    with torch.no_grad():
        layer.lin.weight.copy_(encoder.weights[0])
        layer.bias.copy_(encoder.biases[0])
    expected = encoder.activations[0](layer(whole.features, whole.edge_index))
    torch.testing.assert_close(encoder(everyone(whole)), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("argument", ["features", "width", "layers"])
def test_numbers_below_one_are_refused(argument):
    with pytest.raises(UserError, match=f"{argument}: expected at least 1, got 0"):
        GraphConvolution(**{"features": 4, argument: 0})


def test_a_graph_of_another_width_is_refused():
    with pytest.raises(UserError, match="expected a graph with 6 features a node, got 5"):
        build(features=6)(everyone(graph()))
