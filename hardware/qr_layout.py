"""What every QR code of a version looks like, whatever it says: finder, timing and alignment patterns.

Source: ISO/IEC 18004:2015, clauses 5.3 and 6.3, and its annex E for the places of the alignment patterns.
"""

from functools import lru_cache
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MAX_VERSION = 40
LIGHT, DARK, UNKNOWN = 1.0, -1.0, 0.0
_DETAIL = 4  # pixels a module in the drawing that values are taken from
_QUIET = 2  # modules around it
_OFF = (0.125, 0.875)  # of a module: where the points lie, across and down; in the middle of pixels


def modules_of(version: int) -> int:
    """Modules along one side of a QR code (Model 2) of version 1 to 40."""
    return 17 + 4 * version


def alignment_places(version: int) -> tuple[int, ...]:
    """The rows, and columns, on which the centres of alignment patterns lie."""
    if version == 1:
        return ()
    count, last = version // 7 + 2, 4 * version + 10
    # Evenly from the end, in even steps; version 32 is the standard's one exception.
    step = 26 if version == 32 else -(-(last - 6) // (2 * (count - 1))) * 2
    return (6, *(last - step * position for position in reversed(range(count - 1))))


@lru_cache(maxsize=MAX_VERSION)
def fixed_modules(version: int) -> Floats:
    """Shape (n, n): LIGHT or DARK where all codes of the version agree, UNKNOWN elsewhere. Do not write to it."""
    n = modules_of(version)
    fixed = np.full((n, n), UNKNOWN, np.float32)
    corner = np.full((8, 8), LIGHT, np.float32)  # a finder pattern and its separator
    corner[:7, :7], corner[1:6, 1:6], corner[2:5, 2:5] = DARK, LIGHT, DARK
    fixed[:8, :8], fixed[:8, -8:], fixed[-8:, :8] = corner, corner[:, ::-1], corner[::-1]
    timing = np.where(np.arange(8, n - 8) % 2 == 0, DARK, LIGHT)
    fixed[6, 8 : n - 8] = fixed[8 : n - 8, 6] = timing
    alignment = np.full((5, 5), DARK, np.float32)
    alignment[1:4, 1:4], alignment[2, 2] = LIGHT, DARK
    for row, column in product(alignment_places(version), repeat=2):
        if not _at_a_finder(row, column, n):
            fixed[row - 2 : row + 3, column - 2 : column + 3] = alignment
    fixed[n - 8, 8] = DARK
    return fixed


def _at_a_finder(row: int, column: int, n: int) -> bool:
    return (row < 9 and column < 9) or (row < 9 and column > n - 10) or (row > n - 10 and column < 9)


@lru_cache(maxsize=MAX_VERSION)
def template(version: int) -> tuple[Floats, Floats]:
    """Points in the fixed modules, shape (k, 2), as x and y in modules from the top left, and what is seen there."""
    fixed = fixed_modules(version)
    known = np.tile(fixed.ravel() != UNKNOWN, 2)
    return points_of(len(fixed))[known], values_of(fixed)[known]


@lru_cache(maxsize=MAX_VERSION)
def points_of(n: int) -> Floats:
    """Two points in each module, off its centre so that a shift shows in what is seen there; shape (2 * n * n, 2)."""
    right, down = (place.ravel() for place in np.meshgrid(np.arange(n), np.arange(n)))
    return np.concatenate([np.column_stack([right + off, down + off]) for off in _OFF]).astype(np.float32)


def values_of(modules: Floats) -> Floats:
    """What is seen at these points of a code with these modules, shape (n, n): a slightly blurred drawing."""
    quiet = np.pad(modules, _QUIET, constant_values=LIGHT)
    drawn = cv2.GaussianBlur(np.kron(quiet, np.ones((_DETAIL, _DETAIL), np.float32)), (0, 0), _DETAIL / 2)
    n = len(modules)
    starts = [int((_QUIET + off) * _DETAIL) for off in _OFF]
    seen = [drawn[start::_DETAIL, start::_DETAIL][:n, :n].ravel() for start in starts]
    return np.concatenate(seen).astype(np.float32, copy=False)
