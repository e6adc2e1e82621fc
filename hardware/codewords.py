"""Where a QR code keeps its codewords, and which they are by its soft modules.

A decoder counts a module that glare, a logo or a finger hides as right or wrong by chance. Here all are counted by how
sure they are (hardware.soft_decoding), so that twice as much may be hidden; what is corrected becomes modules again.

Source of layout and numbers: ISO/IEC 18004:2015, 7.3 to 7.9 and table 9.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hardware.foreknowledge import informed
from hardware.qr_layout import Floats, fixed_modules, modules_of
from hardware.soft_decoding import hoped_for, nearest

Places = NDArray[np.int64]

# Check codewords a block, and blocks, for levels L, M, Q and H of version 1, 2, ...
_BLOCKS = (
    ((7, 1), (10, 1), (13, 1), (17, 1)),
    ((10, 1), (16, 1), (22, 1), (28, 1)),
    ((15, 1), (26, 1), (18, 2), (22, 2)),
    ((20, 1), (18, 2), (26, 2), (16, 4)),
    ((26, 1), (24, 2), (18, 4), (22, 4)),
    ((18, 2), (16, 4), (24, 4), (28, 4)),
    ((20, 2), (18, 4), (18, 6), (26, 5)),
    ((24, 2), (22, 4), (22, 6), (26, 6)),
    ((30, 2), (22, 5), (20, 8), (24, 8)),
    ((18, 4), (26, 5), (24, 8), (28, 8)),
    ((20, 4), (30, 5), (28, 8), (24, 11)),
    ((24, 4), (22, 8), (26, 10), (28, 11)),
    ((26, 4), (22, 9), (24, 12), (22, 16)),
    ((30, 4), (24, 9), (20, 16), (24, 16)),
)
LARGEST_VERSION = len(_BLOCKS)
_LEVEL_OF_BITS = (1, 0, 3, 2)  # format bits 00 to 11 are M, L, H, Q
# Logos, as a part of the code's side, and what is believed of what is seen in such a place: none, then one after the
# other. They are drawn in sure shades, and nothing in the picture says that they are no modules. A large one may cover
# as many as the code can spare: then all are doubted alike, else the less what may be right.
_LOGOS = ((0.0, 1.0), (0.34, 0.05), (0.25, 0.05), (0.38, 0.6))
_EVIDENCE = 30.0  # bits that a block needs: one of guesses, tried 4 times, passes once in 2 to the power of 28 times
_HOPE = 21.0  # bits of it that are to be expected: fewer seldom become enough
_FEW_CHECKS = 10  # in a block of guesses zxing-cpp finds something to correct to once in 2 to the power of 20 times


@dataclass(frozen=True, slots=True)
class _Block:
    """Where the codewords of one block stand in the order of reading; the last `checks` are its check codewords."""

    places: Places
    checks: int


def repaired(version: int, log_odds: Floats) -> Floats | None:
    """The modules as they were drawn, LIGHT or DARK, shape (n, n); None where too much is in doubt.

    log_odds: natural logarithm of the odds that a module is light, shape (n, n).
    """
    if version > LARGEST_VERSION:
        return None
    n = modules_of(version)
    for side, believed in _LOGOS:
        middle = slice(round(n * (1 - side) / 2), round(n * (1 + side) / 2))
        doubted = log_odds.copy()
        doubted[middle, middle] *= np.float32(believed)
        drawn = _repaired(version, doubted)
        if drawn is not None:
            return drawn
    return None


def has_few_checks(version: int, log_odds: Floats) -> bool:
    """Whether the code's blocks are so small that guesses are decoded now and then: version 1-L, 1-M or 2-L."""
    if version > LARGEST_VERSION:
        return False
    checks, _ = _BLOCKS[version - 1][_format(version, log_odds)[0]]
    return checks <= _FEW_CHECKS


