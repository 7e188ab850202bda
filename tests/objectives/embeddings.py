"""Embeddings to try objectives on."""

import torch
from hypothesis import settings
from hypothesis import strategies as st

thoroughly = settings(max_examples=40, deadline=None, derandomize=True, database=None)

temperatures = st.floats(0.02, 3.0)
numbers = st.floats(-4, 4, allow_subnormal=False)


def rows(count, width):
    """`count` vectors of `width` numbers, none so short that its direction is rounding error."""
    return st.lists(
        st.lists(numbers, min_size=width, max_size=width).filter(lambda row: sum(x * x for x in row) > 1e-2),
        min_size=count,
        max_size=count,
    )


@st.composite
def pairs(draw):
    """Two lists of as many vectors."""
    count, width = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    return draw(rows(count, width)), draw(rows(count, width))


@st.composite
def pairs_and_negatives(draw):
    """Two lists of as many vectors, and a third of any length."""
    count, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return draw(rows(count, width)), draw(rows(count, width)), draw(rows(draw(st.integers(1, 6)), width))


def tensor(vectors):
    return torch.tensor(vectors, dtype=torch.float64)


def normal(*shape, seed=0):
    """Normally distributed numbers in float64, of which autograd keeps track."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_(True)
