"""Which places of finder patterns stand like those of one code: three as a corner, two as a side or a diagonal."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from hardware.finders import MOST
from hardware.qr_layout import Floats

_THREES = np.array(list(permutations(range(MOST), 3)))  # which place is top left, top right and bottom left
_TWOS = np.array(list(permutations(range(6), 2)))  # of the likeliest places
_BEST_THREES, _BEST_TWOS = 5, 6
_SIZES_OF_THREE, _SIZES_OF_TWO = 1.7, 1.35  # larger to smaller module, at most
_APART = 12  # modules, at least: 14 in version 1
_LONGEST, _MOST_ASKEW = 1.7, 0.4  # one side to the other, and the cosine between them


@dataclass(frozen=True, slots=True)
class Squares:
    """Some squares, as the middles of their finder patterns, top left, top right and bottom left.

    centres: shape (k, 3, 2), pixels; modules_px: shape (k,), a module in pixels; hidden: shape (k,), which of the three
    was not seen, `NONE` where all were.
    """

    centres: Floats
    modules_px: Floats
    hidden: NDArray[np.int64]


NONE = -1


def by_three(places: Floats) -> Squares:
    """The likeliest squares through three places; places: as hardware.finders has them."""
    threes = _THREES[(len(places) > _THREES).all(axis=1)]
    middle, right, below = (places[threes[:, index]] for index in range(3))
    across, down = right[:, :2] - middle[:, :2], below[:, :2] - middle[:, :2]
    long_across, long_down = np.hypot(*across.T), np.hypot(*down.T)
    longest, shortest = np.maximum(long_across, long_down), np.minimum(long_across, long_down)
    cosine = np.abs((across * down).sum(axis=1)) / np.maximum(longest * shortest, 1e-6)
    sizes = places[threes][:, :, 2]
    sound = (
        (across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0] > 0)
        & (sizes.max(axis=1) < _SIZES_OF_THREE * sizes.min(axis=1))
        & (shortest > _APART * sizes.min(axis=1))
        & (longest < _LONGEST * shortest)
        & (cosine < _MOST_ASKEW)
    )
    score = places[threes][:, :, 3].sum(axis=1) - 0.5 * cosine - 0.3 * (longest / np.maximum(shortest, 1e-6) - 1)
    order = np.argsort(-score)
    best = threes[order[sound[order]]][:_BEST_THREES]
    modules_px = np.exp(np.log(places[best][:, :, 2]).mean(axis=1)).astype(np.float32)
    return Squares(places[best][:, :, :2], modules_px, np.full(len(best), NONE))


def by_two(places: Floats) -> Squares:
    """The likeliest squares through two places, each on both sides of them and with them as its diagonal."""
    twos = _TWOS[(len(places) > _TWOS).all(axis=1)]
    first, second = places[twos[:, 0]], places[twos[:, 1]]
    modules_px = np.sqrt(first[:, 2] * second[:, 2])
    sizes = np.maximum(first[:, 2], second[:, 2]) / np.minimum(first[:, 2], second[:, 2])
    sound = (sizes < _SIZES_OF_TWO) & (np.hypot(*(second - first)[:, :2].T) > _APART * modules_px)
    order = np.argsort(-(first[:, 3] + second[:, 3]))
    best = order[sound[order]][:_BEST_TWOS]
    first, second = first[best, :2], second[best, :2]
    turned = np.column_stack([first[:, 1] - second[:, 1], second[:, 0] - first[:, 0]])
    middle = (first + second + turned) / 2
    below_hidden = np.stack([first, second, first + turned], axis=1)
    right_hidden = np.stack([first, first - turned, second], axis=1)
    corner_hidden = np.stack([middle, first, second], axis=1)
    centres = np.concatenate([corner_hidden, right_hidden, below_hidden]).astype(np.float32, copy=False)
    return Squares(centres, np.tile(modules_px[best], 3), np.repeat([0, 1, 2], len(best)))