def _repaired(version: int, log_odds: Floats) -> Floats | None:
    level, mask = _format(version, log_odds)
    order = _order(version)
    count = len(order) // 8
    order = order[: count * 8]
    flips = _mask(version, mask)[order[:, 0], order[:, 1]]
    odds = (log_odds[order[:, 0], order[:, 1]] * flips).reshape(count, 8)
    blocks = list(_blocks(version, level, count))
    data = np.concatenate([block.places[: -block.checks] for block in blocks])
    odds[data] = informed(odds[data])
    if any(hoped_for(odds[block.places], block.checks) < _HOPE for block in blocks):
        return None
    values = np.zeros(count, np.uint8)
    for block in blocks:
        best = nearest(odds[block.places], block.checks)
        if not best.evidence >= _EVIDENCE:  # or not a number
            return None
        values[block.places] = best.codewords
    drawn = np.where(log_odds < 0, np.float32(-1), np.float32(1))
    drawn[order[:, 0], order[:, 1]] = np.where(np.unpackbits(values) == 1, np.float32(-1), np.float32(1)) * flips
    _write_format(drawn, level, mask)
    return drawn


# --- layout ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=LARGEST_VERSION)
def _order(version: int) -> Places:
    """Rows and columns of the data modules in the order of reading, shape (k, 2)."""
    n = modules_of(version)
    taken = fixed_modules(version) != 0
    taken[8, :9] = taken[:9, 8] = taken[8, -8:] = taken[-8:, 8] = True  # format
    if version >= 7:
        taken[:6, -11:-8] = taken[-11:-8, :6] = True  # version
    places = []
    up = True
    for right in (*range(n - 1, 6, -2), *range(5, 0, -2)):
        for row in range(n - 1, -1, -1) if up else range(n):
            places += [(row, column) for column in (right, right - 1) if not taken[row, column]]
        up = not up
    return np.array(places)


@lru_cache(maxsize=8 * LARGEST_VERSION)
def _mask(version: int, mask: int) -> Floats:
    """-1 where the mask changes a module, 1 elsewhere."""
    row, column = np.indices((modules_of(version),) * 2)
    remainder = (
        (row + column) % 2,
        row % 2,
        column % 3,
        (row + column) % 3,
        (row // 2 + column // 3) % 2,
        row * column % 2 + row * column % 3,
        (row * column % 2 + row * column % 3) % 2,
        ((row + column) % 2 + row * column % 3) % 2,
    )[mask]
    return np.where(remainder == 0, -1.0, 1.0).astype(np.float32)


def _blocks(version: int, level: int, count: int) -> Iterator[_Block]:
    """The codewords of each block: they are written in turns, data first, and the last blocks are one longer."""
    checks, blocks = _BLOCKS[version - 1][level]
    short = count // blocks - checks
    longer = count % blocks
    for block in range(blocks):
        data = [block + blocks * index for index in range(short)]
        if block >= blocks - longer:
            data.append(blocks * short + block - (blocks - longer))
        start = blocks * short + longer
        yield _Block(np.array(data + [start + block + blocks * index for index in range(checks)]), checks)


# --- format ---------------------------------------------------------------------------------------------------------


def _format_word(data: int) -> int:
    """15 bits: level and mask, their check bits, and the mask over all."""
    rest = data << 10
    for bit in range(14, 9, -1):
        if rest >> bit & 1:
            rest ^= 0x537 << bit - 10
    return (data << 10 | rest) ^ 0x5412


_FORMATS = np.array([[1 if _format_word(data) >> 14 - bit & 1 else -1 for bit in range(15)] for data in range(32)])


@lru_cache(maxsize=LARGEST_VERSION)
def _format_places(n: int) -> tuple[Places, Places]:
    """Rows and columns of the format's two copies, highest bit first."""
    beside = [(8, column) for column in (0, 1, 2, 3, 4, 5, 7, 8)] + [(row, 8) for row in (7, 5, 4, 3, 2, 1, 0)]
    apart = [(n - 1 - index, 8) for index in range(7)] + [(8, n - 8 + index) for index in range(8)]
    return np.array(beside), np.array(apart)


def _format(version: int, light: Floats) -> tuple[int, int]:
    """Level, 0 to 3 for L, M, Q, H, and mask: those whose word is likest to both copies together."""
    soft = np.zeros(15)
    for copy in _format_places(modules_of(version)):
        soft -= light[copy[:, 0], copy[:, 1]]
    best = int(np.argmax(_FORMATS @ soft))
    return _LEVEL_OF_BITS[best >> 3], best & 7


def _write_format(drawn: Floats, level: int, mask: int) -> None:
    word = _FORMATS[_LEVEL_OF_BITS.index(level) << 3 | mask]
    for copy in _format_places(len(drawn)):
        drawn[copy[:, 0], copy[:, 1]] = -word
