"""Orders of a few things that are as unlike each other as can be found greedily."""

from functools import cache
from math import factorial

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from selftaught.core import UserError

__all__ = ["distant_orders"]

_MOST_THINGS = 9  # of 362,880 orders


def distant_orders(count: int, *, things: int = 9, seed: int = 0) -> Int[Tensor, "count things"]:
    """Orders in which things stand in other places, chosen one by one.

    The first is drawn. Each next one is that of all others whose Hamming distances (in how many places two orders hold
    different things) to those chosen before have the largest sum. Very many have; of these the one is taken whose
    smallest distance is largest, and of these the first in the dictionary.

    Args:
        count: how many, from 1 to all there are.
        things: how many are put in order, from 2 to 9.
        seed: of the first.

    Returns:
        Which thing stands in each place, by number from 0. The same arguments always give the same orders.

    Raises:
        UserError: a value out of its range.

    Source:
        Noroozi & Favaro 2016, https://arxiv.org/abs/1603.09246, algorithm 1, which leaves open what to do with equal
        sums.

    Example:
        >>> from selftaught.parts import distant_orders
        >>> orders = distant_orders(3, things=3)
        >>> orders.shape, int((orders[:, None] != orders[None]).sum())  # all differ in all places
        (torch.Size([3, 3]), 18)
    """
    if not 2 <= things <= _MOST_THINGS:
        raise UserError(f"expected 2 to {_MOST_THINGS} things to put in order, got {things}")
    if not 1 <= count <= factorial(things):
        raise UserError(f"expected 1 to {factorial(things)} orders of {things} things, got {count}")
    return torch.from_numpy(_chosen(count, things, seed).copy())


@cache
def _chosen(count: int, things: int, seed: int) -> Int[np.ndarray, "count things"]:
    orders = _all_orders(things)  # (things, all): a row a place, so that each comparison runs over all orders
    total, least = np.zeros(orders.shape[1], np.int32), np.full(orders.shape[1], things, np.int32)
    chosen = [int(np.random.default_rng(seed).integers(orders.shape[1]))]
    while len(chosen) < count:
        distance = np.zeros(orders.shape[1], np.int32)
        for place, thing in zip(orders, orders[:, chosen[-1]], strict=True):
            distance += place != thing
        total += distance
        least = np.minimum(least, distance)
        score = total * (things + 1) + least
        score[chosen] = -1
        chosen.append(int(score.argmax()))
    return orders[:, chosen].T.astype(np.int64)


def _all_orders(things: int) -> UInt8[np.ndarray, "things all"]:
    """Every order, as in a dictionary: each first thing, then every order of the others."""
    orders = np.zeros((1, 1), np.uint8)
    for count in range(2, things + 1):
        begun = [np.vstack([np.full_like(orders[:1], first), orders + (orders >= first)]) for first in range(count)]
        orders = np.hstack(begun).astype(np.uint8)
    return orders
